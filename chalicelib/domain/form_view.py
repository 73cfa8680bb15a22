"""A form as it is shown: every input with its words, value and error, in one language. Templates only write it down."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from chalicelib.domain.errors import Problem
from chalicelib.domain.fields import Field
from chalicelib.domain.form import CONSENT, FILES, LANGUAGES, Consent, Form, FormField, ShowIf, Text, said
from chalicelib.domain.form_answers import Answers, says
from chalicelib.domain.form_kinds import Kind, choices_in, is_true, kind_of, long_name
from chalicelib.domain.form_words import words
from chalicelib.domain.paths import written

#: Only what a link may lead to, and without the full stop behind it.
_LINK = re.compile(r"(https?://[^\s<>\"]*[^\s<>\".,;:!?)'”“])")
_SIGNS = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True)
class Part:
    """A piece of a text; `is_link` when it is an address of the web."""

    text: str
    is_link: bool = False


@dataclass(frozen=True)
class Choice:
    """One of several."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Input:
    """One field as it is shown.

    Attributes:
        name: of the input.
        id: of the input, and of the group where there are several; unique in the form.
        input: see `form_kinds.Kind`.
        needed: the browser may insist; never where it depends on another field, because without a script that one is
            always visible.
        values: what is in it.
    """

    name: str
    id: str
    label: str
    input: str
    autocomplete: str = ""
    inputmode: str = ""
    required: bool = False
    needed: bool = False
    placeholder: str = ""
    values: tuple[str, ...] = ()
    error: str = ""
    hint: str = ""
    choices: tuple[Choice, ...] = ()

    @property
    def value(self) -> str:
        """All that is in it as one text."""
        return ("\n" if self.input == "textarea" else ", ").join(self.values)

    @property
    def described_by(self) -> str:
        """Ids of the texts that belong to it; the one for its error is there before there is one."""
        return f"{self.id}-hint {self.id}-error" if self.hint else f"{self.id}-error"


@dataclass(frozen=True)
class Group:
    """Inputs that are shown together; `hint` says when, where that depends on another field."""

    inputs: tuple[Input, ...]
    show_if: ShowIf | None = None
    hint: str = ""


@dataclass(frozen=True)
class Tick:
    """A consent as it is shown."""

    id: str
    key: str
    value: str
    parts: tuple[Part, ...]
    required: bool
    chosen: bool
    error: str = ""


@dataclass(frozen=True)
class Complaint:
    """A line of the error summary.

    Attributes:
        field: as the problem names it.
        target: id of the input that it leads to; empty: of none.
    """

    field: str
    code: str
    text: str
    target: str = ""


@dataclass(frozen=True)
class FormView:
    """A form ready to be written down.

    Attributes:
        has_title: the form itself says its title.
        unset: names of hidden inputs without a value of their own, which the page may fill in, and what is in them.
    """

    id: str
    language: str
    words: Mapping[str, str]
    title: str
    has_title: bool
    intro: tuple[Part, ...]
    send: str
    groups: tuple[Group, ...]
    consents: tuple[Tick, ...]
    complaints: tuple[Complaint, ...] = ()
    unset: Mapping[str, str] = field(default_factory=dict)
    honeypot: bool = True

    @property
    def has_files(self) -> bool:
        """Whether it takes files, which need another kind of body."""
        return any(one.input == "file" for group in self.groups for one in group.inputs)


@dataclass(frozen=True)
class Thanks:
    """What is said after a post."""

    title: str
    parts: tuple[Part, ...]
    text: str


def languages_of(form: Form) -> tuple[str, ...]:
    """Languages that a form can be shown in: the built-in ones, and those of its own texts."""
    texts: list[Text] = [*form.texts.values(), *(each.label for each in form.fields)]
    own = (language for text in texts if isinstance(text, Mapping) for language in text)
    return tuple(dict.fromkeys((*LANGUAGES, *own)))


def thanks(form: Form, language: str) -> Thanks:
    """What a form says after a post."""
    known = words(language)
    text = said(form.texts.get("thanks", ""), language) or known["thanks"]
    return Thanks(said(form.texts.get("thanks_title", ""), language) or known["thanks_title"], _parts(text), text)


def view(
    form: Form,
    language: str,
    custom: Mapping[str, Field],
    *,
    answers: Answers | None = None,
    problems: Sequence[Problem] = (),
) -> FormView:
    """A form as it is shown in a language.

    Args:
        custom: the workspace's own fields by name.
        answers: what was posted; None shows what fields begin with.
        problems: of `form_answers.lacking`, or of the whole (an empty field).
    """
    known = words(language)
    at_field = _by_field(form, answers or Answers(), problems)
    inputs = [
        (each.show_if, one)
        for each in form.asked
        if not each.hidden and _may_be_shown(form, each, custom) and (one := _input(each, language, custom, answers))
    ]
    told = {one.name: _complaint(one, at_field[one.name].code, known) for _, one in inputs if one.name in at_field}
    ticks = [_tick(each, language, answers, at_field.get(each.id)) for each in form.consents]
    complaints = (
        *(Complaint("", each.code, known.get(each.code, each.detail)) for each in problems if not each.field),
        *(Complaint(at_field[one.name].field, at_field[one.name].code, told[one.name], _target(one))
          for _, one in inputs if one.name in told),
        *(Complaint(tick.key, "required", tick.error, tick.id) for tick in ticks if tick.error),
    )  # fmt: skip
    return FormView(
        id=form.id,
        language=language,
        words=known,
        title=said(form.texts.get("title", ""), language) or known["title"],
        has_title=bool(form.texts.get("title")),
        intro=_parts(said(form.texts.get("intro", ""), language)),
        send=said(form.texts.get("send", ""), language) or known["send"],
        groups=tuple(_groups(form, inputs, told, language, custom)),
        consents=tuple(ticks),
        complaints=complaints,
        unset={
            each.field: " ".join((answers or Answers()).values.get(long_name(each.field), ()))
            for each in form.asked
            if each.hidden and not each.preset
        },
        honeypot=form.spam.honeypot,
    )


