"""Phone numbers: what was typed → E.164, or nothing when it is no number.

`phonenumbers` alone turns letters into keypad digits, so `0221 4710 123 (ab 18 Uhr)` becomes a number that nobody has.
Therefore the text is first cut down to digits and their punctuation; only then is it parsed. The library (40 ms) is
imported when the first number comes, so that a function which never meets one does not pay for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: What a phone may be called. `mobile` and `landline` are what we derive from the number itself when the sender
#: says nothing; where a country does not tell them apart (USA) it is `other`.
PHONE_TYPES = frozenset({"mobile", "landline", "work", "home", "fax", "main", "pager", "other"})

#: Digits without the country code below which a number that is not in use is none (fewer where all are shorter).
SHORTEST_UNUSED = 7
#: What is typed to get past a required field.
KEYS_IN_A_ROW = "01234567890"

#: Longer texts are not phone numbers; what lies behind is never looked at.
LONGEST = 200

_HIDDEN = dict.fromkeys((0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF))
_SAME = {0xFF0B: "+", 0xA0: " ", 0x202F: " ", 0x2009: " ", **dict.fromkeys((*range(0x2010, 0x2016), 0x2212), "-")}
#: One run of digits and what people put between them. A comma is no part: it parts numbers, and Excel's `4,91512E+11`.
#: Behind a letter only what begins as a number does: `p:+49…`, `Tel0221…`, but `DE301234567` is a VAT id.
_RUN = re.compile(r"(?:\+\s*)?\(?\s*(?:\+\s*)?(?<!\d)(?:(?<![A-Za-z])\d|0)[\d\s()./\-]*")
_DESTROYED = re.compile(r"\d+(?:[.,]\d+)?\s*[eE]\s*\+?\s*\d+")
_DATE = re.compile(r"\d{1,2}\.\d{1,2}\.(?:\d{2}|\d{4})|\d{4}-\d{1,2}-\d{1,2}(?:[ T].*)?|\d{1,2}/\d{1,2}/\d{4}")
#: What stands between two numbers; not the comma of `4,91512E+11`, which no number can be made of, but a text.
_BETWEEN = re.compile(r",(?!\d{1,15}\s?[eE]\s?\+?\s?\d)|[;|\n\r]|:::|\s(?:oder|or|und|and|bzw\.?)\s", re.IGNORECASE)
_TRUNK = re.compile(r"(?<=\d)\s*\(0\)\s*|^\(0\)\s*")

#: What Twilio sends as the caller's number of ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE (keypad spelling).
_PLACEHOLDERS = frozenset({"266696687", "7378742833", "2562533", "8656696", "86282452253"})
_WITHHELD = """
    anonymous anonym restricted unknown unbekannt unavailable private blocked withheld unterdrueckt unterdrückt
    noname nocallerid hidden none null undefined nan na asterisk invalid payphone 1 2 0
"""


def clean_phone(text: str, region: str) -> dict[str, Any] | None:
    """Read one phone number.

    Args:
        text: as typed, e.g. `Tel. 0221 4710 123 (ab 18 Uhr)`.
        region: ISO 3166 alpha-2, for numbers without country code.

    Returns:
        `{"e164", "raw", "type", "valid"}`, `raw` being the text trimmed; None when there is no number in it that
        could be dialled from elsewhere. *Possible* numbers are taken if they are whole, `valid` says whether the
        number is also in use according to the numbering plan (the fiction ranges of films are not). Of several
        numbers it is the first one; they are never read as one.
    """
    typed = _typed(text)
    numbers = (_number_in(part, region) for part in split_phones(typed.translate(_SAME)))
    number = next((number for number in numbers if number is not None), None)
    return number and {**number, "raw": " ".join(typed.split())}


def holds_several(text: str, region: str) -> bool:
    """Whether somebody wrote more than one number, or another one's beginning."""
    parts = split_phones(_typed(text).translate(_SAME))
    return len(parts) > 1 and sum(_begins_a_number(part) or _number_in(part, region) is not None for part in parts) > 1


def is_withheld(text: str) -> bool:
    """Whether a caller's number, as a telephone system sends it, says that there is none to be seen."""
    bare = text.strip().casefold()
    if bare.startswith(("sip:", "tel:")):
        bare = bare[4:].partition("@")[0]
    letters = re.sub(r"[^\w]|_", "", bare)
    # A bare 7378742833 may be somebody in Austin, Texas; Twilio writes the plus.
    return not letters or letters in _WITHHELD.split() or ("+" in bare and letters in _PLACEHOLDERS)


def split_phones(text: str) -> list[str]:
    """The parts of a text in which somebody wrote several numbers; one part for one number.

    A slash parts numbers only behind a whole one, where another one begins: `030 / 1234567` is one number.
    """
    parts: list[str] = []
    for part in _BETWEEN.split(text):
        parts.extend(_split_at_slash(part))
    return [part.strip() for part in parts if part.strip()]


def phone_key(phone: Mapping[str, Any]) -> str:
    """What makes two phones the same: the E.164 of a cleaned phone."""
    return str(phone["e164"])


def _typed(text: str) -> str:
    return text[:LONGEST].encode("utf-8", "ignore").decode().translate(_HIDDEN)


def _number_in(part: str, region: str) -> dict[str, Any] | None:
    written = " ".join(part.split())
    if not _can_be_a_number(written):
        return None
    runs = (run.group() for run in _RUN.finditer(written))
    found = (_parse(run, region) for run in runs if not _DATE.fullmatch(run.strip()))
    return next((number for number in found if number is not None), None)


