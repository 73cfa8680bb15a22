"""Leads as rows of a CSV file, under headers by which our own import knows the columns again.

What opens in a spreadsheet of a German office: UTF-8 with a byte-order mark, semicolons, CRLF. What has no column that
could be read back (ids, times, consents) stands under its name in the API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from chalicelib.domain import spreadsheet
from chalicelib.domain.fields import LEAD_FIELDS

BOM = b"\xef\xbb\xbf"
DELIMITER, LINE_END = ";", "\r\n"
LANGUAGES = ("de", "en")
#: Columns where the caller names none, in the order of the API.
DEFAULT = (
    "id", "title", "status", "lost_reason", "source", "source_detail", "honorific", "name", "given_name",
    "middle_name", "family_name", "company", "position", "birthdate", "phones", "emails", "websites", "messengers",
    "address", "amount", "comment", "utm", "click_ids", "owner_id", "tags", "received_at",
)  # fmt: skip

#: A lead as the API shows it.
Shown = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A column: what it is called, by language, and what stands in it."""

    header: Mapping[str, str]
    cell: Callable[[Shown, str], str]


def header(names: Sequence[str], language: str) -> bytes:
    """The beginning of the file: byte-order mark and headers.

    Args:
        names: fields of a lead; one may be several columns.
        language: `de` or `en`.
    """
    return BOM + _line(column.header[language] for column in columns(names))


def rows(leads: Iterable[Shown], names: Sequence[str], language: str) -> bytes:
    """Leads as lines."""
    wanted = columns(names)
    return b"".join(_line(column.cell(lead, language) for column in wanted) for lead in leads)


def columns(names: Sequence[str]) -> list[Column]:
    """The columns of fields."""
    return [column for name in names for column in _COLUMNS.get(name) or (_plain(name),)]


def _line(cells: Iterable[str]) -> bytes:
    return (DELIMITER.join(_quoted(spreadsheet.marked(cell)) for cell in cells) + LINE_END).encode("utf-8", "replace")


def _quoted(cell: str) -> str:
    if any(sign in cell for sign in ';"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _plain(name: str) -> Column:
    """A field with one column; what only Leadger writes, and what is no text, under its name in the API."""
    field = LEAD_FIELDS[name]
    foreign = field.read_only or field.type not in ("text", "long_text", "date")
    called = dict.fromkeys(LANGUAGES, name) if foreign else field.label
    return Column(called, lambda lead, language: _text(lead.get(name)))


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or value in ([], {}):
        return ""
    return orjson.dumps(value).decode()


def _all_of(name: str, member: str, join: Callable[[Iterable[str]], str]) -> Column:
    return Column(LEAD_FIELDS[name].label, lambda lead, language: join(each[member] for each in lead[name]))


def _member(name: str, member: str, german: str, english: str) -> Column:
    return Column({"de": german, "en": english}, lambda lead, language: _text((lead.get(name) or {}).get(member)))


def _messenger(service: str, called: str) -> Column:
    def cell(lead: Shown, language: str) -> str:
        return "\n".join(each["handle"] for each in lead["messengers"] if each["service"] == service)

    return Column(dict.fromkeys(LANGUAGES, called), cell)


def _amount(lead: Shown, language: str) -> str:
    """With as many digits behind the sign as leave no doubt that it parts no thousands: never three."""
    whole, point, fraction = str((lead.get("amount") or {}).get("amount") or "").partition(".")
    fraction = f"{fraction}0" if len(fraction) == 3 else fraction
    return f"{whole}{',' if language == 'de' else '.'}{fraction}" if point else whole


_MESSENGERS = (
    "WhatsApp", "Telegram", "Skype", "Signal", "Threema", "Viber", "Instagram", "Facebook", "LinkedIn", "XING",
)  # fmt: skip
_CLICK_IDS = (
    "gclid", "gbraid", "wbraid", "dclid", "fbclid", "fbc", "fbp", "msclkid", "ttclid", "li_fat_id", "twclid", "yclid",
)  # fmt: skip
_UTM = ("source", "medium", "campaign", "content", "term")

#: Field → its columns, where it is not simply one text.
_COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "phones": (_all_of("phones", "e164", ", ".join),),
    "emails": (_all_of("emails", "address", ", ".join),),
    "websites": (_all_of("websites", "url", " ".join),),
    "messengers": (
        *(_messenger(called.lower(), called) for called in _MESSENGERS),
        _messenger("other", "Messenger handle"),
    ),
    "address": (
        _member("address", "street", "Straße", "Street"),
        _member("address", "street2", "Adresszusatz", "Address line 2"),
        _member("address", "postal_code", "PLZ", "Postal code"),
        _member("address", "city", "Ort", "City"),
        _member("address", "region", "Bundesland", "State"),
        _member("address", "country", "Land", "Country"),
    ),
    "amount": (
        Column(LEAD_FIELDS["amount"].label, _amount),
        _member("amount", "currency", "Währung", "Currency"),
    ),
    "utm": tuple(_member("utm", member, f"utm_{member}", f"utm_{member}") for member in _UTM),
    "click_ids": tuple(_member("click_ids", member, member, member) for member in _CLICK_IDS),
    "tags": (Column(LEAD_FIELDS["tags"].label, lambda lead, language: spreadsheet.listed(lead["tags"])),),
}
