"""Leads as rows of a CSV file, under headers by which our own import knows the columns again.

What opens in a spreadsheet of a German office: UTF-8 with a byte-order mark, semicolons, CRLF. A column that no other
file has by that name says in brackets what it is in the API: `Dachfläche [custom.roof_area]`. What only Leadger writes
stands under its name in the API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from chalicelib.domain import own_columns, spreadsheet
from chalicelib.domain.fields import LEAD_FIELDS, Field

BOM = b"\xef\xbb\xbf"
DELIMITER, LINE_END = ";", "\r\n"
LANGUAGES = ("de", "en")
#: Columns where the caller names none, in the order of the API.
DEFAULT = (
    "id", "title", "status", "lost_reason", "source", "source_detail", "honorific", "name", "given_name",
    "middle_name", "family_name", "company", "position", "birthdate", "phones", "emails", "websites", "messengers",
    "address", "amount", "comment", "utm", "click_ids", "owner_id", "external_ids", "consent", "tags", "custom",
    "received_at",
)  # fmt: skip

#: A lead as the API shows it, its own fields as they are stored.
Shown = Mapping[str, Any]
#: Own fields by name.
Fields = Mapping[str, Field]


@dataclass(frozen=True)
class Column:
    """A column: what it is called, by language, and what stands in it."""

    header: Mapping[str, str]
    cell: Callable[[Shown, str], str]


def header(names: Sequence[str], custom: Fields, language: str) -> bytes:
    """The beginning of the file: byte-order mark and headers.

    Args:
        names: fields of a lead; one may be several columns.
        language: `de` or `en`.
    """
    return BOM + _line(column.header[language] for column in columns(names, custom))


def rows(leads: Iterable[Shown], names: Sequence[str], custom: Fields, language: str) -> bytes:
    """Leads as lines."""
    wanted = columns(names, custom)
    return b"".join(_line(column.cell(lead, language) for column in wanted) for lead in leads)


def columns(names: Sequence[str], custom: Fields) -> list[Column]:
    """The columns of fields; of an own one also if there is none of its name any more."""
    found: list[Column] = []
    for name in single(names, custom):
        outer, _, inner = name.partition(".")
        found += [_own(inner, custom.get(inner))] if inner else _COLUMNS.get(outer) or (_plain(outer),)
    return found


def single(names: Sequence[str], custom: Fields) -> list[str]:
    """The names of fields, `custom.roof_area` for each own one that there is instead of `custom`."""
    own = [f"custom.{name}" for name in custom]
    return list(dict.fromkeys(each for name in names for each in (own if name == "custom" else [name])))


def _line(cells: Iterable[str]) -> bytes:
    return (DELIMITER.join(_quoted(spreadsheet.marked(cell)) for cell in cells) + LINE_END).encode("utf-8", "replace")


def _quoted(cell: str) -> str:
    if any(sign in cell for sign in ';"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _plain(name: str) -> Column:
    """A field with one column; what only Leadger writes under its name in the API."""
    field = LEAD_FIELDS[name]
    called = dict.fromkeys(LANGUAGES, name) if field.read_only else field.label
    return Column(called, lambda lead, language: _text(lead.get(name)))


def _named(path: str, german: str, english: str, cell: Callable[[Shown, str], str]) -> Column:
    return Column({"de": f"{german} [{path}]", "en": f"{english} [{path}]"}, cell)


def _ours(name: str) -> Column:
    """A field that says nothing where it stands in the file of somebody else."""
    label = LEAD_FIELDS[name].label
    return _named(name, label["de"], label["en"], lambda lead, language: _text(lead.get(name)))


def _own(name: str, field: Field | None) -> Column:
    if field is None:
        return Column(dict.fromkeys(LANGUAGES, f"custom.{name}"), lambda lead, language: "")
    first = next(iter(field.label.values()), name)
    german, english = (field.label.get(language, first) for language in LANGUAGES)
    return _named(
        f"custom.{name}", german, english,
        lambda lead, language: own_columns.cell_of(field, lead["custom"].get(name), language),
    )  # fmt: skip


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


def _beside(name: str, key: str, member: str, usual: str, german: str, english: str) -> Column:
    """What a list's things have beside what stands in its column, where it is not as usual; a line for each."""

    def cell(lead: Shown, language: str) -> str:
        return spreadsheet.paired(
            (each[key], each[member]) for each in lead[name] if each[member] not in (usual, each[key])
        )

    return _named(f"{name}.{member}", german, english, cell)


