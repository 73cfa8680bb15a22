"""Definitions of website forms over HTTP: made, changed, listed, put on a page, removed."""

from __future__ import annotations

import html.parser
import re
from typing import Any

import pytest

from chalicelib.api import forms as door
from chalicelib.services import workspace
from chalicelib.store import forms as stored
from chalicelib.store import records
from tests.desk import Desk

JOERG = {"name": "Jörg Müßig", "email": "joerg@example.org", "nachricht": "Bitte um Rückruf"}


def made(desk: Desk, **more: Any) -> dict[str, Any]:
    reply = desk.client.post("/v1/forms", json={"name": "Photovoltaik", **more})
    assert reply.status == 201, reply.text
    return dict(reply.json)


def names(desk: Desk, query: str = "") -> list[str]:
    """Those of all forms; the demo form was made when the tests began, which is the last."""
    return [form["name"] for form in desk.get(f"/v1/forms{query}")["data"]]


# ── made, changed, removed ────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_form_has_a_random_address_that_takes_posts_at_once(desk: Desk) -> None:
    reply = desk.client.post("/v1/forms", json={"name": "Photovoltaik"})

    form = reply.json
    assert re.fullmatch(r"frm_[0-9A-HJKMNP-TV-Z]{16}", form["id"])
    assert form["url"] == f"https://leads.example.de/f/{form['id']}"
    assert (reply.headers["Location"], reply.headers["ETag"]) == (f"/v1/forms/{form['id']}", '"1"')
    assert form["created_at"] == form["updated_at"]
    shown = desk.client.get(f"/v1/forms/{form['id']}")
    assert (shown.json, shown.headers["ETag"]) == (form, '"1"')
    assert desk.visitor.get(f"/f/{form['id']}").status == 200
    assert desk.post(JOERG, form=form["id"]).status == 200
    assert [lead["source_detail"] for lead in desk.leads()] == [form["id"]]


def test_forms_are_listed_in_the_order_in_which_they_were_made_and_the_demo_form_is_one(desk: Desk) -> None:
    first = made(desk, name="Ä")
    desk.wait(1)
    second = made(desk, name="Z")
    desk.wait(1)
    made(desk, name="B")

    assert names(desk) == ["Ä", "Z", "B", "Demo form"]
    page = desk.get("/v1/forms?limit=2")
    assert page["data"] == [first, second]
    assert desk.client.delete(f"/v1/forms/{second['id']}").status == 204
    assert names(desk, f"?limit=2&cursor={page['next_cursor']}") == ["B", "Demo form"]


def test_a_page_of_large_forms_is_short_and_loses_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_BYTES", 30_000)
    monkeypatch.setattr(door, "AT_ONCE", 3)
    for number in range(8):
        desk.wait(1)
        made(desk, name=f"{number}", consents=[{"id": "a", "text": "x" * 5_000}, {"id": "b", "text": "x" * 4_000}])

    pages, cursor = [], ""
    while cursor is not None:
        page = desk.get(f"/v1/forms?limit=6{cursor and f'&cursor={cursor}'}")
        pages.append([form["name"] for form in page["data"]])
        cursor = page["next_cursor"]

    assert pages == [["0", "1", "2", "3"], ["4", "5", "6", "7"], ["Demo form"]]


def test_a_change_is_in_force_at_once_where_it_was_made_and_is_one_version(desk: Desk) -> None:
    form = made(desk)
    at = desk.world.clock.now()
    assert workspace.form(form["id"], at).name == "Photovoltaik"
    desk.wait(1)

    reply = desk.client.patch(f"/v1/forms/{form['id']}", json={"name": "Dach", "hosts": ["WWW.Käfer.example"]})
    again = desk.client.patch(f"/v1/forms/{form['id']}", json={"name": "Dach"})

    assert (reply.json["version"], reply.headers["ETag"]) == (2, '"2"')
    assert reply.json["hosts"] == ["www.xn--kfer-loa.example"]
    assert reply.json["created_at"] == form["created_at"] < reply.json["updated_at"]
    assert again.json == reply.json
    known = workspace.form(form["id"], at)
    assert (known.name, known.version, known.hosts) == ("Dach", 2, ("www.xn--kfer-loa.example",))


