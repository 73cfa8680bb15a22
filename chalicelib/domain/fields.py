"""The fields of a lead: their types, and the one way from what was sent to what is stored.

Strict (API): anything that is wrong is a problem, and its value is left out. Lenient (forms, mails, calls, files):
values are text, form is forgiven, what cannot be used is a problem that carries the text; nothing ever raises.
All problems are collected. A stored value is JSON without floats: money and fractions are strings, because DynamoDB
refuses floats and cents do not forgive them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Context, Decimal
from itertools import islice
from typing import Any

from chalicelib.domain.codes import COUNTRIES, CURRENCIES, CURRENCY_SIGN, country_code, currency_in, fraction_digits
from chalicelib.domain.emails import EMAIL_TYPES, clean_email, email_key, split_emails
from chalicelib.domain.errors import Problem
from chalicelib.domain.notations import parse_date, parse_number
from chalicelib.domain.phones import PHONE_TYPES, clean_phone, phone_key, split_phones
from chalicelib.domain.problems import as_text, problem
from chalicelib.domain.times import parse, rfc3339

SHORT = 255
LONG = 20_000
MOST_VALUES = 20
MOST_TAGS = 50
#: Further values of one list are not even looked at: a field of a million commas must not cost a minute.
MOST_LOOKED_AT = 100
#: What a JSON number can carry through every client without loss.
LARGEST_INTEGER = 2**53 - 1


@dataclass(frozen=True)
class Way:
    """How a value is to be cleaned.

    Attributes:
        region: ISO 3166 alpha-2, for phones without country code and for ambiguous dates.
        lenient: forgive form, cut what is too long.
        currency: ISO 4217, for amounts that name none.
        limit: characters, for texts.
    """

    region: str = "DE"
    lenient: bool = False
    currency: str = "EUR"
    limit: int = SHORT


#: A cleaned value (None = absent) and what was wrong with it; a problem's field is relative: ``, `[0]`, `.city`.
Cleaned = tuple[Any, list[Problem]]


def _schema(kind: str, **members: Any) -> Mapping[str, Any]:
    return {"type": kind, **members}


class FieldType:
    """One type of field.

    Attributes:
        name: as in API.md section 4.
        schema: JSON Schema of the value at the API.
    """

    name = ""
    schema: Mapping[str, Any] = {}

    def clean(self, value: object, way: Way) -> Cleaned:
        """The value to store, None when it is absent or unusable, and its problems."""
        raise NotImplementedError


class Text(FieldType):
    """One line. Line breaks and tabs become blanks."""

    name = "text"
    schema = _schema("string")

    def clean(self, value: object, way: Way) -> Cleaned:
        text, problems = _text(value, way)
        if text is None:
            return None, problems
        return _within_limit(" ".join(text.split()), way, problems)


class LongText(FieldType):
    """Several lines; line breaks are LF."""

    name = "long_text"
    schema = _schema("string")

    def clean(self, value: object, way: Way) -> Cleaned:
        text, problems = _text(value, way, "\n")
        if text is None:
            return None, problems
        return _within_limit(text.replace("\r\n", "\n").replace("\r", "\n").strip(), way, problems)


class Integer(FieldType):
    """A whole number within ±(2^53 - 1)."""

    name = "integer"
    schema = _schema("integer")

    def clean(self, value: object, way: Way) -> Cleaned:
        number, problems = _number(value, way)
        if number is None:
            return None, problems
        if number != number.to_integral_value():
            return None, [problem("", "invalid_number", value)]
        return int(number), problems


class Number(FieldType):
    """A number; stored as int when whole, else as its decimal string (`"84.5"`)."""

    name = "number"
    schema = _schema("number")

    def clean(self, value: object, way: Way) -> Cleaned:
        number, problems = _number(value, way)
        if number is None:
            return None, problems
        return (int(number) if number == number.to_integral_value() else format(number.normalize(), "f")), problems


class Boolean(FieldType):
    """True or false; leniently also ja/nein, yes/no, on/off, x."""

    name = "boolean"
    schema = _schema("boolean")

    def clean(self, value: object, way: Way) -> Cleaned:
        if _is_empty(value):
            return None, []
        if isinstance(value, bool):
            return value, []
        word = as_text(value).strip().casefold()
        if way.lenient and word in _BOOLEAN_BY_WORD:
            return _BOOLEAN_BY_WORD[word], []
        return None, [
            problem("", "invalid_boolean" if way.lenient else "invalid_type", value, expected="true or false")
        ]


class Date(FieldType):
    """A day, stored as YYYY-MM-DD; leniently also 31.12.2026 and 12/31/2026."""

    name = "date"
    schema = _schema("string", format="date")

    def clean(self, value: object, way: Way) -> Cleaned:
        text, problems = _text(value, way)
        if not text:
            return None, problems
        day = _date(text.strip(), way)
        return (day.isoformat(), problems) if day else (None, [problem("", "invalid_date", value)])


class DateTime(FieldType):
    """A moment, stored in UTC with milliseconds and Z."""

    name = "datetime"
    schema = _schema("string", format="date-time")

    def clean(self, value: object, way: Way) -> Cleaned:
        text, problems = _text(value, way)
        if not text:
            return None, problems
        moment = _moment(text.strip())
        return (moment, problems) if moment else (None, [problem("", "invalid_datetime", value)])


class Money(FieldType):
    """`{"amount": "1234.50", "currency": "EUR"}`; leniently also a text: `1.234,50 €`."""

    name = "money"
    schema = _schema(
        "object",
        properties={
            "amount": _schema("string", pattern=r"^-?\d{1,15}(\.\d{1,4})?$"),
            "currency": _schema("string", pattern="^[A-Z]{3}$"),
        },
        required=["amount", "currency"],
    )

    def clean(self, value: object, way: Way) -> Cleaned:
        if isinstance(value, Mapping):
            return self._from_object(value, way)
        if way.lenient and (text := _text(value, way)[0]):
            return self._from_text(text, way)
        return (None, []) if _is_empty(value) else (None, [_wrong_type(value, 'an object like {"amount": "1234.50"}')])

    def _from_object(self, value: Mapping[str, Any], way: Way) -> Cleaned:
        problems = _unknown_members(value, ("amount", "currency"))
        if way.lenient and isinstance(value.get("amount"), str):
            return self._from_text(f"{value['amount']} {value.get('currency') or ''}", way)
        if _is_empty(value.get("amount")):
            return None, problems + (
                [problem(".amount", "required")] if value.get("currency") or not way.lenient else []
            )
        currency = value.get("currency") or way.currency
        if not isinstance(currency, str) or currency.upper() not in CURRENCIES:
            problems.append(problem(".currency", "invalid_currency", currency))
        amount, wrong = self._amount(value["amount"])
        problems.extend(wrong)
        return (None, problems) if problems else (_money(amount, currency), problems)

    @staticmethod
    def _amount(value: object) -> tuple[Decimal, list[Problem]]:
        if isinstance(value, bool) or not isinstance(value, str | int):
            return Decimal(0), [problem(".amount", "invalid_type", value, expected='a string such as "1234.50"')]
        if not _AMOUNT.fullmatch(as_text(value).strip()):
            return Decimal(0), [problem(".amount", "invalid_amount", value)]
        return Decimal(as_text(value).strip()), []

    @staticmethod
    def _from_text(text: str, way: Way) -> Cleaned:
        if text.strip() == "":
            return None, []
        currency = currency_in(text) or way.currency
        number = parse_number(CURRENCY_SIGN.sub(" ", re.sub(r"[A-Za-z]+\.?", " ", text)))
        if number is None or abs(number) >= 10**15:
            return None, [problem("", "invalid_amount", text)]
        return _money(number, currency), []


class Url(FieldType):
    """A web address; leniently `https://` is added where it is missing."""

    name = "url"
    schema = _schema("string", format="uri")

    def clean(self, value: object, way: Way) -> Cleaned:
        text, problems = _text(value, way)
        if not text or not text.strip():
            return None, problems
        address = text.strip()
        if not _SCHEME.match(address):
            address = f"https://{address}"
        if len(address) > 2_000:
            return None, [problem("", "too_long", value, limit=2_000)]
        # Only these two schemes: `javascript:` and `data:` would run where the console shows a link.
        found = _WEB_ADDRESS.fullmatch(address)
        if not found or ("." not in found[1] and found[1] != "localhost" and ":" not in found[1]):
            return None, [problem("", "invalid_url", value)]
        return address, problems


class Email(FieldType):
    """One e-mail address (of a custom field), as text."""

    name = "email"
    schema = _schema("string")

    def clean(self, value: object, way: Way) -> Cleaned:
        text, problems = _text(value, way)
        if not text or not text.strip():
            return None, problems
        email = clean_email(text)
        return (email["address"], problems) if email else (None, [problem("", "invalid_email", value)])


class Phone(FieldType):
    """One phone number (of a custom field), as E.164."""

    name = "phone"
    schema = _schema("string")

    def clean(self, value: object, way: Way) -> Cleaned:
        text, problems = _text(value, way)
        if not text or not text.strip():
            return None, problems
        phone = clean_phone(text, way.region)
        return (phone["e164"], problems) if phone else (None, [problem("", "invalid_phone", value)])


class Country(FieldType):
    """ISO 3166 alpha-2; leniently also the names our neighbours are called by."""

    name = "country"
    schema = _schema("string", pattern="^[A-Z]{2}$")

    def clean(self, value: object, way: Way) -> Cleaned:
        text, problems = _text(value, way)
        if not text or not text.strip():
            return None, problems
        code = country_code(text) if way.lenient else text.strip().upper()
        return (code, problems) if code in COUNTRIES else (None, [problem("", "invalid_country", value)])


class Choice(FieldType):
    """One of a closed set of words, e.g. the type of a phone; leniently an unknown word is no problem but absent."""

    name = "choice"

    def __init__(self, choices: Iterable[str]) -> None:
        self.choices = tuple(sorted(choices))
        self.schema = _schema("string", enum=list(self.choices))

    def clean(self, value: object, way: Way) -> Cleaned:
        if _is_empty(value) or value in self.choices:
            return value or None, []
        return None, [] if way.lenient else [problem("", "invalid_choice", value, choices=", ".join(self.choices))]


class Struct(FieldType):
    """An object of known members, each with its own type and limit."""

    def __init__(self, name: str, members: Mapping[str, FieldType], limit: int = SHORT) -> None:
        self.name = name
        self.members = members
        self.limit = limit
        self.schema = _schema("object", properties={member: kind.schema for member, kind in members.items()})

    def clean(self, value: object, way: Way) -> Cleaned:
        if _is_empty(value):
            return None, []
        if not isinstance(value, Mapping):
            return None, [_wrong_type(value, "an object")]
        problems = _unknown_members(value, self.members)
        result: dict[str, Any] = {}
        for member, kind in self.members.items():
            cleaned, wrong = kind.clean(value.get(member), replace(way, limit=self.limit))
            problems.extend(_below(f".{member}", wrong))
            if cleaned is not None:
                result[member] = cleaned
        return result or None, problems


class Address(Struct):
    """A postal address; leniently a text is its street."""

    def clean(self, value: object, way: Way) -> Cleaned:
        if way.lenient and isinstance(value, str):
            value = {"street": value}
        return super().clean(value, way)


class Names(FieldType):
    """An object of free names with texts: click ids, ids of other systems."""

    def __init__(self, name: str, pattern: str, limit: int) -> None:
        self.name = name
        self.limit = limit
        self._pattern = re.compile(pattern)
        self.schema = _schema("object", additionalProperties=_schema("string"))

    def clean(self, value: object, way: Way) -> Cleaned:
        if _is_empty(value):
            return None, []
        if not isinstance(value, Mapping):
            return None, [_wrong_type(value, "an object of texts")]
        result, problems = {}, []
        for name, member in value.items():
            if not isinstance(name, str) or not self._pattern.fullmatch(name):
                problems.append(problem(f".{as_text(name)}", "invalid_name", member))
                continue
            if isinstance(member, int) and not isinstance(member, bool):
                member = as_text(member)
            text, wrong = TEXT.clean(member, replace(way, limit=self.limit))
            problems.extend(_below(f".{name}", wrong))
            if text:
                result[name] = text
        if len(result) > MOST_VALUES:
            problems.append(problem("", "too_many", list(result)[MOST_VALUES:], limit=MOST_VALUES))
            result = dict(list(result.items())[:MOST_VALUES]) if way.lenient else {}
        return result or None, problems


class Values(FieldType):
    """A list of things that have a type each: phones, e-mails, websites, messengers; the same thing is kept once.

    A text stands for a thing; leniently a text may hold several.
    """

    def __init__(
        self,
        name: str,
        clean_one: Callable[[object, Way], Cleaned],
        split: Callable[[str], list[str]],
        key: Callable[[Any], str],
    ) -> None:
        self.name = name
        self._clean_one = clean_one
        self._split = split
        self._key = key
        self.schema = _schema("array", items=_schema("object"), maxItems=MOST_VALUES)

    def clean(self, value: object, way: Way) -> Cleaned:
        if _is_empty(value):
            return None, []
        if way.lenient and isinstance(value, str | Mapping):
            value = (value,)
        if not isinstance(value, list | tuple):
            return None, [_wrong_type(value, "a list")]
        things: dict[str, Any] = {}
        problems: list[Problem] = []
        for position, item in self._items(value, way):
            cleaned, wrong = self._clean_one(item, way)
            problems.extend(_below(f"[{position}]", wrong))
            if cleaned is not None:
                things.setdefault(self._key(cleaned), cleaned)
        return self._within_number(things, way, problems)

    def _items(self, value: Iterable[object], way: Way) -> Iterable[tuple[int, object]]:
        return islice(self._all_items(value, way), MOST_LOOKED_AT)

    def _all_items(self, value: Iterable[object], way: Way) -> Iterable[tuple[int, object]]:
        for position, item in enumerate(value):
            if item == "":
                continue
            if way.lenient and isinstance(item, str):
                for part in self._split(_UNSOUND.sub("", item[:LONG])):
                    yield position, part
            else:
                yield position, item

    @staticmethod
    def _within_number(things: dict[str, Any], way: Way, problems: list[Problem]) -> Cleaned:
        result = list(things.values())
        if len(result) > MOST_VALUES:
            further = ", ".join(list(things)[MOST_VALUES:])
            problems.append(problem("", "too_many", further, limit=MOST_VALUES))
            result = result[:MOST_VALUES] if way.lenient else []
        return result or None, problems


class Texts(FieldType):
    """A list of short texts, each once (tags); leniently one text with commas or semicolons between."""

    name = "tags"
    schema = _schema("array", items=_schema("string"), maxItems=MOST_TAGS)

    def clean(self, value: object, way: Way) -> Cleaned:
        if _is_empty(value):
            return None, []
        if way.lenient and isinstance(value, str):
            value = re.split(r"[,;|\n]", value[:LONG])[:MOST_LOOKED_AT]
        if not isinstance(value, list | tuple):
            return None, [_wrong_type(value, "a list of texts")]
        texts: dict[str, str] = {}
        problems: list[Problem] = []
        for position, item in enumerate(value):
            text, wrong = TEXT.clean(item, replace(way, limit=100))
            problems.extend(_below(f"[{position}]", wrong))
            if text:
                texts.setdefault(text.casefold(), text)
        if len(texts) > MOST_TAGS:
            problems.append(problem("", "too_many", list(texts.values())[MOST_TAGS:], limit=MOST_TAGS))
            return (list(texts.values())[:MOST_TAGS] if way.lenient else None), problems
        return list(texts.values()) or None, problems


class Structs(FieldType):
    """A list of objects of one shape (consent)."""

    def __init__(self, name: str, member: Struct) -> None:
        self.name = name
        self.member = member
        self.schema = _schema("array", items=member.schema, maxItems=MOST_VALUES)

    def clean(self, value: object, way: Way) -> Cleaned:
        if _is_empty(value):
            return None, []
        if way.lenient and isinstance(value, str | Mapping):
            value = (value,)
        if not isinstance(value, list | tuple):
            return None, [_wrong_type(value, "a list of objects")]
        if len(value) > MOST_VALUES:
            return None, [problem("", "too_many", limit=MOST_VALUES)]
        result, problems = [], []
        for position, item in enumerate(value):
            cleaned, wrong = self.member.clean({"text": item} if way.lenient and isinstance(item, str) else item, way)
            problems.extend(_below(f"[{position}]", wrong))
            if cleaned:
                result.append(cleaned)
        return result or None, problems


def _clean_phone(value: object, way: Way) -> Cleaned:
    given, problems = _thing(value, way, ("id", "e164", "raw", "type", "valid"))
    if not given:
        return None, problems
    number = given.get("e164") or given.get("raw")
    text, wrong = _text(number, way)
    if wrong or not text:
        return None, problems + (wrong or [problem("", "invalid_phone", value)])
    phone = clean_phone(text, way.region)
    if phone is None:
        return None, [*problems, problem("", "invalid_phone", number)]
    raw, wrong = TEXT.clean(given.get("raw"), replace(way, limit=200))
    kind, unknown = _PHONE_TYPE.clean(given.get("type"), way)
    problems += _below(".raw", wrong) + _below(".type", unknown)
    phone = {**phone, "raw": raw or phone["raw"], "type": kind or phone["type"]}
    return (None, problems) if problems and not way.lenient else (phone, problems)


def _clean_email(value: object, way: Way) -> Cleaned:
    given, problems = _thing(value, way, ("id", "address", "type"))
    if not given:
        return None, problems
    text, wrong = _text(given.get("address"), way)
    if wrong or not text:
        return None, problems + (wrong or [problem("", "invalid_email", value)])
    email = clean_email(text)
    if email is None:
        return None, [*problems, problem("", "invalid_email", text)]
    kind, unknown = _EMAIL_TYPE.clean(given.get("type"), way)
    problems += _below(".type", unknown)
    return (None, problems) if problems and not way.lenient else ({**email, "type": kind or email["type"]}, problems)


def _clean_website(value: object, way: Way) -> Cleaned:
    given, problems = _thing(value, way, ("id", "url", "type"))
    if not given:
        return None, problems
    url, wrong = URL.clean(given.get("url"), way)
    if url is None:
        return None, problems + (wrong or [problem("", "invalid_url", value)])
    kind, unknown = _EMAIL_TYPE.clean(given.get("type"), way)
    problems += _below(".type", unknown)
    return (None, problems) if problems and not way.lenient else ({"url": url, "type": kind or "work"}, problems)


def _clean_messenger(value: object, way: Way) -> Cleaned:
    given, problems = _thing(value, way, ("id", "handle", "service"))
    if not given:
        return None, problems
    handle, wrong = TEXT.clean(given.get("handle"), way)
    problems += _below(".handle", wrong)
    service, wrong = TEXT.clean(given.get("service"), replace(way, limit=40))
    problems += _below(".service", wrong)
    if not handle:
        return None, problems or [problem(".handle", "required", value)]
    return (None, problems) if problems and not way.lenient else (
        {"service": (service or "other").lower(), "handle": handle}, problems
    )  # fmt: skip


def _thing(value: object, way: Way, members: tuple[str, ...]) -> tuple[dict[str, Any], list[Problem]]:
    """A thing of a list as an object, empty when it is none; a text is what the thing is known by."""
    if isinstance(value, Mapping) and value:
        return dict(value), _unknown_members(value, members)
    if isinstance(value, str) or (way.lenient and value is not None):
        return {"raw" if "raw" in members else members[1]: _as_word(value)}, []
    return {}, [_wrong_type(value, "a text or an object")]


TEXT = Text()
LONG_TEXT = LongText()
URL = Url()
_PHONE_TYPE = Choice(PHONE_TYPES)
_EMAIL_TYPE = Choice(EMAIL_TYPES)


def _as_one(text: str) -> list[str]:
    return [text] if text.strip() else []


#: Every type by its name. To add one: a class with `clean`, and a line here.
FIELD_TYPES: dict[str, FieldType] = {
    kind.name: kind
    for kind in (
        TEXT,
        LONG_TEXT,
        Integer(),
        Number(),
        Boolean(),
        Date(),
        DateTime(),
        Money(),
        URL,
        Email(),
        Phone(),
        Country(),
        Values("phones", _clean_phone, split_phones, phone_key),
        Values("emails", _clean_email, split_emails, lambda email: email_key(email["address"])),
        Values("websites", _clean_website, str.split, lambda site: str(site["url"]).lower()),
        Values("messengers", _clean_messenger, _as_one, lambda one: f"{one['service']} {one['handle'].lower()}"),
        Texts(),
        Address(
            "address",
            {
                "street": TEXT,
                "street2": TEXT,
                "postal_code": TEXT,
                "city": TEXT,
                "region": TEXT,
                "country": Country(),
            },
        ),
        Struct("utm", {"source": TEXT, "medium": TEXT, "campaign": TEXT, "content": TEXT, "term": TEXT}),
        Names("click_ids", r"[A-Za-z0-9_]{1,40}", 500),
        Names("external_ids", r"[A-Za-z0-9._~-]{1,40}", 1_000),
        Structs(
            "consent", Struct("consent", {"text": LONG_TEXT, "version": TEXT, "at": DateTime(), "page": TEXT}, 5_000)
        ),
    )
}


@dataclass(frozen=True)
class Field:
    """One field of a record.

    Attributes:
        type: key of `FIELD_TYPES`; empty for what only Leadger writes.
        label: language → what people call it.
        limit: characters, for texts.
    """

    type: str
    label: Mapping[str, str]
    limit: int = SHORT

    @property
    def read_only(self) -> bool:
        """Whether only Leadger writes it."""
        return not self.type


def _field(kind: str, german: str, english: str, limit: int = SHORT) -> Field:
    return Field(kind, {"de": german, "en": english}, limit)


#: The standard fields of a lead in the order of API.md section 3.
LEAD_FIELDS: dict[str, Field] = {
    "id": _field("", "ID", "ID"),
    "version": _field("", "Version", "Version"),
    "title": _field("text", "Titel", "Title"),
    "status": _field("text", "Status", "Status", 40),
    "kind": _field("", "Art des Status", "Kind of status"),
    "status_changed_at": _field("", "Status geändert am", "Status changed at"),
    "lost_reason": _field("text", "Verlustgrund", "Lost reason", 40),
    "source": _field("text", "Quelle", "Source", 40),
    "source_detail": _field("text", "Quelle, genauer", "Source detail"),
    "honorific": _field("text", "Anrede", "Honorific"),
    "name": _field("text", "Name", "Name"),
    "given_name": _field("text", "Vorname", "Given name"),
    "middle_name": _field("text", "Weitere Vornamen", "Middle name"),
    "family_name": _field("text", "Nachname", "Family name"),
    "company": _field("text", "Firma", "Company"),
    "position": _field("text", "Position", "Position"),
    "birthdate": _field("date", "Geburtsdatum", "Birthdate"),
    "phones": _field("phones", "Telefon", "Phone"),
    "emails": _field("emails", "E-Mail", "E-mail"),
    "websites": _field("websites", "Website", "Website"),
    "messengers": _field("messengers", "Messenger", "Messenger"),
    "address": _field("address", "Adresse", "Address"),
    "amount": _field("money", "Betrag", "Amount"),
    "comment": _field("long_text", "Kommentar", "Comment", LONG),
    "utm": _field("utm", "UTM-Parameter", "UTM parameters"),
    "click_ids": _field("click_ids", "Klick-IDs", "Click ids"),
    "owner_id": _field("text", "Zuständig", "Owner", 40),
    "created_by": _field("", "Angelegt von", "Created by"),
    "contact_id": _field("", "Kontakt", "Contact"),
    "company_id": _field("", "Unternehmen", "Company record"),
    "repeat": _field("", "Wiederholt", "Repeat"),
    "duplicate_of": _field("", "Dublette von", "Duplicate of"),
    "merged_into": _field("", "Zusammengeführt in", "Merged into"),
    "external_ids": _field("external_ids", "IDs anderer Systeme", "Ids of other systems"),
    "consent": _field("consent", "Einwilligung", "Consent"),
    "tags": _field("tags", "Schlagwörter", "Tags"),
    "custom": _field("custom", "Eigene Felder", "Custom fields"),
    "received_at": _field("", "Eingegangen am", "Received at"),
    "created_at": _field("", "Angelegt am", "Created at"),
    "updated_at": _field("", "Geändert am", "Updated at"),
    "closed_at": _field("", "Abgeschlossen am", "Closed at"),
    "last_activity_at": _field("", "Letzte Aktivität", "Last activity"),
    "first_response_at": _field("", "Erste Antwort", "First response"),
}

#: Short forms in requests: one element of the list.
SHORT_FORMS = {"email": "emails", "phone": "phones"}
#: Any one of these makes a lead; `company` too is "who".
ENOUGH = ("name", "given_name", "middle_name", "family_name", "company", "phones", "emails", "title", "comment")


def clean_values(
    values: Mapping[str, object],
    *,
    region: str,
    lenient: bool,
    currency: str = "EUR",
    custom: Mapping[str, Field] | None = None,
    record: Mapping[str, object] | None = None,
) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """What was sent, as a lead stores it, and everything that is wrong with it.

    Args:
        values: strict: JSON values under the names of `LEAD_FIELDS`, `email`, `phone`. Lenient: texts or tuples of
            texts, also under dotted names (`address.city`, `utm.source`, `messengers.telegram`).
        region: ISO 3166 alpha-2, for phones without country code.
        lenient: False at the API, True for whoever will not come back.
        currency: ISO 4217, for amounts that name none.
        custom: definitions of the custom fields by name.
        record: the lead as the API shows it: read-only fields sent back unchanged are no problem.

    Returns:
        JSON-like values, floats excluded; absent where null, empty or unusable. Phones are
        `{"e164", "raw", "type", "valid"}`, e-mails `{"address", "type"}`, without ids. Problems name the field as sent.
    """
    way = Way(region=region, lenient=lenient, currency=currency)
    sent, names, problems = _long_forms(_unfolded(values) if lenient else dict(values), way)
    result: dict[str, Any] = {}
    for name, value in sent.items():
        cleaned, wrong = _clean_field(name, value, way, custom=custom or {}, record=record or {})
        problems.extend(_as_sent(names.get(name, ""), wrong) if name in names else _below(as_text(name), wrong))
        if cleaned is not None:
            result[name] = cleaned
    return result, tuple(problems)


def says_enough(values: Mapping[str, Any]) -> bool:
    """Whether cleaned values make a lead: a name or a part of it, company, phone, e-mail, title or comment."""
    return any(values.get(name) for name in ENOUGH)


def derive_name(values: Mapping[str, Any]) -> str:
    """The name, or its parts put together; empty when there are none.

    Parts are never made from a name: nobody can tell `Maria Anna Graf von Berg` apart for certain.
    """
    if values.get("name"):
        return str(values["name"])
    parts = (values.get("given_name"), values.get("middle_name"), values.get("family_name"))
    return " ".join(part for part in parts if part)[:SHORT]


def derive_title(values: Mapping[str, Any]) -> str:
    """The title, or the best of name, company, phone, e-mail, comment's first line; empty when there is nothing."""
    if values.get("title"):
        return str(values["title"])
    if name := derive_name(values) or values.get("company"):
        return str(name)
    if phones := values.get("phones"):
        return str(phones[0]["raw"])
    if emails := values.get("emails"):
        return str(emails[0]["address"])
    return _first_line(str(values.get("comment") or ""))


