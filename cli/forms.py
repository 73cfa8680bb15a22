"""`leads forms`: website forms are listed, shown, made, and put on a page."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from rich.table import Table
from rich.text import Text

from cli import output, place
from cli.create import values_of
from cli.text import clean, local, shown

COLUMNS = ("id", "name", "active", "url", "source", "owner_id", "fields", "updated_at")
#: Option → member of the snippets.
WAYS = {"html": "html", "script": "embed", "iframe": "iframe", "link": "link"}
#: What stands above each, where all are printed.
SAID = {
    "html": "A plain form for your own page; needs no script:",
    "script": "The form in your page, by a script:",
    "iframe": "The form's page in a frame:",
    "link": "The form's own page:",
}


@click.group(name="forms")
def command() -> None:
    """List, show and make website forms, and print what to paste into a page."""


@command.command(name="list")
@output.json_option
@place.api_options
def show_all(as_json: bool | None, url: str | None, key: str | None) -> None:
    """List forms."""
    found = [each for page in place.api(url, key).pages("/v1/forms") for each in page]
    if output.wants_json(as_json):
        for each in found:
            output.emit(each)
        return
    output.table(COLUMNS, ({name: _cell(form, name) for name in COLUMNS} for form in found))


@command.command()
@click.argument("form_id", metavar="frm_…")
@output.json_option
@place.api_options
def show(form_id: str, as_json: bool | None, url: str | None, key: str | None) -> None:
    """Show a form with everything that it has."""
    form = place.api(url, key).get(_path(form_id)).body
    if output.wants_json(as_json):
        output.emit(form)
        return
    output.say(f"{form['name']} · {form['id']} · version {form['version']}")
    listed = Table.grid(padding=(0, 2))
    for name, value in form.items():
        if name not in ("id", "name", "version") and value not in (None, [], {}):
            text = local(value) if name.endswith("_at") else shown(value)
            listed.add_row(Text(name), Text(text))
    output.console().print(listed)


@command.command()
@click.option("--name", help="For you.")
@click.option("--set", "further", multiple=True, metavar="MEMBER=VALUE",
              help="Anything else; JSON where it can be read as such: hosts='[\"www.example.de\"]'.")  # fmt: skip
@click.option("--file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
              help="All of it as one JSON object; - is standard input.")  # fmt: skip
@output.json_option
@place.api_options
def create(name: str | None, further: tuple[str, ...], file: Path | None, as_json: bool | None, url: str | None,
           key: str | None) -> None:  # fmt: skip
    """Make a form, which takes posts at once."""
    body = {**(_read(file) if file else {}), **values_of(further, email=(), phone=(), tag=(), name=name)}
    if not body:
        raise click.UsageError("Say what the form is to have: --name, --set or --file")
    made = place.api(url, key).post("/v1/forms", body).body
    if output.wants_json(as_json):
        output.emit(made)
    else:
        output.say(f"created {made['id']} {shown(made['name'])} {made['url']}")
        output.note(f"What to paste into a page: leads forms embed {made['id']}")


@command.command()
@click.argument("form_id", metavar="frm_…")
@click.option("--html", "way", flag_value="html", help="Just the plain form.")
@click.option("--script", "way", flag_value="script", help="Just the script.")
@click.option("--iframe", "way", flag_value="iframe", help="Just the frame.")
@click.option("--link", "way", flag_value="link", help="Just the address.")
@click.option("--lang", type=click.Choice(("de", "en")), help="Of the words; else that of the visitor.")
@output.json_option
@place.api_options
def embed(
    form_id: str, way: str | None, lang: str | None, as_json: bool | None, url: str | None, key: str | None
) -> None:
    """Print what to paste into a page, as text unless --json is asked for."""
    if as_json and way:
        raise click.UsageError("--json has all of them; leave the other away")
    query = [("lang", lang)] if lang else []
    snippets = place.api(url, key).get(f"{_path(form_id)}/snippets", query).body
    if as_json:
        output.emit(snippets)
    elif way:
        _paste(snippets[WAYS[way]])
    else:
        for each, sentence in SAID.items():
            output.note(sentence)
            _paste(snippets[WAYS[each]])


def _paste(text: str) -> None:
    """As it is, lines and all: it is to be copied, and the API has escaped what could be markup."""
    for each in text.splitlines():
        output.say(each)


def _read(file: Path) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        body = json.loads(text)
    except (ValueError, OSError) as error:
        raise click.UsageError(f"{clean(str(file))} is no JSON: {clean(str(error))}") from error
    if not isinstance(body, dict):
        raise click.UsageError(f"{clean(str(file))} is no JSON object")
    return body


def _path(form_id: str) -> str:
    return f"/v1/forms/{quote(form_id, safe='')}"


def _cell(form: Mapping[str, Any], name: str) -> str:
    if name == "fields":
        return ", ".join(clean(field["field"]) for field in form["fields"])
    return local(form[name]) if name.endswith("_at") and form[name] else shown(form[name])