def test_a_stale_change_is_refused_and_shows_the_form_as_it_is(desk: Desk) -> None:
    form = made(desk)
    path = f"/v1/forms/{form['id']}"
    newer = desk.client.patch(path, json={"name": "Dach"}).json

    replies = [
        desk.client.patch(path, json={"name": "Haus"}, headers={"If-Match": '"1"'}),
        desk.client.delete(path, headers={"If-Match": '"1"'}),
    ]

    assert [(reply.status, reply.json["current"]) for reply in replies] == [(412, newer)] * 2
    assert desk.client.patch(path, json={"name": "Haus"}, headers={"If-Match": '"2"'}).status == 200
    assert desk.client.get(path, headers={"If-None-Match": '"3"'}).status == 304


def test_a_repeated_request_gets_the_first_answer_and_makes_one_form(desk: Desk) -> None:
    headers = {"Idempotency-Key": "form-1"}

    first, second = (desk.client.post("/v1/forms", json={"name": "Neu"}, headers=headers) for _ in range(2))
    other = desk.client.post("/v1/forms", json={"name": "Anders"}, headers=headers)

    assert (second.json, second.headers["Idempotent-Replayed"]) == (first.json, "true")
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
    assert names(desk) == ["Neu", "Demo form"]


def test_a_deleted_form_is_gone_for_everybody_and_what_came_by_it_stays(desk: Desk) -> None:
    form = made(desk)
    path = f"/v1/forms/{form['id']}"
    desk.post(JOERG, form=form["id"])

    assert desk.client.delete(path).status == 204
    replies = [desk.client.get(path), desk.client.patch(path, json={"name": "x"}), desk.client.delete(path),
               desk.client.get(f"{path}/snippets"), desk.visitor.get(f"/f/{form['id']}"),
               desk.post(JOERG, form=form["id"])]  # fmt: skip

    assert [reply.status for reply in replies] == [404] * 6
    assert names(desk) == ["Demo form"]
    assert [receipt["source_detail"] for receipt in desk.receipts()] == [form["id"]]
    assert len(desk.leads()) == 1


def test_all_problems_come_at_once_and_nothing_is_stored(desk: Desk) -> None:
    body = {"fields": [{"field": "nix"}], "hosts": ["https://a.example"], "owner_id": "usr_1", "farbe": "rot"}

    reply = desk.client.post("/v1/forms", json=body)

    assert (reply.status, reply.json["code"]) == (422, "validation_failed")
    assert {(each["pointer"], each["code"]) for each in reply.json["errors"]} == {
        ("/name", "required"), ("/fields/0/field", "unknown_field"), ("/hosts/0", "invalid_host"),
        ("/owner_id", "unknown_user"), ("/farbe", "unknown_field"),
    }  # fmt: skip
    assert "write a.example" in next(each["detail"] for each in reply.json["errors"] if each["field"] == "hosts[0]")
    assert names(desk) == ["Demo form"]


def test_a_secret_is_stored_and_never_shown(desk: Desk) -> None:
    turnstile = {"provider": "turnstile", "site_key": "0x4", "secret": "kanarienvogel"}
    form = made(desk, spam={"captcha": turnstile})
    path = f"/v1/forms/{form['id']}"

    replies = [
        desk.client.get(path),
        desk.client.patch(path, json={"spam": {"captcha": {"site_key": "0x5"}}}, headers={"Idempotency-Key": "k"}),
        desk.client.get("/v1/forms"),
    ]

    assert replies[1].json["spam"]["captcha"] == {"provider": "turnstile", "site_key": "0x5", "has_secret": True}
    assert workspace.form(form["id"], desk.world.clock.now()).spam.captcha.secret == "kanarienvogel"
    assert not any("kanarienvogel" in reply.text for reply in replies)


def test_altcha_makes_its_own_secret(desk: Desk) -> None:
    forms = [made(desk, spam={"captcha": {"provider": "altcha"}}) for _ in range(2)]
    secrets = {workspace.form(form["id"], desk.world.clock.now()).spam.captcha.secret for form in forms}

    assert len(secrets) == 2
    assert all(re.fullmatch("[0-9a-f]{64}", secret) for secret in secrets)


def test_a_form_over_350_kb_is_refused_and_left_as_it_is(desk: Desk) -> None:
    form = made(desk)
    path = f"/v1/forms/{form['id']}"
    consents = [{"id": f"c{number}", "text": "ä" * 4_900} for number in range(20)]
    words = {"de": "ä" * 250, "en": "ö" * 250}
    fields = [{"field": f"messengers.{number}", "label": words, "placeholder": words} for number in range(100)]

    replies = [desk.client.patch(path, json=body) for body in ({"consents": consents}, {"fields": fields})]

    assert [reply.status for reply in replies] == [200, 413]
    assert replies[1].json["code"] == "record_too_large"
    assert desk.get(path) == replies[0].json


