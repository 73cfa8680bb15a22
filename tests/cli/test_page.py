"""docs/command-line.md names every command, and every option that it names exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli import failures
from cli.main import leads

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs/command-line.md").read_text(encoding="utf-8")


def commands(group: click.Group = leads, before: str = "leads") -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(click.Context(group)):
        found = group.get_command(click.Context(group), name)
        if isinstance(found, click.Group):
            yield from commands(found, f"{before} {name}")
        else:
            yield f"{before} {name}", found


def options(command: click.Command) -> set[str]:
    return {option for each in command.params for option in (*each.opts, *each.secondary_opts)}


def test_every_command_is_explained() -> None:
    explained = set(re.findall(r"^\| `(leads [a-z ]+)` \|", PAGE, re.MULTILINE))

    assert explained == {name for name, _ in commands()}


def test_every_option_that_the_page_names_exists() -> None:
    known = {option for _, command in commands() for option in options(command)} | {"--help"}

    assert set(re.findall(r"(--[a-z][a-z-]+)", PAGE)) <= known


def test_the_exit_codes_are_the_ones_told() -> None:
    told = [int(code) for code in re.findall(r"^\| `(\d)` \|", PAGE, re.MULTILINE)]

    assert told == [0, failures.FAILED, failures.USAGE, failures.REMOTE]


@pytest.mark.parametrize("page", ["docs/command-line.md", "docs/deploy.md"])
def test_every_example_is_a_command_with_options_that_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    known = dict(commands())
    examples = [shlex.split(line)[1:] for line in re.findall(r"^\.venv/bin/leads .*$", text, re.MULTILINE)]

    assert examples
    for words in examples:
        names = (" ".join(["leads", *words[:count]]) for count in (2, 1))
        name = next(name for name in names if name in known)
        assert {word for word in words if word.startswith("--")} <= options(known[name])


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_command_and_option_has_a_help_text_or_says_all_by_its_name(name: str, command: click.Command) -> None:
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name in ("as_json", "url", "key", "stack", "run_id"):
            assert parameter.help, f"{name} {parameter.name}"
