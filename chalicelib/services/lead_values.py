"""What a caller may say of a lead: values cleaned, and what they name looked up. All problems at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain import changes, fields
from chalicelib.domain.caller import Caller
from chalicelib.domain.changes import Move
from chalicelib.domain.errors import Conflict, Invalid, Problem
from chalicelib.domain.lead import Lead
from chalicelib.domain.pipeline import CONVERTED, JUNK, OPEN, first_open
from chalicelib.domain.problems import problem
from chalicelib.services import enquiries, own_fields, owners, workspace
from chalicelib.services.enquiries import Standing

#: Fields that are not the person's but say where the lead stands.
STANDING = frozenset({"source", "source_detail", "status", "lost_reason", "owner_id"})


def checked(body: Mapping[str, Any], caller: Caller, at: datetime) -> tuple[dict[str, Any], Standing, list[Problem]]:
    """The values as a lead stores them, where it stands, and what a new lead lacks there.

    Raises:
        Invalid: all problems at once; what is lacking alone is none, for it is asked of new leads only.
        Conflict: it would be converted.
    """
    settings = workspace.settings(at)
    body, nobody = owners.written(body, caller)
    values, wrong = fields.clean_values(
        body,
        region=settings["default_region"],
        lenient=False,
        currency=settings["currency"],
        custom=own_fields.by_name(at, body.get("custom")),
    )
    values = own_fields.with_defaults(values, body.get("custom"), at)
    problems = [*nobody, *wrong, *unknown(values, settings, at), *own_fields.unknown_users(values, at)]
    status = workspace.status(values["status"], at) if values.get("status") else None
    problems += _lost_reason(status.kind if status else OPEN, values.get("lost_reason"), values.get("lost_reason"))
    where = status or first_open(workspace.statuses(at))
    lacking = _unsaid(own_fields.missing(enquiries.completed(values), where.id, at), problems)
    if not problems and not lacking and not fields.says_enough(values):
        problems.append(problem("", "says_nothing"))
    if problems:
        raise Invalid([*problems, *lacking])
    if status and status.kind == CONVERTED:
        raise Conflict("A lead becomes 'converted' by a conversion", code="conversion_required")
    standing = Standing(
        values.get("source") or "api",
        values.get("source_detail"),
        status,
        values.get("lost_reason"),
        values.get("owner_id"),
    )
    return {name: value for name, value in values.items() if name not in STANDING}, standing, lacking


def checked_patch(body: Mapping[str, Any], before: Lead, caller: Caller, at: datetime) -> tuple[dict[str, Any], Move]:
    """All values of a lead as a merge patch leaves them, and its move. Raises Invalid with all problems, Conflict.

    Args:
        body: as sent.
        before: the lead as it is.
    """
    settings, shown = workspace.settings(at), workspace.shown(before, at)
    body, nobody = owners.written(changes.news(body, shown), caller)
    cleaned, wrong = fields.clean_values(
        _with_whole_amount(body, before),
        region=settings["default_region"],
        lenient=False,
        currency=settings["currency"],
        custom=own_fields.by_name(at, body.get("custom")),
        record=shown,
    )
    problems = [*nobody, *wrong, *unknown(cleaned, settings, at), *own_fields.unknown_users(cleaned, at)]
    problems += [problem(name, "required") for name in ("status", "source") if name in body and not cleaned.get(name)]
    status = workspace.status(cleaned["status"], at) if cleaned.get("status") else None
    move = Move(
        status, *(_sent(name, body, cleaned) for name in ("lost_reason", "owner_id", "source", "source_detail"))
    )
    kind = status.kind if status else before.kind
    stays = before.lost_reason if before.kind == JUNK and move.lost_reason is None else move.lost_reason
    problems += _lost_reason(kind, stays, move.lost_reason)
    values = changes.merged(before.values, {n: v for n, v in body.items() if n not in STANDING}, cleaned)
    problems += _unsaid(_lacking(before, values, status.id if status else before.status, at), problems)
    if not problems and not fields.says_enough(values):
        problems.append(problem("", "says_nothing"))
    if problems:
        raise Invalid(_each_once(problems))
    if kind != before.kind and CONVERTED in (kind, before.kind):
        told = "becomes 'converted' by a conversion" if kind == CONVERTED else "leaves 'converted' by undoing it"
        raise Conflict(f"A lead {told}", code="conversion_required")
    return values, move


def _lacking(before: Lead, values: Mapping[str, Any], status_id: str, at: datetime) -> list[Problem]:
    """What a changed lead lacks in its status: all of it where it gets there now, else what the change has cleared."""
    lacking = own_fields.missing(values, status_id, at)
    if status_id != before.status:
        return lacking
    lacked = own_fields.missing(before.values, status_id, at)
    return [each for each in lacking if each not in lacked]


def _unsaid(lacking: list[Problem], problems: list[Problem]) -> list[Problem]:
    """What is lacking, but for fields that a problem names already."""
    said = {_field_of(each.field) for each in problems}
    return [each for each in lacking if each.field not in said]


def _sent(name: str, body: Mapping[str, Any], cleaned: Mapping[str, Any]) -> str | None:
    """A field as a move takes it: None where it was not sent, empty where it is cleared."""
    return (cleaned.get(name) or "") if name in body else None


def _with_whole_amount(body: Mapping[str, Any], before: Lead) -> Mapping[str, Any]:
    """A patch of the amount may name only one of amount and currency; the type cleans both."""
    sent, stored = body.get("amount"), before.values.get("amount")
    return {**body, "amount": {**stored, **sent}} if isinstance(sent, Mapping) and sent and stored else body


def _lost_reason(kind: str, reason: str | None, sent: str | None) -> list[Problem]:
    """A junk status needs a reason, the others have none."""
    if kind == JUNK and not reason:
        return [problem("lost_reason", "required")]
    if kind != JUNK and sent:
        return [problem("lost_reason", "not_lost", sent)]
    return []


def _each_once(problems: list[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))


def _field_of(place: str) -> str:
    """The field that a problem is about: `phone` and `phones[0].type` are about `phones`."""
    outer, _, inner = place.partition(".")
    outer = outer.partition("[")[0]
    if outer == "custom":
        return f"custom.{inner.partition('[')[0].partition('.')[0]}"
    return fields.SHORT_FORMS.get(outer, outer)


def unknown_owner(owner: str | None, at: datetime) -> list[Problem]:
    """The problem of an `owner_id` that names nobody; none for nobody."""
    return unknown({"owner_id": owner}, workspace.settings(at), at)


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