def test_only_who_may_set_things_may_make_forms(desk: Desk) -> None:
    from chalicelib.services import keys as api_keys
    from tests.api.client import Client

    secret = api_keys.new_secret()
    api_keys.store(secret, name="Leser", scopes=["leads:read"], at=desk.world.clock.now())
    reader = Client(desk.app, key=secret, watch=desk.contract)

    assert [reader.get(path).status for path in ("/v1/forms", "/v1/forms/frm_demo", "/v1/forms/frm_demo/snippets")] == [
        200, 200, 200,
    ]  # fmt: skip
    writes = [reader.post("/v1/forms", json={"name": "x"}), reader.patch("/v1/forms/frm_demo", json={"name": "x"}),
              reader.delete("/v1/forms/frm_demo")]  # fmt: skip
    assert [(reply.status, reply.json["required_scope"]) for reply in writes] == [(403, "settings:admin")] * 3


# ── what was there before ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_restart_leaves_the_demo_form_as_it_was_changed(desk: Desk) -> None:
    desk.client.patch("/v1/forms/frm_demo", json={"name": "Unser Formular"})

    workspace.prepare(api_key="lk_test_key_of_the_fault_harness", call_key="call-key", at=desk.world.clock.now())
    workspace.forget()

    assert names(desk) == ["Unser Formular"]
    assert desk.get("/v1/forms/frm_demo")["version"] == 2


def test_a_record_stored_by_hand_is_a_form_and_listed_from_its_first_change_on(desk: Desk) -> None:
    records.put("FORM", "frm_hand", {"name": "Von Hand", "hosts": ["kaefer.example"], "mapping": {"feld7": "phone"}})
    path = "/v1/forms/frm_hand"

    before = desk.get(path)
    after = desk.client.patch(path, json={"active": False}, headers={"If-Match": '"1"'})
    desk.client.patch(path, json={"active": True}, headers={"If-Match": '"2"'})

    assert (before["version"], before["created_at"], before["mapping"]) == (1, None, {"feld7": "phone"})
    assert (after.status, after.json["version"], after.json["hosts"]) == (200, 2, ["kaefer.example"])
    assert sorted(names(desk)) == ["Demo form", "Von Hand"]
    assert desk.client.delete(path).status == 204
    assert stored.ids() == ["frm_demo"]


# ── what is pasted ────────────────────────────────────────────────────────────────────────────────────────────────


