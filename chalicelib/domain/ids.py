"""Ids: time-ordered integers of 53 bits, written as 11 Crockford base-32 characters.

41 bits milliseconds since 2020-01-01 UTC, 1 bit *bulk*, 11 bits within the millisecond. Text order is number order,
the number fits a JavaScript number, and `created_at` of a record is its id's millisecond.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
WIDTH = 11
#: Width of a millisecond alone, in index keys.
MILLISECOND_WIDTH = 9
LOW_BITS = 11
BULK_BIT = 1 << LOW_BITS
PER_MILLISECOND = 1 << LOW_BITS

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_RECORD = re.compile(r"(?P<prefix>[a-z]{2,5})_(?P<text>[0-9A-HJKMNP-TV-Z]+)")


def milliseconds(at: datetime) -> int:
    """Milliseconds between 2020-01-01 UTC and `at` (aware); 0 for anything earlier."""
    return max(0, (at - EPOCH) // timedelta(milliseconds=1))


def moment(count: int) -> datetime:
    """The moment `count` milliseconds after 2020-01-01 UTC."""
    return EPOCH + timedelta(milliseconds=count)


def encode(number: int, width: int = WIDTH) -> str:
    """Crockford base 32, fixed width, so that text order is number order."""
    characters = []
    for _ in range(width):
        number, value = divmod(number, 32)
        characters.append(ALPHABET[value])
    if number:
        raise ValueError("the number does not fit the width")
    return "".join(reversed(characters))


def decode(text: str) -> int:
    """Inverse of `encode`. Raises KeyError for a character outside the alphabet."""
    number = 0
    for character in text:
        number = number * 32 + _VALUES[character]
    return number


def sortable(at: datetime) -> str:
    """`at` as 9 characters for index keys."""
    return encode(milliseconds(at), MILLISECOND_WIDTH)


def floor(at: datetime, *, highest: bool = False) -> str:
    """The lowest (or highest) id of a millisecond: a bound for lists."""
    low = (1 << (LOW_BITS + 1)) - 1 if highest else 0
    return encode((milliseconds(at) << (LOW_BITS + 1)) | low)


def created_at(text: str) -> datetime:
    """The millisecond in which an id (11 characters, without prefix) was made."""
    return moment(decode(text) >> (LOW_BITS + 1))


def bulk_id(first_millisecond: int, position: int) -> str:
    """Id of row `position` (from 0) of an import whose reserved range begins at `first_millisecond`."""
    step, low = divmod(position, PER_MILLISECOND)
    return encode(((first_millisecond + step) << (LOW_BITS + 1)) | BULK_BIT | low)


def receipt_id(source: str, external_id: str) -> str:
    """16 characters that name a delivery: the same delivery always has the same receipt."""
    digest = hashlib.blake2b(f"{source}\0{external_id}".encode("utf-8", "surrogatepass"), digest_size=10).digest()
    return encode(int.from_bytes(digest, "big"), 16)


def strip(text: str, prefix: str, width: int = WIDTH) -> str | None:
    """The characters behind `prefix_`, or None if `text` is no id of that kind."""
    match = _RECORD.fullmatch(text)
    if not match or match["prefix"] != prefix or len(match["text"]) != width:
        return None
    return match["text"]


class IdSource:
    """Makes ids, strictly growing within one process.

    Args:
        random_bits: returns a random integer of that many bits.
    """

    def __init__(self, random_bits: Callable[[int], int]) -> None:
        self._random_bits = random_bits
        self._last = -1

    def next(self, at: datetime) -> str:
        """A new id for `at`: random low bits first, then counting up, on overflow into the next millisecond."""
        number = milliseconds(at) << (LOW_BITS + 1)
        if self._last >= number:
            number = self._last + 1
            if number & BULK_BIT:
                number = ((number >> (LOW_BITS + 1)) + 1) << (LOW_BITS + 1)
        else:
            # half the range is left free for the ids that follow in the same millisecond
            number |= self._random_bits(LOW_BITS)
        self._last = number
        return encode(number)
