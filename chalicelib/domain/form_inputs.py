"""How a form asks for a field: the kind of input, what browsers fill in, and the built-in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.form import FILES, Text

TEXTAREA, SELECT, CHECKBOX, FILE = "textarea", "select", "checkbox", "file"


@dataclass(frozen=True)
class Input:
    """One input.

    Attributes:
        kind: `textarea`, `select`, or the type of an `<input>`.
        label: what people call it, by language.
        autocomplete: token of HTML; empty for none.
        choices: of a select: value → what people call it.
        multiple: several values.
    """

    kind: str
    label: Text
    autocomplete: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    multiple: bool = False


def _text(german: str, english: str, autocomplete: str = "", kind: str = "text") -> Input:
    return Input(kind, {"de": german, "en": english}, autocomplete)


#: Lead field as a form names it → its input. Of members without one of their own, the last word of the name.
INPUTS: Mapping[str, Input] = {
    "title": _text("Betreff", "Subject"),
    "honorific": _text("Anrede", "Title", "honorific-prefix"),
    "name": _text("Name", "Name", "name"),
    "given_name": _text("Vorname", "First name", "given-name"),
    "middle_name": _text("Weitere Vornamen", "Middle name", "additional-name"),
    "family_name": _text("Nachname", "Last name", "family-name"),
    "company": _text("Firma", "Company", "organization"),
    "position": _text("Position", "Job title", "organization-title"),
    "birthdate": _text("Geburtsdatum", "Date of birth", "bday", "date"),
    "email": _text("E-Mail", "E-mail", "email", "email"),
    "phone": _text("Telefon", "Phone", "tel", "tel"),
    "websites": _text("Website", "Website", "url", "url"),
    "amount": _text("Betrag", "Amount"),
    "comment": _text("Nachricht", "Message", kind=TEXTAREA),
    "address.street": _text("Straße und Hausnummer", "Street address", "address-line1"),
    "address.street2": _text("Adresszusatz", "Address line 2", "address-line2"),
    "address.postal_code": _text("Postleitzahl", "Postal code", "postal-code"),
    "address.city": _text("Ort", "City", "address-level2"),
    "address.region": _text("Bundesland oder Kanton", "State or region", "address-level1"),
    "address.country": _text("Land", "Country", "country-name"),
    FILES: Input(FILE, {"de": "Dateien", "en": "Files"}, multiple=True),
}
#: Type of an own field → its kind of input; of all others a line of text.
_KINDS = {
    "long_text": TEXTAREA,
    "integer": "number",
    "number": "number",
    "boolean": CHECKBOX,
    "date": "date",
    "choice": SELECT,
    "multi_choice": SELECT,
    "url": "url",
    "email": "email",
    "phone": "tel",
}


def input_of(name: str, definitions: Mapping[str, Mapping[str, Any]]) -> Input:
    """The input of a form's field.

    Args:
        definitions: of own fields, stored records by name; one that has been deleted is a line of text.
    """
    if name in INPUTS:
        return INPUTS[name]
    own = definitions.get(name.removeprefix("custom."))
    inner = name.rpartition(".")[2].replace("_", " ").capitalize()
    if not name.startswith("custom.") or own is None:
        return Input("text", inner)
    choices = {choice["id"]: choice["label"] for choice in own.get("choices", ())}
    several = own["type"] == "multi_choice" or (own["type"] == "choice" and bool(own.get("multiple")))
    return Input(_KINDS.get(own["type"], "text"), own.get("label") or inner, choices=choices, multiple=several)
