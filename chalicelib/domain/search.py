"""Search: the words of a lead that are looked up, and what somebody's `q` asks of them.

A lead has *tokens*: the folded words of its name, company, title and addresses, its whole addresses and their domains,
`~` with a phone's digits from the last to the first, and the same of its own fields. A `q` has *terms*; each of them
must be met by a token.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from chalicelib.domain.emails import email_key

#: A shorter word must be whole.
SHORTEST_PREFIX = 3
#: Characters of a word, of an address that are looked at; a key of the table holds 1,024 bytes.
LONGEST_WORD, LONGEST_ADDRESS = 40, 200
#: Characters of a text of an own field; of a longer one no word is looked up.
LONGEST_TEXT = 255
#: Tokens of one lead; what is beyond is not found. Names come first, then the title, own fields last.
MOST_TOKENS = 200
#: Of a `q`.
MOST_TERMS, LONGEST_QUERY = 12, 300
PHONE = "~"

_WORD = re.compile(r"[^\W_]+")
#: Words with points or hyphens between them, the host of an address for one.
_DOTTED = re.compile(r"[^\W_]+(?:[.-][^\W_]+)*\.[^\W_]+(?:[.-][^\W_]+)*")
_APOSTROPHE = re.compile(r"(?<=\w)['’`´](?=\w)")
_NUMBER = re.compile(r"(?<![\w@.])\+?\(?\d[\d()/.\s-]*(?![\w@])")
#: Values of own fields as they are stored: fractions, days and moments, ids of records, addresses of the web.
_NO_WORDS = re.compile(
    r"-?\d+\.\d+|\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d\.\d{3}Z)?|(?:usr|con|com)_[0-9A-Z]{11}|(?i:https?)://\S+"
)
_PHONE_NUMBER, _ADDRESS = re.compile(r"\+\d{5,15}"), re.compile(r"[^\s@]+@[^\s@]+")
_TRUNK = re.compile(r"\(0\)")
#: What decomposition leaves as it is.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ß": "ss", "ħ": "h"}
)
#: As German, Danish and Swedish names are written where there are no such letters.
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})


@dataclass(frozen=True)
class Range:
    """Tokens that begin with `text`; with `whole`, the one that is `text`."""

    text: str
    whole: bool = False

    def holds(self, token: str) -> bool:
        """Whether a token is in the range."""
        return token == self.text if self.whole else token.startswith(self.text)


@dataclass(frozen=True)
class Term:
    """One thing that was asked for: met by a token in any of its ranges."""

    ranges: tuple[Range, ...]

    def met_by(self, tokens: Iterable[str]) -> bool:
        """Whether one of the tokens meets it."""
        return any(one.holds(token) for token in tokens for one in self.ranges)

    @property
    def weight(self) -> tuple[bool, int]:
        """How few leads it is likely to fit: addresses and long words fit fewer than others."""
        return not self.ranges[0].whole or len(self.ranges[0].text) > SHORTEST_PREFIX, len(self.ranges[0].text)


def tokens_of(values: Mapping[str, Any]) -> tuple[str, ...]:
    """The tokens of cleaned lead values, sorted, each once."""
    found: dict[str, None] = {}
    for token in _tokens(values):
        if len(found) == MOST_TOKENS:
            break
        found.setdefault(token)
    return tuple(sorted(found))


def terms_of(query: str) -> tuple[Term, ...]:
    """What a `q` asks for; empty if it holds neither letter nor digit.

    Raises:
        ValueError: it is longer than anybody would type.
    """
    if len(query) > LONGEST_QUERY:
        raise ValueError(f"at most {LONGEST_QUERY} characters")
    text = unicodedata.normalize("NFC", query)
    terms: list[Term] = []
    for words, number in _parted(text):
        terms += [term for chunk in words.split() for term in _terms_of_chunk(chunk)]
        terms += _terms_of_number(number)
    if len(terms) > MOST_TERMS:
        raise ValueError(f"at most {MOST_TERMS} words")
    return tuple(dict.fromkeys(terms))


def leading(terms: Sequence[Term]) -> Term:
    """The term whose tokens are read; the others are looked for in the leads that these lead to."""
    return max(terms, key=lambda term: term.weight)


def fits(terms: Iterable[Term], tokens: Sequence[str]) -> bool:
    """Whether a lead with these tokens meets all terms."""
    return all(term.met_by(tokens) for term in terms)


def first_met(term: Term, tokens: Sequence[str]) -> tuple[int, str] | None:
    """Of a lead's tokens the one under which it is shown, so that it is shown once: number of the range, and token.

    Args:
        tokens: sorted.
    """
    for number, one in enumerate(term.ranges):
        for token in tokens:
            if one.holds(token):
                return number, token
    return None


@lru_cache(maxsize=4096)
def folded(word: str) -> str:
    """In lower case, without diacritics: `Müller` → `muller`, `Łódź` → `lodz`, `Strauß` → `strauss`."""
    if word.isascii():
        return word.lower()
    decomposed = unicodedata.normalize("NFKD", word.casefold().translate(_LETTERS))
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).translate(_LETTERS)


def spelt_out(word: str) -> str:
    """In lower case, letters with two dots as two letters: `Müller` → `mueller`."""
    return folded(unicodedata.normalize("NFC", word).lower().translate(_SPELT_OUT))


def _tokens(values: Mapping[str, Any]) -> Iterator[str]:
    for field in ("name", "company"):
        yield from _of_text(str(values.get(field) or ""))
    for email in values.get("emails") or ():
        yield from _of_address(str(email["address"]))
    for phone in values.get("phones") or ():
        yield PHONE + _digits(str(phone["e164"]))[::-1]
    yield from _of_text(str(values.get("title") or ""))
    for value in (values.get("custom") or {}).values():
        for one in value if isinstance(value, list) else [value]:
            yield from _of_own(one)


def _of_own(value: Any) -> Iterator[str]:
    """A value of an own field by what it looks like: its definition may be another one when the words are looked up."""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\n" in value or _NO_WORDS.fullmatch(value):
        return
    if _PHONE_NUMBER.fullmatch(value):
        yield PHONE + _digits(value)[::-1]
    elif _ADDRESS.fullmatch(value):
        yield from _of_address(value)
    else:
        yield from _of_text(value)


def _of_text(text: str) -> Iterator[str]:
    text = unicodedata.normalize("NFC", text)
    for words in (text, *([_APOSTROPHE.sub("", text)] if _APOSTROPHE.search(text) else [])):
        for word in _WORD.findall(words):
            yield from _both(word)
    for dotted in _DOTTED.findall(text):
        yield from _both(dotted)


def _of_address(address: str) -> Iterator[str]:
    """The whole, its host, and their words but the last: nobody looks for `com`, and every second lead has it."""
    key = email_key(address)
    local, _, host = key.rpartition("@")
    yield folded(key)[:LONGEST_ADDRESS]
    yield from _both(host)
    for word in _WORD.findall(local) + _WORD.findall(host.rpartition(".")[0]):
        yield from _both(word)


def _both(word: str) -> tuple[str, ...]:
    """Its one or two forms; none if nothing is left of it, as of a lone sign of voicing."""
    forms = (folded(word)[:LONGEST_WORD], spelt_out(word)[:LONGEST_WORD])
    return tuple(dict.fromkeys(form for form in forms if form))


def _parted(text: str) -> Iterator[tuple[str, str]]:
    """(text before a run of digits and what people put between them, the run), to the end."""
    position = 0
    for run in _NUMBER.finditer(text):
        yield text[position : run.start()], run.group()
        position = run.end()
    yield text[position:], ""


def _terms_of_number(number: str) -> list[Term]:
    """A phone's last digits; what stands there as one word may also be a word."""
    digits = _digits(_TRUNK.sub("", number))
    words = _WORD.findall(number)
    significant = digits.lstrip("0")
    if len(significant) < SHORTEST_PREFIX:
        return [Term((_as_word(word, word),)) for word in words]
    phone = Range(PHONE + significant[::-1])
    return [Term((phone, _as_word(words[0], words[0])) if len(words) == 1 else (phone,))]


def _terms_of_chunk(chunk: str) -> list[Term]:
    """One address, host, or its words."""
    local, at, host = chunk.rpartition("@")
    if at and local and _WORD.search(local):
        return [Term((Range(folded(email_key(chunk.strip("<>,;\"'()")))[:LONGEST_ADDRESS]),))]
    dotted = _DOTTED.search(host)
    words = [dotted.group()] if dotted else _WORD.findall(host)
    return [term for word in words if (term := _of_word(word)).ranges]


def _of_word(word: str) -> Term:
    """Spelt out first: `Müller` has that token, too, and so has `Mueller`."""
    return Term(tuple(_as_word(form, word) for form in reversed(_both(word))))


def _as_word(form: str, typed: str) -> Range:
    return Range(form[:LONGEST_WORD], whole=len(typed) < SHORTEST_PREFIX)


def _digits(text: str) -> str:
    return "".join(str(int(sign)) for sign in text if sign.isdecimal())
