"""Search tokens in the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib import settings
from chalicelib.domain.search import Range
from chalicelib.store import keys, transport
from chalicelib.store.transport import Delete

#: Text and lead.
Token = tuple[str, str]


@dataclass(frozen=True)
class Tokens:
    """A page of tokens in the order of their text, and whether there are more."""

    tokens: list[Token]
    more: bool


def add(tokens: Iterable[Token]) -> None:
    """Write tokens, those that are there as well. Raises Unavailable."""
    places = [keys.token(text, lead_id) for text, lead_id in sorted(tokens)]
    transport.batch_put(({"pk": pk, "sk": sk, "type": "token"} for pk, sk in places), table=settings.derived_table())


def remove(token: Token) -> Delete:
    """Take a token away."""
    return Delete(f"token:{token[1]}:{token[0]}", keys.token(*token), "", {}, settings.derived_table())


def page(wanted: Range, limit: int, after: Token | None = None) -> Tokens:
    """Tokens in a range; eventually consistent, one request."""
    pk, beginning = keys.tokens(wanted.text, whole=wanted.whole)
    start = dict(zip(("pk", "sk"), keys.token(*after), strict=True)) if after else None
    found = transport.query(
        "#pk = :pk AND begins_with(#sk, :beginning)",
        {":pk": pk, ":beginning": beginning},
        limit=limit,
        start=start,
        table=settings.derived_table(),
    )
    return Tokens([token_of(item) for item in found.items], found.next is not None)


def token_of(item: Mapping[str, Any]) -> Token:
    """The token that an item of the type `token` holds."""
    return keys.token_of(str(item["sk"]))
