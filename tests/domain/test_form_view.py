"""A form as it is shown: words, inputs, values and complaints in one language."""

from __future__ import annotations

import pytest

from chalicelib.domain.fields import LEAD_FIELDS, Field
from chalicelib.domain.form import DEFAULT_FIELDS, Consent, Form, FormField, ShowIf
from chalicelib.domain.form_answers import Answers
from chalicelib.domain.form_kinds import KINDS, kind_of
from chalicelib.domain.form_view import Choice, Complaint, Input, Part, languages_of, thanks, view
from chalicelib.domain.form_words import WORDS
from chalicelib.domain.problems import SENTENCES, problem

CUSTOM = {
    "topic": Field("choice", {"de": "Thema", "en": "Topic"}, choices={"pv": "Photovoltaik", "heat": "Wärmepumpe"}),
    "area": Field("number", {"de": "Dachfläche", "en": "Roof area"}),
    "owns": Field("boolean", {"de": "Mein Haus", "en": "My house"}),
}


def inputs(form: Form, language: str = "de", **more) -> list[Input]:
    return [one for group in view(form, language, CUSTOM, **more).groups for one in group.inputs]


def test_a_form_that_names_no_fields_asks_for_four() -> None:
    assert [(one.name, one.label, one.input, one.autocomplete) for one in inputs(Form("frm_a"))] == [
        ("name", "Name", "text", "name"),
        ("email", "E-Mail", "email", "email"),
        ("phone", "Telefon", "tel", "tel"),
        ("comment", "Nachricht", "textarea", ""),
    ]
    assert [each.field for each in DEFAULT_FIELDS] == [one.name for one in inputs(Form("frm_a"), "en")]


def test_every_language_has_every_word() -> None:
    assert WORDS["de"].keys() == WORDS["en"].keys()
    assert all(set(kind.label) == set(WORDS) for kind in KINDS.values())


def test_every_field_that_a_lead_can_have_can_be_asked() -> None:
    asked = {name for name, field in LEAD_FIELDS.items() if not field.read_only and name != "custom"}

    assert [name for name in sorted(asked) if kind_of(name, {}) is None] == []
    assert kind_of("shoe_size", {}) is None
    assert kind_of("messengers.telegram", {}).label["de"] == "Telegram"


@pytest.mark.parametrize("code", [code for code in WORDS["de"] if code.startswith("invalid_")])
def test_a_sentence_for_visitors_belongs_to_a_code_that_exists(code: str) -> None:
    assert code in SENTENCES


def test_a_forms_own_words_come_before_the_built_in_ones() -> None:
    form = Form(
        "frm_a",
        fields=(FormField("comment", label={"de": "Ihr Anliegen", "en": "Your wish"}, placeholder="…"),),
        texts={"title": "Käfer", "send": {"de": "Los"}, "thanks": {"en": "Ta!"}},
    )
    german = view(form, "de", {})

    assert (german.title, german.send, inputs(form)[0].label) == ("Käfer", "Los", "Ihr Anliegen")
    assert inputs(form, "en")[0].label == "Your wish"
    assert thanks(form, "en").text == thanks(form, "de").text == "Ta!"


def test_a_form_speaks_the_languages_of_its_texts_too() -> None:
    form = Form("frm_a", texts={"title": {"fr": "Écrivez-nous"}})

    assert languages_of(form) == ("en", "de", "fr")
    assert (view(form, "fr", {}).title, view(form, "fr", {}).send) == ("Écrivez-nous", "Send")


def test_addresses_in_a_text_are_links() -> None:
    form = Form("frm_a", texts={"intro": "Siehe https://kaefer.example/a?b=1. Oder (http://x.example)!"})

    assert view(form, "de", {}).intro == (
        Part("Siehe "), Part("https://kaefer.example/a?b=1", True), Part(". Oder ("), Part("http://x.example", True),
        Part(")!"),
    )  # fmt: skip


