"""`leads create`: one lead from options, or many from lines of JSON, each of them once."""

from __future__ import annotations

import json
import re
import secrets
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import click

from cli import output, place
from cli.batches import Result, Sender
from cli.failures import FAILED, REMOTE, Failed, Remote, sentence
from cli.lines import read_lines
from cli.text import clean, shown

POLICIES = ("create", "attach", "update", "overwrite", "reject")


@click.command(name="create")
@click.option("--name")
@click.option("--company")
@click.option("--email", multiple=True, help="Repeatable.")
@click.option("--phone", multiple=True, help="Repeatable; as it is written, or E.164.")
@click.option("--comment")
@click.option("--tag", multiple=True, help="Repeatable.")
@click.option(
    "--set",
    "further",
    multiple=True,
    metavar="FIELD=VALUE",
    help='Any other field; JSON where it can be read as such: amount=\'{"amount": "99", "currency": "EUR"}\'.',
)
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Many leads: a JSON object per line; - or nothing at all is standard input.",
)
@click.option("--on-duplicate", type=click.Choice(POLICIES), help="What happens with who has an open lead.")
@click.option(
    "--run-id",
    metavar="TEXT",
    help="Name of this run over many: under the same one, no line is done twice within 48 hours.",
)
@click.option("--idempotency-key", metavar="TEXT", help="The same for one lead.")
@output.json_option
@place.api_options
def command(file: Path | None, further: tuple[str, ...], on_duplicate: str | None, run_id: str | None,
            idempotency_key: str | None, as_json: bool | None, url: str | None, key: str | None,
            **fields: Any) -> int:  # fmt: skip
    """Create a lead from options, or many from lines of JSON."""
    if idempotency_key and not re.fullmatch("[\x21-\x7e]{1,255}", idempotency_key):
        raise click.UsageError("--idempotency-key is 1 to 255 visible ASCII characters")
    values = values_of(further, **fields)
    if values:
        _only_for(bool(file or run_id), "--file and --run-id are for many leads, not with a lead's own fields")
        api = place.api(url, key)
        query = [("on_duplicate", on_duplicate)] if on_duplicate else []
        made = api.post("/v1/leads", values, key=idempotency_key or "", query=query).body
        _tell(made, output.wants_json(as_json))
        return 0
    _only_for(bool(idempotency_key), "--idempotency-key is for one lead; name a run over many with --run-id")
    if file is None and sys.stdin.isatty():
        raise click.UsageError("Say what the lead has (--name, --email, --phone …), or give --file or lines on stdin")
    sender = Sender(place.api(url, key), run_id or secrets.token_hex(8), on_duplicate)
    if file is None or str(file) == "-":
        return _many(sys.stdin.buffer, None, sender, output.wants_json(as_json))
    with file.open("rb") as stream:
        return _many(stream, file.stat().st_size, sender, output.wants_json(as_json))


def values_of(further: Iterable[str], *, email: tuple[str, ...], phone: tuple[str, ...], tag: tuple[str, ...],
              **plain: str | None) -> dict[str, Any]:  # fmt: skip
    """A lead's fields from options. Raises click.UsageError."""
    values: dict[str, Any] = {name: value for name, value in plain.items() if value is not None}
    for one, many, given in (("email", "emails", email), ("phone", "phones", phone)):
        if len(given) == 1:
            values[one] = given[0]
        elif given:
            values[many] = list(given)
    if tag:
        values["tags"] = list(tag)
    for each in further:
        name, equals, text = each.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--set takes field=value, not {clean(each)!r}")
        if name in values:
            raise click.UsageError(f"{clean(name)} is given twice")
        values[name] = _value(text)
    return values


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _only_for(wrong: bool, message: str) -> None:
    if wrong:
        raise click.UsageError(message)


def _tell(made: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        output.emit(made)
    else:
        output.say(f"{made.get('outcome', 'created')} {made['id']} {shown(made.get('title'))}")


def _many(stream: IO[bytes], size: int | None, sender: Sender, as_json: bool) -> int:
    counts: Counter[str] = Counter()
    worst = 0
    try:
        with output.progress("Leads", quiet=as_json, total=size) as advance:
            for result in _results(stream, sender, advance):
                counts[result.outcome] += 1
                worst = max(worst, result.status)
                if as_json:
                    output.emit(result.shown())
                elif result.problem:
                    output.say(f"line {result.number}: {sentence(result.status, result.problem)}")
    except (Remote, BrokenPipeError, KeyboardInterrupt) as stopped:
        output.note(f"Stopped. {_again(sender)}")
        if isinstance(stopped, Remote):
            raise
        raise Failed("Not all lines were done") from stopped
    if not as_json:
        output.say(", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items())) or "nothing to do")
    if worst >= 400:
        output.note(_again(sender))
    return REMOTE if worst >= 500 else FAILED if worst >= 400 else 0


def _results(stream: IO[bytes], sender: Sender, advance: Any) -> Iterator[Result]:
    for batch in sender.batches(read_lines(stream)):
        yield from sender.send(batch)
        advance(sum(each.size for each in batch))


def _again(sender: Sender) -> str:
    return f"Correct what failed and run it again with --run-id {sender.run_id}: what is done is not done twice."
