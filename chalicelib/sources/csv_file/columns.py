"""What a file's columns are called, and which field of a lead that is."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.domain import lead_csv, words
from chalicelib.domain.errors import Invalid, Problem
from chalicelib.domain.fields import Field

#: Columns that our own errors file adds; dropped when it comes back.
ADDED_COLUMNS = ("_row", "_error_code", "_error")
#: Characters of a header that are read.
LONGEST = 400
#: A file's words for these name nothing of ours yet (whose `Neu`? which `Müller`?): kept as unmapped columns.
_OURS_TO_SET = frozenset({"status", "lost_reason", "owner_id", "source", "source_detail"})
#: What our own files say in brackets behind a blank, `Dach [custom.roof]`; what has a point also stands for itself.
_PATH = re.compile(r"(?:.*\s)?\[([a-z_]+(?:\.[A-Za-z0-9._~-]+)?)\]|([a-z_]+\.[A-Za-z0-9._~-]+)")
_OURS = frozenset({
    "consent", "external_ids", "click_ids", "messengers", "owner_id", "phones.type", "phones.raw", "emails.type",
    "websites.type",
})  # fmt: skip
_OF_FREE_NAMES = frozenset({"external_ids", "click_ids"})


@dataclass(frozen=True)
class Names:
    """What columns may be called.

    Attributes:
        custom: the workspace's own fields by name.
        mapping: column → field, empty for "only keep"; goes before everything else.
        mapping_only: nothing else is a field.
        labels: what people call an own field, if they call no other one so → its name; in normal form.
        names: the same for the names of own fields.
    """

    custom: Mapping[str, Field]
    mapping: Mapping[str, str]
    mapping_only: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Mapping[str, str], custom: Mapping[str, Field]) -> Names:
        """Raises Invalid: `bad_option`."""
        called = [
            (label, name)
            for name, own in custom.items()
            for label in {words.normal_form(text) for text in own.label.values()} - {""}
        ]
        times = Counter(label for label, _ in called)
        return cls(
            custom,
            _mapping(options),
            bool(options.get("mapping_only")),
            {label: name for label, name in called if times[label] == 1},
            {words.normal_form(name): name for name in custom},
        )

    def field_of(self, cell: str) -> str | None:
        """The field that a column of this header is, dotted for a part of one; None if nobody can tell."""
        name = tidy(cell)
        if name in self.mapping or self.mapping_only:
            return self.mapping.get(name) or None
        if not name or name.lower() in ADDED_COLUMNS:
            return None
        return self._ours(name) or (self._meant(name) if len(name) <= words.LONGEST else None)

    def _ours(self, name: str) -> str | None:
        found = _PATH.fullmatch(name)
        path = (found[1] or found[2]) if found else ""
        outer, _, inner = path.partition(".")
        known = path in _OURS or (outer in _OF_FREE_NAMES and inner) or (outer == "custom" and inner in self.custom)
        return path if known else None

    def _meant(self, name: str) -> str | None:
        form = words.normal_form(name) if self.custom else ""
        if form in self.labels and name.casefold() not in lead_csv.HEADERS:
            return f"custom.{self.labels[form]}"
        found = words.field_of(name)
        if found is None and form in self.names:
            return f"custom.{self.names[form]}"
        return None if found in _OURS_TO_SET else found


def tidy(cell: str) -> str:
    """A header on one line, its beginning."""
    return " ".join(cell[:LONGEST].split())


def unique_names(cells: Sequence[str]) -> tuple[str, ...]:
    """A name for each column, none twice; `column 3` where the header is empty."""
    names: dict[str, None] = {}
    for position, cell in enumerate(cells, start=1):
        name = tidy(cell) or f"column {position}"
        copy = 2
        unique = name
        while unique in names:
            unique = f"{name} ({copy})"
            copy += 1
        names[unique] = None
    return tuple(names)


def bad_option(name: str, detail: str) -> Invalid:
    """What is raised for an option that says nothing."""
    return Invalid([Problem(name, "bad_option", detail)])


def _mapping(options: Mapping[str, str]) -> dict[str, str]:
    try:
        given = json.loads(options.get("mapping", "") or "{}")
    except ValueError as error:
        raise bad_option("mapping", "The mapping is no JSON object.") from error
    if not isinstance(given, dict) or not all(isinstance(name, str | None) for name in given.values()):
        raise bad_option("mapping", "The mapping must be a JSON object: column → field.")
    return {tidy(column): name or "" for column, name in given.items()}
