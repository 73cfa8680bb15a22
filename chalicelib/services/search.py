"""Leads by words: the tokens of one term lead to candidates, and the leads themselves say whether they fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain import search
from chalicelib.domain.errors import BadRequest
from chalicelib.domain.search import Term
from chalicelib.store import keys, leads, tokens, transport
from chalicelib.store.leads import Cards
from chalicelib.store.tokens import Token

#: Tokens that one request looks at; then it gives what it has, and where to go on.
MOST_EVALUATED = 2_000
#: Tokens read at once: what two read units hold.
PAGE = 100
#: Leads that one request reads.
MOST_READ = 100


def find(query: str, limit: int, start: Mapping[str, Any] | None = None) -> Cards:
    """Leads that have all words of a query, in the order of the words found; each once.

    Every word is the beginning of a word of name, company, title or an address (shorter than three characters: a whole
    one); digits are the last ones of a phone. One word and 20 hits cost two requests.

    Args:
        query: the API's `q`.
        limit: cards at most. There may be fewer, even none, and yet a place to go on from.
        start: where the page before ended, `Cards.next`: JSON values.
    Raises:
        BadRequest: there is no word in it, or too much.
        Unavailable: the table did not answer.
    """
    terms = _terms(query)
    leading = search.leading(terms)
    number, after = _started(leading, start)
    cards: list[dict[str, Any]] = []
    evaluated = 0
    while number < len(leading.ranges):
        page = tokens.page(leading.ranges[number], min(PAGE, MOST_EVALUATED - evaluated), after)
        evaluated += len(page.tokens)
        # of one word nearly all candidates fit; once some did not, look at as many as one request can read
        for part in _parts(page.tokens, limit if evaluated <= PAGE else MOST_READ):
            wanted = limit - len(cards)
            hits = _hits(part, terms, leading, number)
            cards += [card for _, card in hits[:wanted]]
            if len(hits) >= wanted:
                last = hits[wanted - 1][0]
                is_end = last == page.tokens[-1] and not page.more and number == len(leading.ranges) - 1
                return Cards(cards, None if is_end else _place(number, last))
        if page.more:
            after = page.tokens[-1]
        else:
            number, after = number + 1, None
        if evaluated >= MOST_EVALUATED and number < len(leading.ranges):
            return Cards(cards, _place(number, after))
    return Cards(cards, None)


def _terms(query: str) -> tuple[Term, ...]:
    try:
        terms = search.terms_of(query)
    except ValueError as error:
        raise BadRequest(f"'q' is not as expected: {error}", code="invalid_parameter") from error
    if not terms:
        raise BadRequest("'q' holds neither letter nor digit", code="invalid_parameter")
    return terms


def _started(leading: Term, start: Mapping[str, Any] | None) -> tuple[int, Token | None]:
    """Number of the range, and the token behind which it goes on."""
    if start is None:
        return 0, None
    return start["range"], (start["text"], start["lead"]) if "text" in start else None


def _place(number: int, after: Token | None) -> dict[str, Any]:
    return {"range": number, **({"text": after[0], "lead": after[1]} if after else {})}


def _parts(found: Sequence[Token], size: int) -> list[list[Token]]:
    """Cut where `size` leads have come together, and then where a request is full: none for leads nobody asked for."""
    parts: list[list[Token]] = [[]]
    for token in found:
        most = min(size, MOST_READ) if len(parts) == 1 else MOST_READ
        if len({lead for _, lead in parts[-1]} | {token[1]}) > most:
            parts.append([])
        parts[-1].append(token)
    return [part for part in parts if part]


def _hits(
    found: Sequence[Token], terms: Sequence[Term], leading: Term, number: int
) -> list[tuple[Token, dict[str, Any]]]:
    """Tokens under which a lead is to be shown, with its card. A lead is shown under the first of its tokens only."""
    stored = transport.batch_get(keys.lead(lead) for _, lead in found)
    hits = []
    for text, lead in found:
        item = stored.get(keys.lead(lead))
        if item is None or "deleted_at" in item or "merged_into" in item:
            continue
        own = search.tokens_of(leads.lead_of(item).values)
        if search.fits(terms, own) and search.first_met(leading, own) == (number, text):
            hits.append(((text, lead), leads.card_of(item)))
    return hits
