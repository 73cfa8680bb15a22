"""The workspace's own fields as cells of a CSV file: written so that they are read as they were."""

from __future__ import annotations

from typing import Any

from chalicelib.domain import spreadsheet
from chalicelib.domain.fields import Field

#: Types whose values are likely to hold a comma: a list of them is parted by other signs only.
_WITH_COMMAS = frozenset({"number", "integer", "money", "long_text", "url"})
_TRUE_FALSE = {"de": ("ja", "nein"), "en": ("yes", "no")}


def cell_of(field: Field, value: Any, language: str) -> str:
    """A value as it is stored (None for none) as text for people who speak the language, `de` or `en`."""
    if value is None:
        return ""
    if not isinstance(value, list):
        return _text(field.type, value, language)
    return spreadsheet.listed((_text(field.type, one, language) for one in value), commas=_commas(field))


def value_of(field: Field, text: str) -> str | tuple[str, ...]:
    """What a text holds, not yet cleaned: the texts of a list, or the text."""
    if field.multiple or field.type == "multi_choice":
        return tuple(spreadsheet.texts_of(text, commas=_commas(field)))
    return text


def decimal_text(number: str, language: str) -> str:
    """A decimal number with as many digits behind the sign as leave no doubt that it parts no thousands: never three.

    Args:
        number: digits with a point, or whole.
    """
    whole, point, fraction = number.partition(".")
    fraction = f"{fraction}0" if len(fraction) == 3 else fraction
    return f"{whole}{',' if language == 'de' else '.'}{fraction}" if point else whole


def _text(kind: str, value: Any, language: str) -> str:
    if kind == "boolean":
        yes, no = _TRUE_FALSE[language]
        return yes if value else no
    if kind == "money":
        return f"{decimal_text(value['amount'], language)} {value['currency']}"
    return decimal_text(str(value), language) if kind == "number" else str(value)


def _commas(field: Field) -> bool:
    return field.type not in _WITH_COMMAS
