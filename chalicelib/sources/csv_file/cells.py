"""What the cells of a row say of the fields that their columns are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from chalicelib.domain import own_columns, spreadsheet
from chalicelib.domain.emails import split_emails
from chalicelib.domain.errors import Problem
from chalicelib.domain.fields import Field
from chalicelib.domain.phones import split_phones

#: Longest cell that becomes a value, in characters; the whole one stays in the file.
CELL_LIMIT = 1024 * 1024

_LISTS = frozenset({"phones", "emails", "websites", "tags"})
#: List → what a text of it is as a member of its thing.
_THINGS = {"phones": "e164", "emails": "address", "websites": "url"}
#: What a column beside a list may say of its things.
_BESIDE = frozenset({"phones.type", "phones.raw", "emails.type", "websites.type"})
_OF_FREE_NAMES = frozenset({"external_ids", "click_ids"})
#: Meta's lead forms write `p:+4917604069012`, `l:1234567890`, `z:10115`.
_META_PREFIX = re.compile(r"(?:p|l|z):(?=\+?\d)")
#: How spreadsheets keep a text from being turned into a number: `="0171 …"`.
_FORMULA_TEXT = re.compile(r'="([^"]*)"')


class RowReading:
    """A row while its cells are read from left to right.

    Attributes:
        values: lead field (dotted for nested ones) → text, tuple of texts for lists, objects for things with members.
        extra: column → text that is only kept.
        changed: column → cell as written, where a value is not just the cell's text.
    """

    def __init__(self, custom: Mapping[str, Field]) -> None:
        self._custom = custom
        self._beside: dict[str, tuple[str, str, dict[str, str]]] = {}
        self.values: dict[str, object] = {}
        self.extra: dict[str, str] = {}
        self.changed: dict[str, str] = {}
        self.problems: list[Problem] = []

    def keep(self, column: str, cell: str) -> None:
        """A cell of a column that is no field, or that says nothing of it."""
        self.extra[column] = cell[:CELL_LIMIT].strip()

    def take(self, name: str, column: str, cell: str) -> None:
        """A cell of a column that is a field."""
        text = _text_of(cell)
        if not text:
            return
        if name in _BESIDE or name in _OF_FREE_NAMES or name in ("messengers", "consent"):
            if not self._take_several(name, column, text):
                self.keep(column, cell)
            return
        value = self._read(name, text)
        if isinstance(value, tuple):
            self._add(name, value)
            if value != (cell,):
                self.changed[column] = cell[:CELL_LIMIT]
        elif name in self.values:
            self.keep(column, cell)
        else:
            self.values[name] = value
            if value != cell.strip():
                self.changed[column] = cell[:CELL_LIMIT]

    def finish(self) -> None:
        """All cells are read: what stands beside a list joins its things; what fits none of them is only kept."""
        for name, (column, text, pairs) in self._beside.items():
            outer, _, member = name.partition(".")
            key, things = _THINGS[outer], []
            for thing in self._listed(outer):
                known = thing if isinstance(thing, dict) else {key: thing}
                more = pairs.pop(str(known[key]), None)
                things.append(thing if more is None else {**known, member: more})
            if things:
                self.values[outer] = tuple(things)
            if pairs:
                self.keep(column, text)

    def _take_several(self, name: str, column: str, text: str) -> bool:
        """A cell of our own files that holds keys and texts, or objects; False if this one does not."""
        if name == "consent":
            consents = _objects(text)
            self._add(name, consents)
            return bool(consents)
        pairs = spreadsheet.pairs_of(text)
        if not pairs:
            return False
        if name in _BESIDE:
            self._beside.setdefault(name, (column, text, dict(pairs)))
        elif name == "messengers":
            self._add(name, tuple({"service": service, "handle": handle} for service, handle in pairs))
        else:
            for key, value in pairs:
                self.values.setdefault(f"{name}.{key}", value)
        return True

    def _read(self, name: str, text: str) -> object:
        own = self._custom.get(name.removeprefix("custom.")) if name.startswith("custom.") else None
        if own:
            return own_columns.value_of(own, text)
        return tuple(_parts(name, text)) if name in _LISTS or name.startswith("messengers.") else text

    def _add(self, name: str, found: tuple[object, ...]) -> None:
        before = self._listed(name)
        if found:
            self.values[name] = before + tuple(one for one in found if one not in before)

    def _listed(self, name: str) -> tuple[object, ...]:
        before = self.values.get(name, ())
        assert isinstance(before, tuple)
        return before


def _objects(text: str) -> tuple[object, ...]:
    """The objects of a JSON list; none if it is anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    is_one = isinstance(found, list) and all(isinstance(each, dict) for each in found)
    return tuple(found) if is_one else ()


def _text_of(cell: str) -> str:
    text = cell[:CELL_LIMIT].strip()
    # `'+49 …`: kept from being run, by us or by whoever made the file
    unmarked = spreadsheet.unmarked(text)
    if unmarked is not None:
        return unmarked
    if formula := _FORMULA_TEXT.fullmatch(text):
        text = formula.group(1).strip()
    if prefix := _META_PREFIX.match(text):
        text = text[prefix.end() :]
    return text


def _parts(name: str, text: str) -> list[str]:
    if name == "tags":
        return spreadsheet.texts_of(text)
    if name.startswith("messengers."):
        return [line.strip() for line in text.splitlines() if line.strip()]
    text = text.replace(" ::: ", "\n")  # Google Contacts
    if name == "phones":
        return split_phones(text) or [text]
    return (split_emails(text) or [text]) if name == "emails" else text.split()
