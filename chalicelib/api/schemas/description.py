"""The words that operations are described with."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec

#: A msgspec struct, a `Made`, or a type of them: `list[Task]`.
Model = Any


class Text:
    """A body that is not JSON, of one of these media types."""

    def __init__(self, *media_types: str) -> None:
        self.media_types = media_types


@dataclass(frozen=True)
class Form:
    """A body of one of several media types, each read into the same free names."""

    media_types: tuple[str, ...]


@dataclass(frozen=True)
class Described:
    """What the document says of an operation beyond what its door declares.

    Path, method, scope, query and whether it reads JSON come from the door, the summary from the view's docstring, the
    problems that every operation of its sort can have from `problems.of`.

    Attributes:
        id: names it in generated clients: `create_lead`.
        answers: status → model; a `Text` for what is not JSON, None for no body.
        body: model of the body; None where it takes none.
        example: of the body, as JSON.
        query: parameter → sentence, for those that `parts.SENTENCES` has none for; of a door that refuses none, all.
        needed: parameters of the query that must be sent → an example.
        problems: status → further codes that it can be refused with.
        headers: further headers of its good answers; of `parts.HEADERS`.
        versioned: it answers one record with an ETag; a write takes If-Match, a GET If-None-Match.
        creates_only: it takes `If-None-Match: *`.
        shows: what `fields` may name, where the answers say it themselves.
        pages: statuses that a browser is told of by a page instead of a problem.
    """

    id: str
    answers: Mapping[int, Model | Text | None]
    body: Model | Form | None = None
    example: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    needed: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[int, Sequence[str]] = field(default_factory=dict)
    headers: Sequence[str] = ()
    versioned: bool = False
    creates_only: bool = False
    shows: Sequence[str] = ()
    pages: Sequence[int] = ()


class Made:
    """A schema that is made from a registry, in the place of a struct. Its docstring is its description."""

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """JSON Schema; other models are named by `{"$ref": "#/components/schemas/Money"}` and in `uses`."""
        raise NotImplementedError

    #: Models that the schema refers to.
    uses: ClassVar[tuple[Model, ...]] = ()


@functools.cache
def page_of(model: type) -> type:
    """A list's answer: `data` and `next_cursor`; the same type each time."""
    page = msgspec.defstruct(
        f"{model.__name__}Page",
        [("data", list[model]), ("next_cursor", _CURSOR)],  # type: ignore[valid-type]
        module=__name__,
    )
    page.__doc__ = f"A page of a list; `next_cursor` is null at its end. Records: {model.__name__}."
    return page


_CURSOR = str | None