def sound(text: str) -> str:
    """A text without control characters and half surrogates, composed (NFC): as JSON can carry and people read it."""
    return unicodedata.normalize("NFC", _UNSOUND.sub("", text))


def cleared_fields(values: Mapping[str, object]) -> tuple[str, ...]:
    """Names of the writable fields that a merge patch empties: null, empty text, empty list or object."""
    names = {SHORT_FORMS.get(name, name) for name, value in values.items() if _is_empty(value)}
    return tuple(name for name, field in LEAD_FIELDS.items() if name in names and not field.read_only)


def _clean_field(
    name: str, value: object, way: Way, *, custom: Mapping[str, Field], record: Mapping[str, object]
) -> Cleaned:
    field = LEAD_FIELDS.get(name)
    if field is None:
        return None, [problem("", "unknown_field", _shown(value))]
    if field.read_only:
        unchanged = value == record.get(name)
        return None, [] if unchanged else [problem("", "read_only", _shown(value))]
    if name == "custom":
        return _clean_custom(value, way, custom)
    return FIELD_TYPES[field.type].clean(value, replace(way, limit=field.limit))


def _clean_custom(value: object, way: Way, fields: Mapping[str, Field]) -> Cleaned:
    if _is_empty(value):
        return None, []
    if not isinstance(value, Mapping):
        return None, [_wrong_type(value, "an object")]
    result: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, member in value.items():
        if name not in fields:
            problems.append(problem(f".{as_text(name)}", "unknown_field", _shown(member)))
            continue
        field = fields[name]
        cleaned, wrong = FIELD_TYPES[field.type].clean(member, replace(way, limit=field.limit))
        problems.extend(_below(f".{name}", wrong))
        if cleaned is not None:
            result[name] = cleaned
    return result or None, problems


