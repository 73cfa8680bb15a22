"""How a command can end other than well, each with its exit code and one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli.text import clean

#: Exit codes. 2 is click's own, for what is wrong with the command as typed.
FAILED, USAGE, REMOTE = 1, 2, 3


class Failed(click.ClickException):
    """What was asked for was refused, or only partly done."""

    exit_code = FAILED


class Remote(click.ClickException):
    """Nobody answers, or not to this key, or only to say that they cannot."""

    exit_code = REMOTE


class Refused(Failed):
    """The API says why it does not do this.

    Attributes:
        problem: the problem document.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(sentence(status, problem))
        self.status = status
        self.problem = problem


def sentence(status: int, problem: Mapping[str, Any]) -> str:
    """A problem document on one line: status, code, and each field error, or else the detail."""
    errors = [f"{error.get('field') or 'all'}: {error.get('detail', '')}" for error in problem.get("errors") or []]
    told = " · ".join(errors) or str(problem.get("detail") or problem.get("title") or "no reason given")
    return clean(f"{status} {problem.get('code', '')}: {told}")
