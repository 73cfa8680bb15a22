"""What form tools do that no name tells: parts of a name under numbers, a phone in two inputs, a form's own title.

Each habit with who has it. In doubt a field stays what it was called: shown to people is better than misunderstood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import punctuation, whitespace

from chalicelib.domain.words import normal_form


@dataclass(frozen=True)
class Row:
    """One field of the form: its name, what people read above it, the type of its input, its value."""

    name: str
    label: str
    type: str
    value: str


#: Words in front of a name that are the tool's, and what stands behind a name of Squarespace's.
_AROUND = re.compile(
    r"^(?:q\d+_"  # Jotform
    r"|mauticform\[f_"  # Mautic
    r"|0-[15]/|TICKET\.|CONTACT\."  # HubSpot: contact, ticket
    r"|(?:name|address)-\d+-"  # Forminator
    r")(?=.)|-yui_[\d_]+$"
)
#: Gravity Forms: `input_<field>.<part>`; PHP writes the dot as an underscore.
_NUMBERED = re.compile(r"(input_\d+)[._](\d)")
_PARTS_OF_A_NAME = {"2": "honorific", "3": "given_name", "4": "middle_name", "6": "family_name"}
#: The form's own, not the visitor's.
_OF_THE_FORM = frozenset({"formtitle", "pagetitle", "posttitle", "formsubject", "formlabel"})
#: First words of the names of buttons: PrestaShop's `submitMessage` is no message.
_BUTTONS = frozenset({"submit", "button", "btn"})
_NO_NAME = frozenset(punctuation + whitespace)
_NAMES = ("name", "given_name", "middle_name", "family_name")


def told(names: Sequence[str]) -> Mapping[str, str | None]:
    """Name → lead field where a tool's habit decides; None where it is no field of a lead, whatever the word means."""
    decided: dict[str, str | None] = {}
    groups: dict[str, dict[str, str]] = {}
    for name in names:
        if found := _NUMBERED.fullmatch(name):
            groups.setdefault(found[1], {})[found[2]] = name
        words = normal_form(name).split("_")
        if "".join(words) in _OF_THE_FORM or words[0] in _BUTTONS:
            decided[name] = None
        if name == "0-2/name":  # HubSpot: company
            decided[name] = "company"
    for parts in groups.values():
        # an address has the parts 3 and 6 as well, and 1 and 5 beside them
        if {"3", "6"} <= parts.keys() <= {*_PARTS_OF_A_NAME, "8"}:
            decided |= {name: _PARTS_OF_A_NAME.get(part) for part, name in parts.items()}
    if "name" in names and any(name.startswith("fields[") for name in names):
        decided["name"] = None  # Webflow: the form's name
    return decided


def bare(name: str) -> str:
    """A name without what a tool puts around it: `q4_email` → `email`."""
    return _AROUND.sub("", name).rstrip("]") if _AROUND.search(name) else name


def joined(rows: Iterable[Row]) -> list[Row]:
    """The rows, a phone that was asked for in two inputs as one (Jotform: `q5_phone[area]`, `q5_phone[phone]`)."""
    result = list(rows)
    by_name = {row.name: row for row in result}
    for row in list(by_name.values()):
        if row.name.endswith("[area]") and (rest := by_name.get(row.name.removesuffix("[area]") + "[phone]")):
            whole = Row(rest.name, rest.label, "tel", f"{row.value} {rest.value}")
            result = [whole if each is rest else each for each in result if each is not row]
    return result


def can_be(field: str, value: str) -> bool:
    """Whether a value can be what a name says: nobody is called by a number (WPForms sends `author=7`)."""
    return field not in _NAMES or not all(sign.isdecimal() or sign in _NO_NAME for sign in value)


def settled(values: Mapping[str, tuple[str, ...]]) -> dict[str, object]:
    """In German forms `Name` beside `Vorname` is the surname."""
    given, name = values.get("given_name"), values.get("name")
    if not given or not name or "family_name" in values or len(given) + len(name) > 2:
        return dict(values)
    if given[0].casefold() in name[0].casefold():
        return dict(values)
    return {("family_name" if field == "name" else field): value for field, value in values.items()}
