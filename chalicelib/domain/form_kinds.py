"""What each field is asked by: its input, `autocomplete` token and built-in label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.domain.cleaning import Way
from chalicelib.domain.fields import FIELD_TYPES, LEAD_FIELDS, SHORT_FORMS, Field
from chalicelib.domain.form import FILES, LANGUAGES

#: Up to so many choices are shown at once, more in a list that opens.
MOST_SHOWN = 4


@dataclass(frozen=True)
class Kind:
    """How a field is asked.

    Attributes:
        input: `text`, `email`, `tel`, `date`, `datetime-local`, `textarea`, `select`, `radio`, `checkboxes`
            (several of some choices), `checkbox` (yes or no) or `file`.
        label: language → words.
        autocomplete: token of HTML (WHATWG 4.10.18.7); empty: none.
        inputmode: keyboard that a telephone shows; empty: by the input.
        choices: id → words.
    """

    input: str
    label: Mapping[str, str]
    autocomplete: str = ""
    inputmode: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)


def _kind(german: str, english: str, autocomplete: str = "", *, input: str = "text", inputmode: str = "") -> Kind:
    return Kind(input, {"de": german, "en": english}, autocomplete, inputmode)


#: Standard fields as requests name them. Amounts and numbers are texts: a number input loses `84,5` where the
#: browser's language writes 84.5, and sends nothing at all.
KINDS: Mapping[str, Kind] = {
    "title": _kind("Betreff", "Subject"),
    "honorific": _kind("Anrede", "Form of address", "honorific-prefix"),
    "name": _kind("Name", "Name", "name"),
    "given_name": _kind("Vorname", "First name", "given-name"),
    "middle_name": _kind("Weitere Vornamen", "Middle name", "additional-name"),
    "family_name": _kind("Nachname", "Last name", "family-name"),
    "company": _kind("Firma", "Company", "organization"),
    "position": _kind("Position", "Job title", "organization-title"),
    "birthdate": _kind("Geburtsdatum", "Date of birth", "bday", input="date"),
    "emails": _kind("E-Mail", "E-mail", "email", input="email"),
    "phones": _kind("Telefon", "Phone", "tel", input="tel"),
    # not an input for addresses of the web: browsers take `example.de` for none
    "websites": _kind("Website", "Website", "url", inputmode="url"),
    "address.street": _kind("Straße und Hausnummer", "Street address", "address-line1"),
    "address.street2": _kind("Adresszusatz", "Address line 2", "address-line2"),
    "address.postal_code": _kind("Postleitzahl", "Postal code", "postal-code"),
    "address.city": _kind("Ort", "City", "address-level2"),
    "address.region": _kind("Bundesland oder Kanton", "State or region", "address-level1"),
    "address.country": _kind("Land", "Country", "country-name"),
    "amount": _kind("Betrag", "Amount", inputmode="decimal"),
    "comment": _kind("Nachricht", "Message", input="textarea"),
    FILES: _kind("Dateien", "Files", input="file"),
}
#: Type of a custom field → (input, autocomplete, inputmode); all others are one line of text.
_BY_TYPE: Mapping[str, tuple[str, str, str]] = {
    "long_text": ("textarea", "", ""),
    "integer": ("text", "", "numeric"),
    "number": ("text", "", "decimal"),
    "money": ("text", "", "decimal"),
    "boolean": ("checkbox", "", ""),
    "date": ("date", "", ""),
    "datetime": ("datetime-local", "", ""),
    "url": ("text", "", "url"),
    "email": ("email", "", ""),
    "phone": ("tel", "", ""),
}
#: What people call it → field.
_OTHER_NAMES = {**SHORT_FORMS, "website": "websites"}


def long_name(name: str) -> str:
    """A form's field as values are called by: `email` → `emails`."""
    return _OTHER_NAMES.get(name, name)


def kind_of(name: str, custom: Mapping[str, Field]) -> Kind | None:
    """How a form's field is asked; None where there is no such field (any more).

    Args:
        custom: the workspace's own fields by name.
    """
    if name.startswith("custom."):
        own = custom.get(name.removeprefix("custom."))
        return None if own is None else _own(own)
    if known := KINDS.get(long_name(name)):
        return known
    outer, _, inner = name.partition(".")
    if outer not in LEAD_FIELDS:
        return None
    named_by_itself = dict.fromkeys(LANGUAGES, inner.replace("_", " ").capitalize())
    return Kind("text", named_by_itself if inner else LEAD_FIELDS[outer].label)


def is_true(texts: Sequence[str]) -> bool:
    """Whether what was sent for a yes-or-no field says yes."""
    return any(FIELD_TYPES["boolean"].clean(text, Way(lenient=True))[0] for text in texts)


def choices_in(kind: Kind, texts: Sequence[str]) -> tuple[str, ...]:
    """Ids of the choices that were sent, by id or by what people call them."""
    sent = {text.strip().casefold() for text in texts}
    return tuple(one for one, label in kind.choices.items() if {one.casefold(), label.casefold()} & sent)


def _own(own: Field) -> Kind:
    if own.choices:
        several = own.multiple or own.type == "multi_choice"
        few = "radio" if len(own.choices) <= MOST_SHOWN else "select"
        return Kind("checkboxes" if several else few, own.label, choices=own.choices)
    input, autocomplete, inputmode = _BY_TYPE.get(own.type, ("text", "", ""))
    return Kind(input, own.label, autocomplete, inputmode)