def _long_forms(values: dict[str, Any], way: Way) -> tuple[dict[str, Any], dict[str, str], list[Problem]]:
    """Values with `email` and `phone` as lists, and long name → name as sent."""
    names: dict[str, str] = {}
    problems: list[Problem] = []
    for short, long in SHORT_FORMS.items():
        if short not in values:
            continue
        value = values.pop(short)
        if way.lenient:
            values[long] = (*_as_tuple(value), *_as_tuple(values.get(long)))
        elif long in values:
            problems.append(problem(short, "conflicting_fields", _shown(value), short=short, long=long))
        elif isinstance(value, str | None):
            values[long] = [value] if value else None
            names[long] = short
        else:
            problems.append(problem(short, "invalid_type", _shown(value), expected="a text"))
    return values, names, problems


def _unfolded(values: Mapping[str, object]) -> dict[str, Any]:
    """Dotted names as nested values: `address.city` → `{"address": {"city": …}}`."""
    result: dict[str, Any] = {name: value for name, value in values.items() if "." not in as_text(name)}
    for name, value in values.items():
        outer, dot, inner = as_text(name).partition(".")
        if not dot or _is_empty(value):
            continue
        if outer == "messengers":
            handles = tuple({"service": inner, "handle": handle} for handle in _as_tuple(value))
            result[outer] = _as_tuple(result.get(outer)) + handles
        else:
            result[outer] = {**_as_nested(outer, result.get(outer)), inner: value}
    return result