def _by_field(form: Form, answers: Answers, problems: Iterable[Problem]) -> dict[str, Problem]:
    """Problems by field of the form, or by id of a consent; as sent, an input may have had another name."""
    by_name = {answers.names.get(long_name(each.field), each.field): each.field for each in form.asked}
    by_name |= {each.field: each.field for each in form.asked}
    by_name |= {written((CONSENT, each.id)): each.id for each in form.consents}
    return {by_name[each.field]: each for each in problems if each.field in by_name}


def _may_be_shown(form: Form, one: FormField, custom: Mapping[str, Field]) -> bool:
    """Whether there is anything a visitor can do for it to be shown."""
    if one.show_if is None:
        return True
    other = next((each for each in form.asked if each.field == one.show_if.field), None)
    return other is not None and (not _is_fixed(other) or says(other, one.show_if.equals, Answers(), custom))


def _is_fixed(one: FormField) -> bool:
    return one.hidden and bool(one.preset)


def _input(one: FormField, language: str, custom: Mapping[str, Field], answers: Answers | None) -> Input | None:
    kind = kind_of(one.field, custom)
    if kind is None:
        return None
    texts = _texts(one, answers)
    known = words(language)
    hint = ""
    if one.field == FILES:
        hint = known["files_again" if answers and answers.has_files else "files_hint"]
    return Input(
        name=one.field,
        id="f-" + _SIGNS.sub("-", one.field),
        label=said(one.label, language) or said(kind.label, language) or one.field,
        input=kind.input,
        autocomplete=kind.autocomplete,
        inputmode=kind.inputmode,
        required=one.required,
        needed=one.required and one.show_if is None and kind.input != "checkboxes",
        placeholder=said(one.placeholder, language),
        values=texts,
        hint=hint,
        choices=_choices(kind, texts),
    )


def _texts(one: FormField, answers: Answers | None) -> tuple[str, ...]:
    if answers is None:
        return (one.preset,) if one.preset else ()
    field = long_name(one.field)
    texts = tuple(answers.values.get(field, ()))
    if field == "name" and not texts:
        parts = ("given_name", "middle_name", "family_name")
        whole = " ".join(text for part in parts for text in answers.values.get(part, ()))
        return (whole,) if whole else ()
    return texts


def _choices(kind: Kind, texts: Sequence[str]) -> tuple[Choice, ...]:
    if kind.input == "checkbox":
        return (Choice("true", "", is_true(texts)),)
    chosen = choices_in(kind, texts)
    return tuple(Choice(one, label, one in chosen) for one, label in kind.choices.items())


def _complaint(one: Input, code: str, known: Mapping[str, str]) -> str:
    if code == "required":
        kinds = {"checkbox": "_tick", "file": "_file", "select": "_choice", "radio": "_choice", "checkboxes": "_choice"}
        code += kinds.get(one.input, "")
    return known.get(code, known["invalid"]).format(label=one.label)


def _target(one: Input) -> str:
    """The id of what can be filled in first."""
    return f"{one.id}-1" if one.input in ("radio", "checkboxes") else one.id


def _tick(one: Consent, language: str, answers: Answers | None, found: Problem | None) -> Tick:
    text = said(one.text, language)
    return Tick(
        id="f-" + _SIGNS.sub("-", f"{CONSENT}-{one.id}"),
        key=written((CONSENT, one.id)),
        value=one.id,
        parts=_parts(text),
        required=one.required,
        chosen=answers is not None and one.id in answers.consents,
        error=words(language)["required_consent"].format(label=_shortened(text)) if found else "",
    )


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79].rsplit(" ", 1)[0] + " …"


def _groups(
    form: Form,
    inputs: Iterable[tuple[ShowIf | None, Input]],
    told: Mapping[str, str],
    language: str,
    custom: Mapping[str, Field],
) -> Iterable[Group]:
    fixed = {each.field for each in form.asked if _is_fixed(each)}
    conditions = ((None if when and when.field in fixed else when, one) for when, one in inputs)
    for when, members in groupby(conditions, key=lambda pair: pair[0]):
        shown = tuple(replace(one, error=told.get(one.name, "")) for _, one in members)
        condition, hint = _condition(form, when, language, custom) if when else (None, "")
        yield Group(shown, condition, hint)


def _condition(form: Form, when: ShowIf, language: str, custom: Mapping[str, Field]) -> tuple[ShowIf, str]:
    """A condition as the other field's input has its values, and its words."""
    known = words(language)
    other = next(each for each in form.asked if each.field == when.field)
    kind = kind_of(other.field, custom)
    label = said(other.label, language) or (said(kind.label, language) if kind else "") or other.field
    if kind and kind.input == "checkbox":
        yes = is_true([when.equals])
        hint = known["only_if_ticked" if yes else "only_if_not_ticked"].format(label=label)
        return ShowIf(other.field, "true" if yes else "false"), hint
    chosen = choices_in(kind, [when.equals]) if kind else ()
    choice = kind.choices[chosen[0]] if kind and chosen else when.equals
    hint = known["only_if"].format(label=label, choice=choice)
    return ShowIf(other.field, chosen[0] if chosen else when.equals), hint


def _parts(text: str) -> tuple[Part, ...]:
    pieces = _LINK.split(text)
    return tuple(Part(piece, place % 2 == 1) for place, piece in enumerate(pieces) if piece)