@pytest.mark.parametrize("text", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://", "www.a.de"])
def test_nothing_else_is_a_link(text: str) -> None:
    assert view(Form("frm_a", texts={"intro": text}), "de", {}).intro == (Part(text),)


def test_a_dependent_field_says_when_and_is_not_insisted_on() -> None:
    form = Form(
        "frm_a",
        fields=(
            FormField("custom.topic"),
            FormField("custom.area", required=True, show_if=ShowIf("custom.topic", "Photovoltaik")),
            FormField("comment", show_if=ShowIf("custom.owns", "yes")),
            FormField("custom.owns"),
            FormField("phone", show_if=ShowIf("custom.owns", "no")),
        ),
    )
    groups = view(form, "de", CUSTOM).groups

    assert [(group.show_if, group.hint) for group in groups] == [
        (None, ""),
        (ShowIf("custom.topic", "pv"), "Nur wenn Sie bei „Thema“ „Photovoltaik“ gewählt haben"),
        (ShowIf("custom.owns", "true"), "Nur wenn Sie „Mein Haus“ angekreuzt haben"),
        (None, ""),
        (ShowIf("custom.owns", "false"), "Nur wenn Sie „Mein Haus“ nicht angekreuzt haben"),
    ]
    area = groups[1].inputs[0]
    assert (area.required, area.needed, area.inputmode) == (True, False, "decimal")


def test_what_only_a_preset_decides_is_decided_before_it_is_shown() -> None:
    form = Form(
        "frm_a",
        fields=(
            FormField("source_detail", hidden=True, preset="messe"),
            FormField("company", show_if=ShowIf("source_detail", "messe")),
            FormField("position", show_if=ShowIf("source_detail", "web")),
            FormField("utm.term", hidden=True),
        ),
    )
    shown = view(form, "de", {})

    assert [(group.show_if, [one.name for one in group.inputs]) for group in shown.groups] == [(None, ["company"])]
    assert shown.unset == {"utm.term": ""}


def test_fields_begin_with_their_presets_and_keep_what_was_posted() -> None:
    form = Form("frm_a", fields=(FormField("custom.topic", preset="pv"), FormField("name"), FormField("custom.owns")))
    posted = Answers({"custom.topic": ("heat",), "given_name": ("Änne",), "family_name": ("Öztürk",)})

    assert [choice.chosen for choice in inputs(form)[0].choices] == [True, False]
    topic, name, owns = inputs(form, answers=posted)
    assert topic.choices == (Choice("pv", "Photovoltaik", False), Choice("heat", "Wärmepumpe", True))
    assert (name.value, owns.choices) == ("Änne Öztürk", (Choice("true", "", False),))


def test_few_choices_are_shown_and_many_open() -> None:
    many = {"topic": Field("choice", {"de": "Thema"}, choices={str(number): str(number) for number in range(5)})}

    assert kind_of("custom.topic", CUSTOM).input == "radio"
    assert kind_of("custom.topic", many).input == "select"


def test_complaints_lead_to_the_inputs_they_are_about() -> None:
    form = Form(
        "frm_a",
        fields=(FormField("email", required=True), FormField("custom.topic", required=True)),
        consents=(Consent("a b", "Ich stimme zu."),),
    )
    answers = Answers({"emails": ("aenne@",)}, {"emails": "E-Mail"})
    problems = [
        problem("E-Mail", "invalid_email"), problem("custom.topic", "required"), problem("_consent.a b", "required"),
    ]  # fmt: skip
    shown = view(form, "de", CUSTOM, answers=answers, problems=problems)

    wrong = "„E-Mail“: Das ist keine vollständige E-Mail-Adresse. Beispiel: name@example.de"
    assert shown.complaints == (
        Complaint("E-Mail", "invalid_email", wrong, "f-email"),
        Complaint("custom.topic", "required", "Bitte wählen Sie bei „Thema“ etwas aus.", "f-custom-topic-1"),
        Complaint("_consent.a b", "required", "Bitte stimmen Sie zu: „Ich stimme zu.“", "f-_consent-a-b"),
    )
    email = shown.groups[0].inputs[0]
    assert (email.value, email.error, email.described_by) == ("aenne@", wrong, "f-email-error")


def test_a_complaint_about_the_whole_leads_nowhere() -> None:
    (complaint,) = view(Form("frm_a"), "de", {}, problems=[problem("", "says_nothing")]).complaints

    assert (complaint.text, complaint.target) == (WORDS["de"]["says_nothing"], "")