def _as_nested(outer: str, value: object) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    member = {"address": "street", "amount": "amount"}.get(outer)
    return {member: value} if member and not _is_empty(value) else {}


def _as_tuple(value: object) -> tuple[Any, ...]:
    if isinstance(value, list | tuple):
        return tuple(value)
    return () if _is_empty(value) else (value,)


def _text(value: object, way: Way, glue: str = " ") -> tuple[str | None, list[Problem]]:
    """A text without control characters and half surrogates; strictly they are refused, and so is all but a text."""
    if value is None:
        return None, []
    if way.lenient and not isinstance(value, Mapping):
        several = isinstance(value, list | tuple)
        value = glue.join(_as_word(one) for one in _as_tuple(value)) if several else _as_word(value)
        return sound(value), []
    if not isinstance(value, str):
        return None, [_wrong_type(value, "a text")]
    if _UNSOUND.search(value):
        return None, [problem("", "invalid_text", value)]
    return unicodedata.normalize("NFC", value), []


def _as_word(value: object) -> str:
    return value if isinstance(value, str) else as_text(value)


def _within_limit(text: str, way: Way, problems: list[Problem]) -> Cleaned:
    if len(text) > way.limit:
        if not way.lenient:
            return None, [problem("", "too_long", text, limit=way.limit)]
        problems = [*problems, problem("", "cut", text, limit=way.limit)]
        text = text[: way.limit].rstrip()
    return text or None, problems


