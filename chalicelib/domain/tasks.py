"""What may be said of a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.domain import members
from chalicelib.domain.errors import Problem

LONGEST_TITLE = 255


def new(body: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The values of a new task, and what is wrong with them."""
    rules = {name: rule for name, rule in _RULES.items() if name != "done"}
    return members.clean(body, rules, needed=("title", "due_at"))


def changed(patch: Mapping[str, Any], shown: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The values that a merge patch names, and what is wrong with them.

    Args:
        shown: the task as it is shown.
    """
    return members.clean(patch, _RULES, needed=("title", "due_at", "done"), kept=shown)


_RULES: Mapping[str, members.Rule] = {
    "title": members.text(LONGEST_TITLE),
    "due_at": members.timely,
    "owner_id": members.text(),
    "done": members.flag,
}