def _can_be_a_number(written: str) -> bool:
    if not written or _DESTROYED.fullmatch(written) or _DATE.fullmatch(written):
        return False
    return not (written.startswith(("+", "00")) and re.sub(r"\D", "", written).lstrip("0") in _PLACEHOLDERS)


def _parse(run: str, region: str) -> dict[str, Any] | None:
    """The number in a run of digits; the only place that asks the library (a faster path for rows fits in here)."""
    import phonenumbers

    written = _TRUNK.sub(" ", run).strip(" .-/(")
    digits = "".join(str(int(sign)) for sign in written if sign.isdecimal())
    if not 3 <= len(digits) <= 20 or len(set(digits)) == 1:
        return None
    international = written.startswith("+") or digits.startswith("00")
    if not international and not digits.startswith("0") and _lacks_area_code(digits, region):
        # `22 33 44` is a subscriber of some town, and the numbering plan of Germany calls it valid: without the
        # area code it would be everybody's number who has those last digits.
        return None
    if not international and _begins_with_country_code(digits, region):
        written = f"+{digits}"
    try:
        number = phonenumbers.parse(written, None if written.startswith("+") else region.upper())
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # `is_valid_number` asks for the type as well; twice would be a third of the whole time.
    number_type = phonenumbers.number_type(number)
    valid = number_type != phonenumbers.PhoneNumberType.UNKNOWN
    if not valid and not (_is_whole(number) and _is_stable(e164) and _was_dialled(written, region)):
        return None
    return {"e164": e164, "raw": run, "type": _derived_type(number_type), "valid": valid}


def _lacks_area_code(digits: str, region: str) -> bool:
    """Whether digits without a leading zero are too few where people dial a zero for every number out of town."""
    import phonenumbers

    if len(digits) >= 8 or phonenumbers.ndd_prefix_for_region(region.upper(), True) != "0":
        return False
    # Liechtenstein has the zero, but no area codes: its whole numbers are as short as this.
    whole = phonenumbers.example_number(region.upper())
    return whole is None or len(digits) < len(phonenumbers.national_significant_number(whole))


def _begins_with_country_code(digits: str, region: str) -> bool:
    """Whether bare digits are an international number that lost its plus, as spreadsheets and providers drop it.

    `4917604069012` is also a valid German number of a village, which nobody writes without its zero.
    """
    import phonenumbers

    code = str(phonenumbers.country_code_for_region(region.upper()))
    if len(digits) < 11 or not digits.startswith(code):
        return False
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(f"+{digits}", None)))
    except phonenumbers.NumberParseException:
        return False


def _is_whole(number: Any) -> bool:
    """Whether a number that is not in use could be somebody's all the same, and not everybody's who writes `0221`.

    The library calls four digits possible in Germany, and what it cannot take the zero from keeps it: `+490221`.
    """
    import phonenumbers

    digits = phonenumbers.national_significant_number(number)
    region = phonenumbers.region_code_for_country_code(number.country_code)
    example = phonenumbers.example_number(region)
    shortest = len(phonenumbers.national_significant_number(example)) if example else SHORTEST_UNUSED
    if len(digits) < min(shortest, SHORTEST_UNUSED) or digits in KEYS_IN_A_ROW:
        return False
    return not digits.startswith("0") or _keeps_its_zero(region)


def _keeps_its_zero(region: str) -> bool:
    """Whether numbers of a country begin with a zero that callers from abroad dial as well (Italy, Gabon, …)."""
    import phonenumbers

    kinds = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
    examples = [phonenumbers.example_number_for_type(region, kind) for kind in kinds]
    return any(example and example.italian_leading_zero for example in examples)


def _was_dialled(written: str, region: str) -> bool:
    """Whether it is written as one dials: with its country code, or with the zero where a number out of town has one.

    Other bare digits (of a customer, of an order) are a number only if the numbering plan knows them.
    """
    import phonenumbers

    return written.lstrip("(").startswith(("+", "0")) or phonenumbers.ndd_prefix_for_region(region.upper(), True) != "0"


def _is_stable(e164: str) -> bool:
    """Whether a number reads as itself: `000001` would be +4900001, and that again +490001."""
    import phonenumbers

    again = phonenumbers.parse(e164, None)
    return bool(phonenumbers.format_number(again, phonenumbers.PhoneNumberFormat.E164) == e164)


def _derived_type(number_type: int) -> str:
    import phonenumbers

    kinds = phonenumbers.PhoneNumberType
    return {kinds.MOBILE: "mobile", kinds.FIXED_LINE: "landline", kinds.PAGER: "pager"}.get(number_type, "other")


def _split_at_slash(part: str) -> list[str]:
    first, *others = (piece.strip() for piece in part.split("/"))
    numbers, has_slash = [first], False
    for piece in others:
        # `0171/234/0567` is one number in three groups, `0221 4710123/0` one with its switchboard
        begins = _looks_whole(piece) or (not has_slash and _begins_a_number(piece))
        if begins and _looks_whole(numbers[-1]):
            numbers.append(piece)
        else:
            numbers[-1] += f"/{piece}"
        has_slash = "/" in numbers[-1]
    return numbers if len(numbers) > 1 else [part]


def _looks_whole(piece: str) -> bool:
    return _begins_a_number(piece, digits=7)


def _begins_a_number(piece: str, digits: int = 3) -> bool:
    piece = piece.strip()
    if not piece.lstrip("(").startswith(("0", "+")) or not _can_be_a_number(piece):
        return False
    return sum(1 for sign in piece if sign.isdecimal()) >= digits
