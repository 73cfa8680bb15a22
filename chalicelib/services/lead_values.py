"""What a caller may say of a lead: values cleaned, and what they name looked up. All problems at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain import fields
from chalicelib.domain.errors import Conflict, Invalid, Problem
from chalicelib.domain.pipeline import CONVERTED, JUNK, first_open
from chalicelib.domain.problems import problem
from chalicelib.services import enquiries, own_fields, workspace
from chalicelib.services.enquiries import Standing

#: Fields that are not the person's but say where the lead stands.
STANDING = frozenset({"source", "source_detail", "status", "lost_reason", "owner_id"})


def checked(body: Mapping[str, Any], at: datetime) -> tuple[dict[str, Any], Standing]:
    """The values as a lead stores them, and where it stands. Raises Invalid with all problems, Conflict."""
    settings = workspace.settings(at)
    values, wrong = fields.clean_values(
        body,
        region=settings["default_region"],
        lenient=False,
        currency=settings["currency"],
        custom=own_fields.by_name(at, body.get("custom")),
    )
    values = own_fields.with_defaults(values, body.get("custom"), at)
    problems = [*wrong, *unknown(values, settings, at), *own_fields.unknown_users(values, at)]
    status = workspace.status(values["status"], at) if values.get("status") else None
    if status and status.kind == JUNK and not values.get("lost_reason"):
        problems.append(problem("lost_reason", "required"))
    where = status or first_open(workspace.statuses(at))
    said = {_field_of(each.field) for each in problems}
    lacking = own_fields.missing(enquiries.completed(values), where.id, at)
    problems += [each for each in lacking if each.field not in said]
    if not problems and not fields.says_enough(values):
        problems.append(problem("", "says_nothing"))
    if problems:
        raise Invalid(problems)
    if status and status.kind == CONVERTED:
        raise Conflict("A lead becomes 'converted' by a conversion", code="conversion_required")
    lost_reason = values.get("lost_reason") if status and status.kind == JUNK else None
    source, detail = values.get("source") or "api", values.get("source_detail")
    standing = Standing(source, detail, status, lost_reason, values.get("owner_id"))
    return {name: value for name, value in values.items() if name not in STANDING}, standing


def _field_of(place: str) -> str:
    """The field that a problem is about: `phone` and `phones[0].type` are about `phones`."""
    outer, _, inner = place.partition(".")
    outer = outer.partition("[")[0]
    if outer == "custom":
        return f"custom.{inner.partition('[')[0].partition('.')[0]}"
    return fields.SHORT_FORMS.get(outer, outer)


def unknown(values: Mapping[str, Any], settings: Mapping[str, Any], at: datetime) -> list[Problem]:
    """What names a record that there is none of; each is looked up anew before it is said to be missing."""
    checks: Mapping[str, tuple[str, Callable[[str], bool]]] = {
        "source": ("unknown_source", lambda source: workspace.source_exists(source, at)),
        "status": ("unknown_status", lambda status: workspace.status(status, at) is not None),
        "lost_reason": ("unknown_lost_reason", lambda reason: workspace.lost_reason_exists(reason, at)),
        "owner_id": ("unknown_user", lambda user: workspace.user_exists(user, at)),
    }
    return [
        problem(name, code, values[name])
        for name, (code, exists) in checks.items()
        if values.get(name) and not exists(values[name])
    ]
