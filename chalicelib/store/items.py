"""Python values as DynamoDB's typed JSON and back."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def encode(item: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """An item for the wire. None, empty text, empty lists, maps and sets are left out: empty attributes are absent."""
    return {name: _typed(value) for name, value in item.items() if not _empty(value)}


def decode(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """An item from the wire; whole numbers become int."""
    return {name: _plain(value) for name, value in item.items()}


def typed(value: Any) -> dict[str, Any]:
    """One value for an expression."""
    return _typed(value)


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | bytes | list | tuple | dict | set | frozenset) and not value)


def _typed(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | float() | Decimal():
            return _number(value)
        case bytes():
            return {"B": value}
        case set() | frozenset():
            return {"SS": sorted(value)}
        case list() | tuple():
            return {"L": [_typed(each) for each in value]}
        case Mapping():
            return {"M": {str(name): _typed(each) for name, each in value.items()}}
    raise TypeError(f"{type(value).__name__} cannot be stored")


def _plain(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "B":
            return b64decode(content) if isinstance(content, str) else content
        case "N":
            return _read_number(content)
        case "NULL":
            return None
        case "L":
            return [_plain(each) for each in content]
        case "M":
            return {name: _plain(each) for name, each in content.items()}
        case "SS":
            return frozenset(content)
    raise TypeError(f"attribute type {kind} is not used here")


def _number(value: int | float | Decimal) -> dict[str, str]:
    """A number, or its text where DynamoDB cannot hold it exactly enough (38 digits, no NaN)."""
    text = str(value)
    if isinstance(value, float):
        return {"N": text} if abs(value) < 1e15 and (value == 0 or abs(value) > 1e-15) else {"S": text}
    return {"N": text} if len(text) <= 38 else {"S": text}


def _read_number(text: str) -> int | float:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)
