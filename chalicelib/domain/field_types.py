"""Types of fields that hold one value: texts, numbers, days, money, addresses of the web, of mail and of phones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Context, Decimal
from typing import Any

from chalicelib.domain import ids
from chalicelib.domain.cleaning import (
    Cleaned,
    FieldType,
    Way,
    each_cleaned,
    is_absent,
    is_empty,
    json_schema,
    object_schema,
    one_line,
    read_list,
    read_text,
    unknown_members,
    wrong_type,
)
from chalicelib.domain.codes import COUNTRIES, CURRENCIES, CURRENCY_SIGN, country_code, currency_in, fraction_digits
from chalicelib.domain.emails import clean_email
from chalicelib.domain.errors import Problem
from chalicelib.domain.notations import parse_date, parse_number
from chalicelib.domain.phones import clean_phone, holds_several
from chalicelib.domain.problems import as_text, problem
from chalicelib.domain.times import parse, rfc3339

#: What a JSON number can carry through every client without loss.
LARGEST_INTEGER = 2**53 - 1
LONGEST_URL = 2_000


class Text(FieldType):
    """One line. Line breaks and tabs become blanks."""

    name = "text"
    schema = json_schema("string")
    #: What stands between several texts that were sent for one.
    glue = " "

    def clean(self, value: object, way: Way) -> Cleaned:
        text, problems = read_text(value, way, self.glue)
        return (None, problems) if text is None else _within_limit(self.laid_out(text), way)

    def laid_out(self, text: str) -> str:
        """The text with the white space that it is stored with."""
        return one_line(text)


class LongText(Text):
    """Several lines; line breaks are LF."""

    name = "long_text"
    glue = "\n"

    def laid_out(self, text: str) -> str:
        return text.replace("\r\n", "\n").replace("\r", "\n").strip()


class Number(FieldType):
    """A number; stored as int when whole, else as its decimal string (`"84.5"`)."""

    name = "number"
    schema = json_schema("number")

    def clean(self, value: object, way: Way) -> Cleaned:
        number, problems = _number(value, way)
        if number is None:
            return None, problems
        return (int(number) if number == number.to_integral_value() else format(number.normalize(), "f")), problems


class Integer(Number):
    """A whole number within ±(2^53 - 1)."""

    name = "integer"
    schema = json_schema("integer")

    def clean(self, value: object, way: Way) -> Cleaned:
        number, problems = super().clean(value, way)
        return (None, [problem("", "invalid_number", value)]) if isinstance(number, str) else (number, problems)


class Boolean(FieldType):
    """True or false; leniently also ja/nein, yes/no, on/off, x."""

    name = "boolean"
    schema = json_schema("boolean")

    def clean(self, value: object, way: Way) -> Cleaned:
        if is_absent(value, way):
            return None, []
        if isinstance(value, bool):
            return value, []
        word = (read_text(value, way)[0] or "").strip().casefold() if way.lenient else ""
        if word in _BOOLEAN_BY_WORD:
            return _BOOLEAN_BY_WORD[word], []
        return None, [
            problem("", "invalid_boolean" if way.lenient else "invalid_type", value, expected="true or false")
        ]


class FromText(FieldType):
    """A type whose values are read from one text.

    Attributes:
        code: the problem of a text that cannot be read.
        blank_is_absent: whether blanks alone are no value; else they are a text that cannot be read.
    """

    schema = json_schema("string")
    code: str
    blank_is_absent = True

    def clean(self, value: object, way: Way) -> Cleaned:
        text, problems = read_text(value, way)
        if not text or (self.blank_is_absent and not text.strip()):
            return None, problems
        read = self.read(text, way)
        return (None, [problem("", self.code, value)]) if read is None else (read, problems)

    def read(self, text: str, way: Way) -> str | None:
        """The value to store, None when there is none in the text."""
        raise NotImplementedError


class Date(FromText):
    """A day, stored as YYYY-MM-DD; leniently also 31.12.2026 and 12/31/2026."""

    name = "date"
    schema = json_schema("string", format="date")
    code = "invalid_date"
    blank_is_absent = False

    def read(self, text: str, way: Way) -> str | None:
        day = parse_date(text.strip(), way.region) if way.lenient else _iso_date(text.strip())
        return day.isoformat() if day else None


class DateTime(FromText):
    """A moment, stored in UTC with milliseconds and Z; leniently also without an offset, as inputs of forms send it."""

    name = "datetime"
    schema = json_schema("string", format="date-time")
    code = "invalid_datetime"
    blank_is_absent = False

    def read(self, text: str, way: Way) -> str | None:
        try:
            return rfc3339(parse(text.strip()))
        except ValueError:
            return _local_time(text.strip(), way.time_zone) if way.lenient else None


class Email(FromText):
    """One e-mail address (of a custom field), as text."""

    name = "email"
    code = "invalid_email"

    def read(self, text: str, way: Way) -> str | None:
        email = clean_email(text)
        return email["address"] if email else None


class Phone(FromText):
    """One phone number (of a custom field), as E.164."""

    name = "phone"
    code = "invalid_phone"

    def read(self, text: str, way: Way) -> str | None:
        phone = read_phone(text, way)
        return phone["e164"] if phone else None


class Country(FromText):
    """ISO 3166 alpha-2; leniently also the names our neighbours are called by."""

    name = "country"
    schema = json_schema("string", pattern="^[A-Za-z]{2}$")
    kept = json_schema("string", pattern="^[A-Z]{2}$", examples=["DE"])
    code = "invalid_country"

    def read(self, text: str, way: Way) -> str | None:
        code = country_code(text) if way.lenient else text.strip().upper()
        return code if code in COUNTRIES else None


class Url(FromText):
    """A web address; leniently `https://` is added where it is missing."""

    name = "url"
    #: Without a format: `example.de` is completed.
    schema = json_schema("string", maxLength=LONGEST_URL)
    kept = json_schema("string", examples=["https://www.example.de/solar"])
    code = "invalid_url"

    def clean(self, value: object, way: Way) -> Cleaned:
        text, _ = read_text(value, way)
        if text and len(_with_scheme(text)) > LONGEST_URL:
            return None, [problem("", "too_long", value, limit=LONGEST_URL)]
        return super().clean(value, way)

    def read(self, text: str, way: Way) -> str | None:
        # Only these two schemes: `javascript:` and `data:` would run where the console shows a link.
        found = _WEB_ADDRESS.fullmatch(_with_scheme(text))
        if not found or ("." not in found[1] and found[1] != "localhost" and ":" not in found[1]):
            return None
        return found[0]


class Money(FieldType):
    """`{"amount": "1234.50", "currency": "EUR"}`; leniently also a text: `1.234,50 €`."""

    name = "money"
    schema = object_schema(
        {
            "amount": {"type": ["string", "integer"], "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$"},
            "currency": json_schema("string", pattern="^[A-Za-z]{3}$"),
        },
        required=["amount"],
    )
    kept = json_schema(
        "object",
        properties={
            "amount": json_schema("string", pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$", examples=["1234.50"]),
            "currency": json_schema("string", pattern="^[A-Z]{3}$", examples=["EUR"]),
        },
        required=["amount", "currency"],
    )

    def clean(self, value: object, way: Way) -> Cleaned:
        if isinstance(value, Mapping):
            return self._from_object(value, way)
        if way.lenient and (text := read_text(value, way)[0]):
            return self._from_text(text, way)
        return (
            (None, []) if is_absent(value, way) else (None, [wrong_type(value, 'an object like {"amount": "1234.50"}')])
        )

    def _from_object(self, value: Mapping[str, Any], way: Way) -> Cleaned:
        problems = unknown_members(value, ("amount", "currency"))
        if way.lenient and isinstance(value.get("amount"), str):
            return self._from_text(f"{value['amount']} {value.get('currency') or ''}", way)
        if is_empty(value.get("amount")):
            return None, problems + (
                [problem(".amount", "required")] if value.get("currency") or not way.lenient else []
            )
        currency = way.currency if is_absent(value.get("currency"), way, str) else value["currency"]
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


class Choice(FieldType):
    """One of a closed set of words, e.g. the type of a phone; leniently an unknown word is no problem but absent."""

    name = "choice"

    def __init__(self, choices: Iterable[str]) -> None:
        self.choices = tuple(sorted(choices))
        self.schema = json_schema("string", enum=list(self.choices))

    def clean(self, value: object, way: Way) -> Cleaned:
        if is_absent(value, way, str) or value in self.choices:
            return value or None, []
        return None, [] if way.lenient else [problem("", "invalid_choice", value, choices=", ".join(self.choices))]


class OwnChoice(FieldType):
    """One of the choices that a field's definition lists, by its id; leniently also as people call it."""

    name = "choice"
    schema = json_schema("string")

    def clean(self, value: object, way: Way) -> Cleaned:
        if is_empty(value):
            return None, []
        if isinstance(value, str) and value in way.choices:
            return value, []
        if way.lenient:
            word = (read_text(value, way)[0] or "").strip().casefold()
            called = [chosen for chosen, label in way.choices.items() if word in (chosen.casefold(), label.casefold())]
            if called or not word:
                return (called[0] if called else None), []
        return None, [problem("", "invalid_choice", value, choices=", ".join(way.choices))]


