"""What a command shows: a table on a terminal, a line of JSON per record anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from cli.text import clean, line

#: Cells: between two columns; of a column at most, where others need the room; and at least.
GAP, WIDEST, NARROWEST = 3, 28, 4


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--json` and `--table` on a command; without them what stdout is decides."""
    option = click.option(
        "--json/--table", "as_json", default=None, help="JSON lines, or for people; by default what the output is for."
    )
    return option(command)


def wants_json(as_json: bool | None) -> bool:
    """Whether JSON lines are wanted."""
    return not sys.stdout.isatty() if as_json is None else as_json


def emit(value: Any) -> None:
    """One line of JSON, at once: somebody may be reading as we go."""
    click.echo(line(value))


def say(text: str) -> None:
    """A line for people, on stdout, at once."""
    click.echo(clean(text))


def note(text: str) -> None:
    """A line for people beside the output, on stderr."""
    click.echo(clean(text), err=True)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # rich would end the process; `main` knows what to do


def console(*, err: bool = False) -> Console:
    """Made when needed: its streams and width are those of now."""
    return _Console(stderr=err, highlight=False, markup=False, emoji=False)


def table(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    """Rows by column name; the first column says which record it is, the last ones are left out where they do not fit.

    What is too long is cut with `…`; columns that are empty throughout are left out.
    """
    listed = [{name: clean(row.get(name, "")) for name in columns} for row in rows]
    screen = console()
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    widths = fitting({name: _width(name, listed) for name in columns if any(row[name] for row in listed)}, screen.width)
    for name, width in widths.items():
        # rich would take from all columns alike, and leave nothing of a narrow one
        shown.add_column(name, no_wrap=True, overflow="ellipsis", width=width)
    for row in listed:
        shown.add_row(*(Text(row[name]) for name in widths))
    screen.print(shown)


def fitting(needed: Mapping[str, int], available: int) -> dict[str, int]:
    """The columns that a screen has room for, from the first on, each with the cells that it gets.

    The first gets all it needs; of what is long the others get a part, and more where nobody else needs it.
    """
    first = next(iter(needed), "")
    widths = {name: width if name == first else min(width, WIDEST) for name, width in needed.items()}
    while len(widths) > 2 and sum(widths.values()) + GAP * (len(widths) - 1) > available:
        widths.popitem()
    left = available - sum(widths.values()) - GAP * (len(widths) - 1)
    for name in list(widths)[1:]:
        more = min(needed[name] - widths[name], left)
        if more:
            widths[name] = max(NARROWEST, widths[name] + more)
            left -= more
    return widths


def _width(name: str, rows: Iterable[Mapping[str, str]]) -> int:
    """Cells of a terminal that a column needs."""
    return max(cell_len(text) for text in (name, *(row[name] for row in rows)))


@contextmanager
def progress(label: str, *, quiet: bool, total: int | None = None) -> Iterator[Callable[..., None]]:
    """A bar on stderr, if that is a terminal.

    Args:
        quiet: none at all.
    Yields:
        what takes it further: `advance(3)` or `advance(done=17, total=100)`.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda *_, **__: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(err=True), transient=True) as bar:
        task = bar.add_task(label, total=total)

        def advance(by: int = 0, *, done: int | None = None, total: int | None = None) -> None:
            if done is None:
                bar.update(task, advance=by, total=total)
            else:
                bar.update(task, completed=done, total=total)

        yield advance
