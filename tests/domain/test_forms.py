"""What a form may be: every member by its rule, all problems at once, and how a definition changes."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain import forms
from chalicelib.domain.cleaning import Way
from chalicelib.domain.errors import Invalid
from chalicelib.domain.fields import Field
from chalicelib.domain.form import Captcha, Form, of_record
from chalicelib.domain.form_fields import Surroundings
from chalicelib.domain.pipeline import DEFAULT_STATUSES

OWN_FIELDS = {
    "roof": Field("choice", {"de": "Dach"}, choices={"flat": "Flachdach", "gable": "Satteldach"}),
    "area": Field("number", {"de": "Fläche"}),
    "advisor": Field("user", {"de": "Berater"}),
}
KIM = "usr_0J5Q2M8T3XE"
AROUND = Surroundings(
    custom=OWN_FIELDS.get,
    is_user=lambda user: user == KIM,
    is_source=lambda source: source in ("web_form", "messe"),
    status=lambda status: next((each for each in DEFAULT_STATUSES if each.id == status), None),
    statuses=DEFAULT_STATUSES,
    languages=("de", "en"),
    way=Way(),
    new_secret="made",
)
FULL: dict[str, Any] = {
    "name": "Photovoltaik",
    "active": False,
    "fields": [
        {"field": "name", "label": {"de": "Ihr Name", "en": "Your name"}, "required": True},
        {"field": "email", "placeholder": "aenne@example.de"},
        {"field": "custom.roof", "preset": "Flachdach"},
        {"field": "custom.area", "show_if": {"field": "custom.roof", "equals": "flat"}},
        {"field": "tags", "hidden": True, "preset": "pv, messe"},
        {"field": "files", "label": "Fotos"},
    ],
    "texts": {"title": "Ihr Dach", "intro": {"de": "Zwei\nZeilen"}, "thanks": "Danke"},
    "consents": [{"id": "privacy", "text": "Ich willige ein."}, {"id": "news", "text": "Rundbrief", "required": False}],
    "redirect_url": "www.Käfer.example/danke?a=b#c",
    "hosts": ["WWW.kaefer.example", "*.kaefer.example"],
    "owner_id": KIM,
    "assignment": {"mode": "in_turn", "users": [KIM]},
    "source": "messe",
    "status": "in_process",
    "default_region": "at",
    "mapping": {"feld7": "phones", "dach": "custom.roof", "kampagne": "tags", "rest": ""},
    "spam": {"most_links": None, "least_seconds": 5, "captcha": {"provider": "altcha"}},
}
STORED = {
    **FULL,
    "fields": [
        FULL["fields"][0],
        FULL["fields"][1],
        {"field": "custom.roof", "preset": "flat"},
        FULL["fields"][3],
        FULL["fields"][4],
        FULL["fields"][5],
    ],
    "consents": [
        {"id": "privacy", "text": "Ich willige ein.", "version": 1},
        {"id": "news", "text": "Rundbrief", "required": False, "version": 1},
    ],
    "redirect_url": "https://www.xn--kfer-loa.example/danke?a=b#c",
    "hosts": ["www.kaefer.example", "*.kaefer.example"],
    "default_region": "AT",
    "mapping": {"feld7": "phone", "dach": "custom.roof", "kampagne": "tags", "rest": ""},
    "spam": {"most_links": None, "least_seconds": 5, "captcha": {"provider": "altcha", "secret": "made"}},
}


def of(record: dict[str, Any]) -> Form:
    return of_record("frm_1", {"version": 3, **record})


def patched(record: dict[str, Any], **patch: Any) -> dict[str, Any]:
    return dict(forms.changed(record, patch, forms.shown(of(record), "https://leads.example"), AROUND))


def refused(**body: Any) -> list[tuple[str, str]]:
    """The problems of a new form with this body."""
    with pytest.raises(Invalid) as told:
        forms.new({"name": "x", **body}, AROUND)
    return [(each.field, each.code) for each in told.value.problems]


# ── what is stored and shown ──────────────────────────────────────────────────────────────────────────────────────


def test_everything_that_a_form_can_have_is_stored_in_its_soundest_form() -> None:
    assert forms.new(FULL, AROUND) == STORED


def test_a_form_needs_a_name_and_nothing_else() -> None:
    assert forms.new({"name": "  Kontakt "}, AROUND) == {"name": "Kontakt"}
    with pytest.raises(Invalid) as told:
        forms.new({}, AROUND)
    assert [(each.field, each.code) for each in told.value.problems] == [("name", "required")]


def test_what_is_stored_is_shown_whole_but_for_the_secret() -> None:
    shown = forms.shown(of(STORED), "https://leads.example")

    bare = {"label": None, "required": False, "hidden": False, "preset": None, "placeholder": None, "show_if": None}
    assert shown == {
        "id": "frm_1", "version": 3, "name": "Photovoltaik", "active": False,
        "fields": [
            {**bare, "field": "name", "label": {"de": "Ihr Name", "en": "Your name"}, "required": True},
            {**bare, "field": "email", "placeholder": "aenne@example.de"},
            {**bare, "field": "custom.roof", "preset": "flat"},
            {**bare, "field": "custom.area", "show_if": {"field": "custom.roof", "equals": "flat"}},
            {**bare, "field": "tags", "hidden": True, "preset": "pv, messe"},
            {**bare, "field": "files", "label": "Fotos"},
        ],
        "texts": FULL["texts"],
        "consents": [
            {"id": "privacy", "text": "Ich willige ein.", "required": True, "version": 1},
            {"id": "news", "text": "Rundbrief", "required": False, "version": 1},
        ],
        "redirect_url": STORED["redirect_url"], "hosts": STORED["hosts"], "owner_id": KIM,
        "assignment": FULL["assignment"], "source": "messe", "status": "in_process", "default_region": "AT",
        "mapping": STORED["mapping"],
        "spam": {"honeypot": True, "least_seconds": 5, "most_links": None, "repeated_text": True, "per_minute": 10,
                 "at_most_per_minute": 60, "captcha": {"provider": "altcha", "site_key": None, "has_secret": True}},
        "url": "https://leads.example/f/frm_1", "created_at": None, "updated_at": None,
    }  # fmt: skip


def test_a_form_that_says_nothing_is_shown_with_what_is_so_by_default() -> None:
    shown = forms.shown(of({"name": "x"}), "")

    assert {name: shown[name] for name in ("active", "fields", "source", "texts", "hosts", "mapping", "consents")} == {
        "active": True, "fields": [], "source": "web_form", "texts": {}, "hosts": [], "mapping": {}, "consents": [],
    }  # fmt: skip
    assert shown["spam"] == {"honeypot": True, "least_seconds": 1, "most_links": 4, "repeated_text": True,
                             "per_minute": 10, "at_most_per_minute": 60, "captcha": None}  # fmt: skip


# ── what is refused ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ({"field": "nix"}, ("fields[0].field", "unknown_field")),
        ({"field": "address.nix"}, ("fields[0].field", "unknown_field")),
        ({"field": "custom.nix"}, ("fields[0].field", "unknown_field")),
        ({"field": "click_ids.a b"}, ("fields[0].field", "unknown_field")),
        ({"field": "x" * 101}, ("fields[0].field", "unknown_field")),
        ({"field": "roof"}, ("fields[0].field", "not_in_a_form")),
        ({"field": "address"}, ("fields[0].field", "not_in_a_form")),
        ({"field": "status"}, ("fields[0].field", "not_in_a_form")),
        ({"field": "owner_id"}, ("fields[0].field", "not_in_a_form")),
        ({"field": "consent"}, ("fields[0].field", "not_in_a_form")),
        ({"field": "created_at"}, ("fields[0].field", "not_in_a_form")),
        ({"field": "external_ids"}, ("fields[0].field", "not_in_a_form")),
        ({"field": "tags"}, ("fields[0].field", "not_in_a_form")),
        ({"field": "tags", "hidden": True}, ("fields[0].field", "not_in_a_form")),
        ({"field": "tags", "preset": "a"}, ("fields[0].field", "not_in_a_form")),
        ({"field": "custom.advisor"}, ("fields[0].field", "not_in_a_form")),
        (
            {"field": "custom.advisor", "hidden": True, "preset": "usr_00000000000"},
            ("fields[0].preset", "unknown_user"),
        ),
        ({"field": "custom.area", "preset": "viel"}, ("fields[0].preset", "invalid_number")),
        ({"field": "custom.roof", "preset": "reet"}, ("fields[0].preset", "invalid_choice")),
        ({"field": "phone", "preset": "keine"}, ("fields[0].preset", "invalid_phone")),
        ({"field": "name", "preset": "x" * 256}, ("fields[0].preset", "invalid_value")),
        ({"field": "name", "preset": "x" * 1001}, ("fields[0].preset", "too_long")),
        ({"field": "files", "hidden": True}, ("fields[0].hidden", "invalid_value")),
        ({"field": "files", "preset": "a.pdf"}, ("fields[0].preset", "invalid_value")),
        ({"label": "Name"}, ("fields[0].field", "required")),
        ({"field": "name", "label": {"fr": "Nom"}}, ("fields[0].label.fr", "invalid_choice")),
        ({"field": "name", "label": 1}, ("fields[0].label", "invalid_type")),
        ({"field": "name", "label": "x" * 256}, ("fields[0].label", "too_long")),
        ({"field": "name", "required": "ja"}, ("fields[0].required", "invalid_type")),
        ({"field": "name", "type": "text"}, ("fields[0].type", "unknown_field")),
        ({"field": "name", "show_if": {"field": "email"}}, ("fields[0].show_if.equals", "required")),
        ({"field": "name", "show_if": {"field": "name", "equals": "x"}}, ("fields[0].show_if.field", "circular")),
        ({"field": "name", "show_if": {"field": "phone", "equals": "x"}}, ("fields[0].show_if.field", "unknown_field")),
        ({"field": "name", "show_if": {"field": "files", "equals": "x"}}, ("fields[0].show_if.field", "unknown_field")),
        ({"field": "name", "show_if": "email"}, ("fields[0].show_if", "invalid_type")),
        ("name", ("fields[0]", "invalid_type")),
        (None, ("fields[0]", "required")),
    ],
)
def test_a_field_that_no_form_can_have_is_refused(field: Any, problem: tuple[str, str]) -> None:
    assert refused(fields=[field, {"field": "email"}, {"field": "files"}]) == [problem]


@pytest.mark.parametrize(
    "name",
    ["phones", "emails", "websites", "birthdate", "amount", "address.city", "utm.campaign", "messengers.whatsapp",
     "click_ids.gclid", "custom.area", "comment", "title"],
)  # fmt: skip
def test_whatever_a_visitor_can_say_can_be_asked_for(name: str) -> None:
    stored = forms.new({"name": "x", "fields": [{"field": name}]}, AROUND)["fields"]

    assert stored == [{"field": {"phones": "phone", "emails": "email"}.get(name, name)}]


def test_a_field_stands_once_whatever_it_is_called() -> None:
    assert refused(fields=[{"field": "phone"}, {"field": "phones"}]) == [("fields[1].field", "repeated")]


def test_fields_do_not_wait_for_each_other_in_a_circle() -> None:
    def waiting(name: str, other: str) -> dict[str, Any]:
        return {"field": name, "show_if": {"field": other, "equals": "x"}}

    circle = [waiting("name", "emails"), waiting("email", "phone"), waiting("phone", "name"), waiting("title", "name")]

    assert refused(fields=circle) == [(f"fields[{place}].show_if.field", "circular") for place in range(3)]
    chain = forms.new({"name": "x", "fields": [*circle[:2], {"field": "phone"}]}, AROUND)["fields"]
    assert chain[0]["show_if"] == {"field": "email", "equals": "x"}


def test_a_choice_is_waited_for_by_one_of_its_ids() -> None:
    waiting = {"field": "name", "show_if": {"field": "custom.roof", "equals": "Flachdach"}}

    assert refused(fields=[{"field": "custom.roof"}, waiting]) == [("fields[1].show_if.equals", "invalid_choice")]


@pytest.mark.parametrize(
    ("member", "value", "problems"),
    [
        ("name", "", [("name", "required")]),
        ("name", "x" * 101, [("name", "too_long")]),
        ("active", "ja", [("active", "invalid_type")]),
        ("texts", {"titel": "x", "intro": 1, "send": {"fr": "x"}},
         [("texts.titel", "unknown_field"), ("texts.intro", "invalid_type"), ("texts.send.fr", "invalid_choice")]),
        ("texts", {"titel": None}, [("texts.titel", "unknown_field")]),
        ("texts", "x", [("texts", "invalid_type")]),
        ("consents", [{"id": "a b", "text": ""}, {"id": "a"}, "x"],
         [("consents[0].id", "invalid_name"), ("consents[0].text", "required"), ("consents[1].text", "required"),
          ("consents[2]", "invalid_type")]),
        ("consents", [{"id": "a", "text": "x"}, {"id": "a", "text": "y"}], [("consents[1].id", "repeated")]),
        ("consents", [{"id": "a", "text": "x", "version": 2}], [("consents[0].version", "read_only")]),
        ("consents", [{"id": str(n), "text": "x"} for n in range(21)], [("consents", "too_many")]),
        ("redirect_url", "javascript:alert(1)", [("redirect_url", "invalid_url")]),
        ("redirect_url", "https://kim@kaefer.example/", [("redirect_url", "invalid_url")]),
        ("redirect_url", "https://*.kaefer.example/", [("redirect_url", "invalid_url")]),
        ("redirect_url", "/danke", [("redirect_url", "invalid_url")]),
        ("hosts", ["https://www.example.de", "a.example", "A.example"],
         [("hosts[0]", "invalid_host"), ("hosts[2]", "repeated")]),
        ("hosts", "www.example.de", [("hosts", "invalid_type")]),
        ("hosts", [f"a{n}.example" for n in range(101)], [("hosts", "too_many")]),
        ("owner_id", "usr_00000000000", [("owner_id", "unknown_user")]),
        ("assignment", {"mode": "alle", "users": ["usr_00000000000"], "by_source": {}},
         [("assignment.mode", "invalid_choice"), ("assignment.users[0]", "unknown_user"),
          ("assignment.by_source", "unknown_field")]),
        ("assignment", "usr_1", [("assignment", "invalid_type")]),
        ("source", "nix", [("source", "unknown_source")]),
        ("status", "nix", [("status", "unknown_status")]),
        ("status", "junk", [("status", "invalid_choice")]),
        ("default_region", "Deutschland", [("default_region", "invalid_country")]),
        ("mapping", {"a": "status", "b": "nix", "_key": "name", "c": 1, "x" * 256: "name"},
         [("mapping.a", "not_in_a_form"), ("mapping.b", "unknown_field"), ("mapping._key", "invalid_name"),
          ("mapping.c", "invalid_type"), (f"mapping.{'x' * 256}", "invalid_name")]),
        ("mapping", {str(n): "name" for n in range(201)}, [("mapping", "too_many")]),
        ("spam", {"honeypot": 1, "least_seconds": -1, "most_links": "4", "per_minute": 0, "x": 1},
         [("spam.honeypot", "invalid_type"), ("spam.least_seconds", "out_of_range"),
          ("spam.most_links", "invalid_type"), ("spam.per_minute", "out_of_range"), ("spam.x", "unknown_field")]),
        ("spam", {"per_minute": 61}, [("spam.at_most_per_minute", "out_of_range")]),
        ("spam", {"captcha": {"provider": "recaptcha"}}, [("spam.captcha.provider", "invalid_choice")]),
        ("spam", {"captcha": {}}, [("spam.captcha.provider", "required")]),
        ("spam", {"captcha": {"provider": "turnstile"}},
         [("spam.captcha.site_key", "required"), ("spam.captcha.secret", "required")]),
        ("spam", {"captcha": {"provider": "altcha", "site_key": "x"}}, [("spam.captcha.site_key", "invalid_value")]),
        ("spam", {"captcha": {"provider": "altcha", "has_secret": True}}, [("spam.captcha.has_secret", "read_only")]),
        ("fields", [{"field": f"messengers.s{n}"} for n in range(101)], [("fields", "too_many")]),
        ("url", "https://leads.example/f/frm_1", [("url", "unknown_field")]),
        ("spam_settings", {}, [("spam_settings", "unknown_field")]),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_all_problems_at_once(
    member: str, value: Any, problems: list[tuple[str, str]]
) -> None:
    assert refused(**{member: value}) == problems


# ── how it changes ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_form_sent_back_as_it_is_shown_is_no_change_whatever_became_of_what_it_names() -> None:
    nobody = Surroundings(lambda _: None, lambda _: False, lambda _: False, lambda _: None, (), (), Way(), "")

    shown = forms.shown(of(STORED), "https://leads.example")

    assert forms.changed(STORED, shown, shown, nobody) == STORED


def test_what_only_looks_like_what_is_shown_is_looked_at() -> None:
    for member, value in {"active": 0, "spam": {"captcha": {"has_secret": 1}}}.items():
        with pytest.raises(Invalid):
            patched(STORED, **{member: value})


def test_read_only_members_are_refused_if_they_differ() -> None:
    for name, value in {"id": "frm_2", "version": 9, "url": "x", "created_at": "2026-01-01T00:00:00Z"}.items():
        with pytest.raises(Invalid) as told:
            patched(STORED, **{name: value})
        assert [(each.field, each.code) for each in told.value.problems] == [(name, "read_only")]


def test_null_brings_every_default_back() -> None:
    everything = {name: None for name in FULL if name != "name"}

    assert patched(STORED, **everything) == {"name": "Photovoltaik", "consents_gone": {"privacy": 1, "news": 1}}


def test_objects_are_merged_and_lists_replaced() -> None:
    after = patched(
        STORED, texts={"title": {"de": "Dach", "en": "Roof"}, "thanks": None}, mapping={"feld7": None, "neu": "email"},
        hosts=["kaefer.example"], assignment={"mode": "random"}, spam={"least_seconds": None, "honeypot": False},
    )  # fmt: skip

    assert after["texts"] == {"title": {"de": "Dach", "en": "Roof"}, "intro": {"de": "Zwei\nZeilen"}}
    assert after["mapping"] == {"dach": "custom.roof", "kampagne": "tags", "rest": "", "neu": "email"}
    assert after["hosts"] == ["kaefer.example"]
    assert after["assignment"] == {"mode": "random", "users": [KIM]}
    assert after["spam"] == {"most_links": None, "honeypot": False, "captcha": STORED["spam"]["captcha"]}
    one_language = patched(after, texts={"title": {"en": None}})
    assert one_language["texts"]["title"] == {"de": "Dach"}


def test_another_text_of_a_consent_is_another_version() -> None:
    text = {"de": "Ich willige ein.", "en": "I agree."}
    changed = patched(STORED, consents=[{"id": "privacy", "text": text, "version": 1}, STORED["consents"][1]])
    milder = patched(changed, consents=[{**changed["consents"][0], "required": False}])
    back = patched(milder, consents=[*milder["consents"], {"id": "news", "text": "Rundbrief"}])

    assert [(each["id"], each["version"]) for each in changed["consents"]] == [("privacy", 2), ("news", 1)]
    assert (milder["consents"][0]["version"], milder["consents_gone"]) == (2, {"news": 1})
    # what was gone may have had another text: its number is not given twice
    assert ([each["version"] for each in back["consents"]], back.get("consents_gone")) == ([2, 2], None)


@pytest.mark.parametrize(
    ("before", "patch", "after"),
    [
        (None, {"provider": "altcha"}, Captcha("altcha", "", "made")),
        (None, {"provider": "altcha", "secret": "mine"}, Captcha("altcha", "", "mine")),
        ({"provider": "altcha", "secret": "old"}, {"has_secret": True}, Captcha("altcha", "", "old")),
        ({"provider": "altcha", "secret": "old"}, {"secret": None}, Captcha("altcha", "", "made")),
        ({"provider": "altcha", "secret": "old"}, None, None),
        (None, {"provider": "turnstile", "site_key": "0x4", "secret": "s"}, Captcha("turnstile", "0x4", "s")),
        ({"provider": "turnstile", "site_key": "0x4", "secret": "s"}, {"site_key": "0x5"},
         Captcha("turnstile", "0x5", "s")),
        ({"provider": "turnstile", "site_key": "0x4", "secret": "s"}, {"provider": "altcha"},
         Captcha("altcha", "", "made")),
    ],
)  # fmt: skip
def test_a_secret_stays_unless_it_is_sent(before: Any, patch: Any, after: Captcha | None) -> None:
    record = {"name": "x", "spam": {"captcha": before}} if before else {"name": "x"}

    assert of(patched(record, spam={"captcha": patch})).spam.captcha == after


def test_the_keys_of_one_provider_are_not_kept_for_another() -> None:
    record = {"name": "x", "spam": {"captcha": {"provider": "turnstile", "site_key": "0x4", "secret": "s"}}}

    with pytest.raises(Invalid) as told:
        patched(record, spam={"captcha": {"provider": "hcaptcha"}})

    assert [(each.field, each.code) for each in told.value.problems] == [
        ("spam.captcha.site_key", "required"), ("spam.captcha.secret", "required"),
    ]  # fmt: skip