class OwnChoices(FieldType):
    """Several of the choices that a field's definition lists, each once, in the order of the definition."""

    name = "multi_choice"
    schema = json_schema("array", items=json_schema("string"), uniqueItems=True)

    def clean(self, value: object, way: Way) -> Cleaned:
        if way.lenient and isinstance(value, str) and value not in way.choices:
            value = [part.strip() for part in re.split("[;,\n]", value) if part.strip()]
        values, problems = read_list(value, way)
        found, wrong = each_cleaned(values or (), way, OWN_CHOICE.clean)
        chosen = dict.fromkeys(one for _, one in found)
        # what was chosen stays when the choice is taken away
        gone = [one for one in chosen if one not in way.choices]
        return [*(one for one in way.choices if one in chosen), *gone] or None, problems + wrong


class Reference(FieldType):
    """The id of another record; whether there is such a record is not the type's to know."""

    schema = json_schema("string")

    def __init__(self, name: str, prefix: str) -> None:
        self.name = name
        self._prefix = prefix

    def clean(self, value: object, way: Way) -> Cleaned:
        text, problems = read_text(value, way)
        if not text:
            return None, problems
        if ids.strip(text.strip(), self._prefix) is None:
            return None, [problem("", "invalid_id", value, example=f"{self._prefix}_0J5Q2M8T3XA")]
        return text.strip(), []