def _number(value: object, way: Way) -> tuple[Decimal | None, list[Problem]]:
    if _is_empty(value):
        return None, []
    if way.lenient and not isinstance(value, bool | int | float):
        number = parse_number((_text(value, way)[0] or "").strip())
    elif isinstance(value, bool) or not isinstance(value, int | float):
        return None, [_wrong_type(value, "a number")]
    else:
        number = (
            Decimal(repr(value)) if isinstance(value, float) or abs(value) <= LARGEST_INTEGER else Decimal("Infinity")
        )
    if number is None or number.is_nan():
        return None, [problem("", "invalid_number", value)]
    if not number.is_finite() or abs(number) > LARGEST_INTEGER:
        return None, [problem("", "out_of_range", value, range="±(2^53 - 1)")]
    return (Decimal(0) if abs(number) < Decimal("1e-15") else _FLOAT_DIGITS.plus(number)), []


def _money(amount: Decimal, currency: str) -> dict[str, str]:
    currency = currency.upper()
    digits = fraction_digits(currency)
    exact = amount.quantize(Decimal(1).scaleb(-max(digits, min(4, _decimals(amount)))))
    return {"amount": format(exact, "f"), "currency": currency}


def _decimals(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _date(text: str, way: Way) -> date | None:
    if way.lenient:
        return parse_date(text, way.region)
    try:
        return date.fromisoformat(text) if _ISO_DATE.fullmatch(text) else None
    except ValueError:
        return None


def _moment(text: str) -> str | None:
    try:
        return rfc3339(parse(text))
    except ValueError:
        return None


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= 80 else line[:79].rstrip() + "…"


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str | list | tuple | dict) and not value)


