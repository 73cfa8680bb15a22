"""Owners as callers name them: a user, `me`, who is the user that the caller's key acts for, and in filters nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import Problem
from chalicelib.domain.problems import problem
from chalicelib.services import workspace

ME, NOBODY = "me", "none"


def asked_for(owner: str | None, viewer: Caller, at: datetime) -> tuple[str | None, list[Problem]]:
    """The owner that a filter names, `me` as the user that it is, and what is wrong with it."""
    if owner == ME:
        return viewer.user_id, _nobody(viewer)
    if not owner or owner == NOBODY or workspace.user_exists(owner, at):
        return owner, []
    return owner, [problem("owner_id", "unknown_user", owner)]


def written(body: Mapping[str, Any], caller: Caller) -> tuple[Mapping[str, Any], list[Problem]]:
    """A body as sent with the caller's user in the place of `me`, and what is wrong with that.

    Whether there is a user of any other id is for the rules of the body.
    """
    if body.get("owner_id") != ME:
        return body, []
    return {**body, "owner_id": caller.user_id}, _nobody(caller)


def _nobody(caller: Caller) -> list[Problem]:
    return [] if caller.user_id else [problem("owner_id", "no_user", ME)]