def _messenger(service: str, called: str) -> Column:
    def cell(lead: Shown, language: str) -> str:
        listed = lead["messengers"] if _have_columns(lead) else ()
        return "\n".join(each["handle"] for each in listed if each["service"] == service)

    return Column(dict.fromkeys(LANGUAGES, called), cell)


def _messengers(lead: Shown, language: str) -> str:
    listed = () if _have_columns(lead) else lead["messengers"]
    return spreadsheet.paired((each["service"], each["handle"]) for each in listed)


def _have_columns(lead: Shown) -> bool:
    """Whether all messengers have a column, in the order of these: else they stand together."""
    services = [each["service"] for each in lead["messengers"]]
    return set(services) <= set(_SERVICES) and services == sorted(services, key=_SERVICES.index)


def _pairs(name: str, but: Sequence[str] = ()) -> Column:
    """A field of free names as one column, a line for each name that has no column of its own."""

    def cell(lead: Shown, language: str) -> str:
        return spreadsheet.paired((key, text) for key, text in lead[name].items() if key not in but)

    label = LEAD_FIELDS[name].label
    return _named(name, label["de"], label["en"], cell)


def _amount(lead: Shown, language: str) -> str:
    return own_columns.decimal_text(str((lead.get("amount") or {}).get("amount") or ""), language)


_MESSENGERS = (
    "WhatsApp", "Telegram", "Skype", "Signal", "Threema", "Viber", "Instagram", "Facebook", "LinkedIn", "XING",
)  # fmt: skip
_SERVICES = (*(called.lower() for called in _MESSENGERS), "other")
_CLICK_IDS = (
    "gclid", "gbraid", "wbraid", "dclid", "fbclid", "fbc", "fbp", "msclkid", "ttclid", "li_fat_id", "twclid", "yclid",
)  # fmt: skip
_UTM = ("source", "medium", "campaign", "content", "term")

#: Field → its columns, where it is not simply one text.
_COLUMNS: Mapping[str, tuple[Column, ...]] = {
    **{name: (_ours(name),) for name in ("status", "lost_reason", "source", "source_detail", "owner_id", "consent")},
    "phones": (
        _all_of("phones", "e164", ", ".join),
        _beside("phones", "e164", "type", "", "Telefon: Art", "Phone: type"),
        _beside("phones", "e164", "raw", "", "Telefon: wie geschrieben", "Phone: as written"),
    ),
    "emails": (
        _all_of("emails", "address", ", ".join),
        _beside("emails", "address", "type", "work", "E-Mail: Art", "E-mail: type"),
    ),
    "websites": (
        _all_of("websites", "url", " ".join),
        _beside("websites", "url", "type", "work", "Website: Art", "Website: type"),
    ),
    "messengers": (
        *(_messenger(called.lower(), called) for called in _MESSENGERS),
        _messenger("other", "Messenger handle"),
        _named("messengers", "Messenger", "Messengers", _messengers),
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
    "click_ids": (
        *(_member("click_ids", member, member, member) for member in _CLICK_IDS),
        _pairs("click_ids", _CLICK_IDS),
    ),
    "external_ids": (_pairs("external_ids"),),
    "tags": (Column(LEAD_FIELDS["tags"].label, lambda lead, language: spreadsheet.listed(lead["tags"])),),
}

#: What standard fields are called in our files, in lower case, but for those in brackets.
HEADERS = frozenset(
    column.header[language].casefold()
    for column in columns([name for name in DEFAULT if name != "custom"], {})
    for language in LANGUAGES
)
