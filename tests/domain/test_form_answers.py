"""What a post to a form lacks: only what is shown is required, and only what can be used is there."""

from __future__ import annotations

import pytest

from chalicelib.domain.fields import Field
from chalicelib.domain.form import Consent, Form, FormField, ShowIf
from chalicelib.domain.form_answers import Answers, Way, lacking, shown

LABEL = {"de": "", "en": ""}
CUSTOM = {
    "topic": Field("choice", LABEL, choices={"pv": "Photovoltaik", "heat": "Wärmepumpe"}),
    "wishes": Field("multi_choice", LABEL, choices={"storage": "Speicher", "wallbox": "Wallbox"}),
    "owns": Field("boolean", LABEL),
    "roof_area": Field("number", LABEL),
    "call_at": Field("datetime", LABEL),
}
PRIVACY = Consent("privacy", "Ich habe die Datenschutzerklärung gelesen.")


def found(form: Form, values: dict[str, tuple[str, ...]], **more) -> list[tuple[str, str]]:
    answers = Answers(values, more.pop("names", {}), frozenset(more.pop("consents", ())), **more)
    return [(each.field, each.code) for each in lacking(form, answers, Way(CUSTOM, time_zone="Europe/Berlin"))]


def asks(*fields: FormField, consents: tuple[Consent, ...] = ()) -> Form:
    return Form("frm_a", fields=fields, consents=consents)


def required(field: str, **more) -> FormField:
    return FormField(field, required=True, **more)


def test_everything_that_is_missing_is_told_at_once_in_the_order_of_the_form() -> None:
    form = asks(required("name"), required("email"), FormField("phone"), required("custom.topic"), consents=(PRIVACY,))

    assert found(form, {"phones": ("030 1234567",)}) == [
        ("name", "required"), ("email", "required"), ("custom.topic", "required"), ("_consent.privacy", "required"),
    ]  # fmt: skip
    complete = {"name": ("Änne",), "emails": ("aenne@example.de",), "custom.topic": ("pv",)}
    assert found(form, complete, consents=("privacy",)) == []


@pytest.mark.parametrize(
    ("field", "texts", "code"),
    [
        ("email", ("aenne@",), "invalid_email"),
        ("email", ("   ",), "required"),
        ("email", ("aenne@", "aenne@example.de"), None),
        ("phone", ("keine",), "invalid_phone"),
        ("birthdate", ("31.02.1990",), "invalid_date"),
        ("birthdate", ("28.02.1990",), None),
        ("amount", ("viel",), "invalid_amount"),
        ("address.country", ("Schlaraffenland",), "invalid_country"),
        ("address.city", ("Köln",), None),
        ("websites", ("kaefer.example",), None),
        ("custom.topic", ("Öl",), "invalid_choice"),
        ("custom.topic", ("wärmepumpe",), None),
        ("custom.wishes", ("storage", "wallbox"), None),
        ("custom.roof_area", ("groß",), "invalid_number"),
        ("custom.roof_area", ("84,5",), None),
        ("custom.call_at", ("2026-11-23T09:15",), None),
        ("custom.call_at", ("2026-11-23T25:15",), "invalid_datetime"),
        ("custom.owns", ("true",), None),
        ("custom.owns", ("false",), "required"),
    ],
)
def test_a_required_value_must_be_one_that_can_be_used(field: str, texts: tuple[str, ...], code: str | None) -> None:
    name = {"email": "emails", "phone": "phones"}.get(field, field)

    assert found(asks(required(field)), {name: texts}) == ([(field, code)] if code else [])
    assert found(asks(FormField(field)), {name: texts}) == []


def test_the_parts_of_a_name_are_a_name() -> None:
    assert found(asks(required("name")), {"family_name": ("Öztürk",)}) == []
    assert found(asks(required("given_name")), {"name": ("Änne Öztürk",)}) == [("given_name", "required")]


def test_a_problem_names_the_input_as_it_was_sent() -> None:
    names = {"emails": "E-Mail-Adresse"}

    assert found(asks(required("email")), {"emails": ("aenne@",)}, names=names) == [("E-Mail-Adresse", "invalid_email")]


def test_files_are_there_when_any_came() -> None:
    assert found(asks(required("files")), {}) == [("files", "required")]
    assert found(asks(required("files")), {}, has_files=True) == []


def test_a_consent_that_is_not_needed_is_not_missing() -> None:
    newsletter = Consent("newsletter", "Schicken Sie mir Neues.", required=False)

    assert found(asks(FormField("name"), consents=(newsletter, PRIVACY)), {}, consents=("newsletter",)) == [
        ("_consent.privacy", "required")
    ]


def test_hidden_fields_and_fields_that_are_no_more_are_never_required() -> None:
    assert found(asks(required("name", hidden=True), required("custom.deleted")), {}) == []


@pytest.mark.parametrize(
    ("field", "equals", "texts", "is_shown"),
    [
        ("custom.topic", "pv", ("pv",), True),
        ("custom.topic", "pv", ("Photovoltaik",), True),
        ("custom.topic", "Photovoltaik", ("pv",), True),
        ("custom.topic", "pv", ("heat",), False),
        ("custom.topic", "pv", (), False),
        ("custom.wishes", "wallbox", ("storage", "wallbox"), True),
        ("custom.owns", "true", ("true",), True),
        ("custom.owns", "yes", ("on",), True),
        ("custom.owns", "true", (), False),
        ("custom.owns", "false", (), True),
        ("company", "Käfer GmbH", (" käfer gmbh ",), True),
        ("company", "Käfer GmbH", ("Käfer AG",), False),
    ],
)
def test_what_depends_on_another_field_is_required_only_where_it_is_shown(
    field: str, equals: str, texts: tuple[str, ...], is_shown: bool
) -> None:
    form = asks(FormField(field), required("custom.roof_area", show_if=ShowIf(field, equals)))

    assert found(form, {field: texts}) == ([("custom.roof_area", "required")] if is_shown else [])


def test_a_field_below_one_that_is_not_shown_is_not_shown() -> None:
    form = asks(
        FormField("custom.topic"),
        FormField("custom.owns", show_if=ShowIf("custom.topic", "pv")),
        required("custom.roof_area", show_if=ShowIf("custom.owns", "true")),
    )

    assert found(form, {"custom.topic": ("heat",), "custom.owns": ("true",)}) == []
    assert found(form, {"custom.topic": ("pv",), "custom.owns": ("true",)}) == [("custom.roof_area", "required")]


def test_a_condition_on_a_preset_holds_whatever_is_posted() -> None:
    form = asks(
        FormField("source_detail", hidden=True, preset="messe"),
        FormField("company", show_if=ShowIf("source_detail", "messe")),
        FormField("position", show_if=ShowIf("source_detail", "web")),
    )

    assert shown(form, Answers({"source_detail": ("web",)}), CUSTOM) == {"company"}


def test_fields_that_depend_on_each_other_are_never_shown() -> None:
    form = asks(
        required("company", show_if=ShowIf("position", "x")), required("position", show_if=ShowIf("company", "x"))
    )

    assert found(form, {"company": ("x",), "position": ("x",)}) == []