class Tags(html.parser.HTMLParser):
    """Every opening tag of a text, as browsers read it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def snippets(desk: Desk, form_id: str, query: str = "") -> dict[str, str]:
    return dict(desk.get(f"/v1/forms/{form_id}/snippets{query}"))


def test_the_demo_form_is_put_on_a_page_in_four_ways(desk: Desk) -> None:
    base = "https://leads.example.de"

    assert snippets(desk, "frm_demo", "?lang=en") == {
        "html": f'''<form method="post" action="{base}/f/frm_demo" accept-charset="utf-8">
  <input type="hidden" name="_lang" value="en">
  <label>Name <input name="name" autocomplete="name" type="text"></label>
  <label>E-mail <input name="email" autocomplete="email" type="email"></label>
  <label>Phone <input name="phone" autocomplete="tel" type="tel"></label>
  <label>Message <textarea name="comment" rows="5"></textarea></label>
  <input name="_hp" tabindex="-1" autocomplete="off" aria-hidden="true" hidden>
  <button>Send</button>
</form>''',
        "embed": f'''<script async src="{base}/embed/leadger.js" data-form="frm_demo" data-lang="en"></script>
<noscript><a href="{base}/f/frm_demo?lang=en">Write to us</a></noscript>''',
        "link": f"{base}/f/frm_demo?lang=en",
        "iframe": f'<iframe src="{base}/f/frm_demo?lang=en" title="Write to us" width="100%" height="720"'
                  ' loading="lazy"></iframe>',
    }  # fmt: skip


def test_what_is_pasted_is_in_the_main_language_and_leaves_the_visitors_theirs(desk: Desk) -> None:
    pasted = snippets(desk, "frm_demo")

    assert "<button>Absenden</button>" in pasted["html"]
    assert pasted["link"] == "https://leads.example.de/f/frm_demo"
    assert "data-lang" not in pasted["embed"]
    desk.client.patch("/v1/settings", json={"languages": ["fr", "en"]})
    assert "<button>Send</button>" in snippets(desk, "frm_demo")["html"]
    assert desk.client.get("/v1/forms/frm_demo/snippets?lang=fr").status == 400


def test_a_plain_form_asks_for_everything_that_visitors_say(desk: Desk) -> None:
    choices = [{"id": "flat", "label": "Flachdach"}, {"id": "gable", "label": "Sattel"}]
    desk.client.post("/v1/fields", json={"name": "roof", "type": "choice", "label": "Dach", "choices": choices})
    desk.client.post("/v1/fields", json={"name": "area", "type": "number", "label": "Fläche"})
    desk.client.post("/v1/fields", json={"name": "battery", "type": "boolean", "label": "Speicher"})
    form = made(
        desk,
        fields=[
            {"field": "address.city", "required": True, "preset": "Köln"},
            {"field": "custom.roof", "preset": "gable"},
            {"field": "custom.area", "required": True, "show_if": {"field": "custom.roof", "equals": "flat"}},
            {"field": "custom.battery"},
            {"field": "messengers.whatsapp", "placeholder": "+49"},
            {"field": "utm.source", "hidden": True},
            {"field": "tags", "hidden": True, "preset": "pv"},
            {"field": "files"},
        ],
        consents=[{"id": "privacy", "text": {"de": "Ich willige ein."}},
                  {"id": "news", "text": "Rundbrief", "required": False}],
        texts={"send": "Los"}, spam={"honeypot": False},
    )  # fmt: skip

    tags = Tags(snippets(desk, form["id"], "?lang=de")["html"])

    assert tags.found[0] == ("form", {"method": "post", "action": form["url"], "accept-charset": "utf-8",
                                      "enctype": "multipart/form-data"})  # fmt: skip
    assert [each for each in tags.found if each[0] in ("input", "select", "option", "textarea")] == [
        ("input", {"type": "hidden", "name": "_lang", "value": "de"}),
        ("input", {"name": "address.city", "autocomplete": "address-level2", "type": "text", "value": "Köln",
                   "required": None}),
        ("select", {"name": "custom.roof"}),
        ("option", {}), ("option", {"value": "flat"}), ("option", {"value": "gable", "selected": None}),
        ("input", {"name": "custom.area", "inputmode": "decimal", "type": "text"}),
        ("input", {"name": "custom.battery", "type": "checkbox", "value": "true"}),
        ("input", {"name": "messengers.whatsapp", "placeholder": "+49", "type": "text"}),
        ("input", {"type": "hidden", "name": "utm.source"}),
        ("input", {"name": "files", "type": "file", "multiple": None}),
        ("input", {"type": "checkbox", "name": "_consent", "value": "privacy", "required": None}),
        ("input", {"type": "checkbox", "name": "_consent", "value": "news"}),
    ]  # fmt: skip
    assert [text for text in tags.texts if text] == [
        "Ort", "Dach", "Flachdach", "Sattel", "Fläche", "Speicher", "Whatsapp", "Dateien", "Ich willige ein.",
        "Rundbrief", "Los",
    ]  # fmt: skip


NAUGHTY = [
    '"><script>alert(1)</script>', "' onfocus=alert(1) x='", "</textarea><img src=x onerror=alert(1)>", "&lt;b&gt;",
]  # fmt: skip
ATTRIBUTES = """
    method action accept-charset type name value autocomplete placeholder rows required tabindex aria-hidden hidden
    async src data-form data-lang href title width height loading
"""


@pytest.mark.parametrize("naughty", NAUGHTY)
def test_nothing_that_is_set_is_ever_markup_of_what_is_pasted(desk: Desk, naughty: str) -> None:
    desk.client.post("/v1/fields", json={"name": "roof", "type": "choice", "label": naughty,
                     "choices": [{"id": "flat", "label": naughty}]})  # fmt: skip
    fields = [{"field": name, "label": naughty, "placeholder": naughty, "preset": naughty}
              for name in ("name", "comment", f"messengers.{naughty.replace('.', '')}")]  # fmt: skip
    form = made(desk, fields=[*fields, {"field": "custom.roof"}], texts=dict.fromkeys(("title", "send"), naughty),
                consents=[{"id": "a", "text": naughty}])  # fmt: skip

    pasted = snippets(desk, form["id"], "?lang=de")

    found = {way: Tags(text) for way, text in pasted.items()}
    inside = {"label", "input", "textarea", "select", "option", "button"}
    assert {tag for tag, _ in found["html"].found} == {"form", *inside}
    assert [tag for tag, _ in found["embed"].found] == ["script", "noscript", "a"]
    assert [tag for tag, _ in found["iframe"].found] == ["iframe"]
    assert {name for tags in found.values() for _, given in tags.found for name in given} <= {*ATTRIBUTES.split()}