def _shown(value: object) -> object:
    return value if isinstance(value, str) else as_text(value)


def _wrong_type(value: object, expected: str) -> Problem:
    return problem("", "invalid_type", value, expected=expected)


def _unknown_members(value: Mapping[Any, Any], known: Iterable[str]) -> list[Problem]:
    return [
        problem(f".{as_text(member)}", "unknown_field", inner) for member, inner in value.items() if member not in known
    ]


def _as_sent(short: str, problems: Iterable[Problem]) -> list[Problem]:
    """Problems of a one-element list under the short name that was sent: `[0]` → `phone`."""
    return [replace(one, field=short + one.field.removeprefix("[0]")) for one in problems]


def _below(field: str, problems: Iterable[Problem]) -> list[Problem]:
    return [replace(one, field=f"{field}{one.field}") for one in problems]


#: A fraction of more digits than a float holds is noise.
_FLOAT_DIGITS = Context(prec=17)
#: Controls but tab, LF, CR; the delete character and C1 controls; halves of surrogate pairs, which no UTF-8 can hold.
_UNSOUND = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_AMOUNT = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,4})?")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:(?![0-9])")
_WEB_ADDRESS = re.compile(
    r"(?i:https?)://(?:[^\s/?#@<>\"\\]+@)?(\[[0-9A-Fa-f:.]+\]|[^\s/?#@:<>\"\\]+)(?::[0-9]{1,5})?(?:[/?#][^\s<>\"]*)?"
)
_YES = "ja j yes y true wahr 1 on x ✓ oui si"
_NO = "nein n no false falsch 0 off non"
_BOOLEAN_BY_WORD = {**dict.fromkeys(_YES.split(), True), **dict.fromkeys(_NO.split(), False)}
