"""`leads`: the commands, and how each of them ends."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from cli.failures import FAILED


class _NobodyReads(Exception):
    """`leads list | head`: whoever read has seen enough."""


class _Commands(click.Group):
    """Loads a command's module when it is asked for: `leads list` needs no AWS."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _NobodyReads from error  # click would end with 1

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        module = import_module(COMMANDS[cmd_name])
        found: click.Command = module.command
        return found


#: Name → module, whose `command` it is.
COMMANDS = {
    "create": "cli.create",
    "list": "cli.listing",
    "show": "cli.show",
    "tail": "cli.tail",
    "export": "cli.export",
    "forms": "cli.forms",
    "receipts": "cli.receipts",
    "keys": "cli.keys",
    "doctor": "cli.doctor",
    "recount": "cli.recount",
}


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def leads() -> None:
    """Leadger from the command line.

    Commands speak to the API at --url with --key (LEADGER_URL, LEADGER_KEY), or to the local run that `make run`
    started. They end with 0 if all is well, 1 if something failed, 2 if the command is wrong, 3 if nobody answers.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
    _as_utf8()
    try:
        result = leads.main(args=arguments, prog_name="leads", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except _NobodyReads:
        _close_stdout()
        return 0
    except click.ClickException as failure:
        failure.show()
        return failure.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted", err=True)
        return FAILED


def _as_utf8() -> None:
    """Umlauts whatever the locale says: JSON is UTF-8, and a terminal that is not shows a `?`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _close_stdout() -> None:
    """Python would flush it at its end, and complain once more."""
    with contextlib.suppress(OSError, io.UnsupportedOperation):  # a stdout that is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