def read_phone(text: str, way: Way) -> dict[str, Any] | None:
    """As `clean_phone`; strictly, several numbers in one text are none."""
    return None if not way.lenient and holds_several(text, way.region) else clean_phone(text, way.region)


TEXT = Text()
OWN_CHOICE = OwnChoice()
LONG_TEXT = LongText()
DATE_TIME = DateTime()
URL = Url()
COUNTRY = Country()


def _within_limit(text: str, way: Way) -> Cleaned:
    if len(text) <= way.limit:
        return text or None, []
    if not way.lenient:
        return None, [problem("", "too_long", text, limit=way.limit)]
    return text[: way.limit].rstrip() or None, [problem("", "cut", text, limit=way.limit)]


def _number(value: object, way: Way) -> tuple[Decimal | None, list[Problem]]:
    if is_absent(value, way):
        return None, []
    if way.lenient and not isinstance(value, bool | int | float):
        number = parse_number((read_text(value, way)[0] or "").strip())
    elif isinstance(value, bool) or not isinstance(value, int | float):
        return None, [wrong_type(value, "a number")]
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


def _iso_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _ISO_DATE.fullmatch(text) else None
    except ValueError:
        return None


def _local_time(text: str, time_zone: str) -> str | None:
    """A time of the wall clock, `2026-11-23T09:15`, in a zone; None where it is none or there is no zone."""
    if not time_zone or not _WALL_CLOCK.fullmatch(text):
        return None
    from zoneinfo import ZoneInfo

    try:
        return rfc3339(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(time_zone)))
    except (ValueError, OverflowError):
        return None


def _with_scheme(text: str) -> str:
    address = text.strip()
    return address if _SCHEME.match(address) else f"https://{address}"


#: A fraction of more digits than a float holds is noise.
_FLOAT_DIGITS = Context(prec=17)
_AMOUNT = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,4})?")
_WALL_CLOCK = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:(?![0-9])")
_WEB_ADDRESS = re.compile(
    r"(?i:https?)://(?:[^\s/?#@<>\"\\]+@)?(\[[0-9A-Fa-f:.]+\]|[^\s/?#@:<>\"\\]+)(?::[0-9]{1,5})?(?:[/?#][^\s<>\"]*)?"
)
_YES = "ja j yes y true wahr 1 on x ✓ oui si"
_NO = "nein n no false falsch 0 off non"
_BOOLEAN_BY_WORD = {**dict.fromkeys(_YES.split(), True), **dict.fromkeys(_NO.split(), False)}
