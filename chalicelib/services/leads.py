"""Leads by hand and by API: the caller sees the answer, so receipt and effect are one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from chalicelib.domain import fields
from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import Conflict, Invalid, KeyReused, NotFound, Problem
from chalicelib.domain.idempotency import Idempotency
from chalicelib.domain.inbound import Inbound, Raw
from chalicelib.domain.lead import Lead, shown
from chalicelib.domain.pipeline import CONVERTED, JUNK, OPEN
from chalicelib.domain.problems import problem
from chalicelib.services import enquiries, workspace
from chalicelib.services.enquiries import Enquiry, Standing
from chalicelib.services.settle import Known, Plan, settle
from chalicelib.store import answers, leads, receipts
from chalicelib.store.answers import Answer
from chalicelib.store.transport import Action

#: Fields that are not the person's but say where the lead stands.
STANDING = frozenset({"source", "source_detail", "status", "lost_reason", "owner_id"})


@dataclass(frozen=True)
class Written:
    """The answer to a write, as it is sent and stored.

    Attributes:
        body: JSON.
        replayed: it is the stored answer of an earlier request with the same Idempotency-Key.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    replayed: bool = False


def create(
    body: Mapping[str, Any],
    *,
    sent: bytes,
    caller: Caller,
    request_id: str,
    policy: str | None,
    idempotency: Idempotency | None,
    at: datetime,
) -> Written:
    """Make a lead of what a caller sent, or join it to the person's open one, as the policy says.

    Args:
        body: lead fields as the API takes them.
        sent: the same, byte for byte, for the receipt.
        request_id: names the delivery.
        policy: `create`, `attach` or `reject`; None for the workspace's setting.
        at: aware, UTC.
    Raises:
        Invalid: all problems at once.
        Conflict: the policy is `reject` and there is an open lead with one of the values; or the status is the
            converted one.
        Busy: nothing was written, try again.
    """
    values, standing = _checked(body, at)
    source = "manual" if standing.source == "manual" else "api"
    raw = Raw(source, "", f"{caller.id}/{request_id}", at, sent, "application/json")
    receipt = receipts.placed(receipts.new(raw))
    settings = workspace.settings(at)
    enquiry = Enquiry(
        inbound=Inbound(raw, values=body, entry_type="form_submission" if source == "api" else "note"),
        values=enquiries.completed(values),
        problems=(),
        origin=f"rcp_{receipt.id}",
        policy=policy or settings["on_duplicate"].get(source, "create"),
        statuses=workspace.statuses(),
        by=caller.id,
        receipt=f"rcp_{receipt.id}",
        standing=standing,
    )

    def decide(known: Known) -> Plan[Written]:
        effect = enquiries.decide(enquiry, known)
        record = effect.record or leads.get(effect.lead)
        if record is None:
            raise NotFound("The lead has just been deleted")
        written = _answer(effect.outcome, record, receipt.id)
        finished = replace(receipt, outcome=effect.outcome, lead=effect.lead)
        actions: list[Action] = [*effect.actions, receipts.put_finished(finished)]
        if idempotency:
            kept = Answer(idempotency.fingerprint, written.status, written.body, written.headers, enquiry.origin)
            actions.append(answers.store(caller.id, idempotency.key_hash, kept, at))
        return Plan(actions, written, joined=effect.joined)

    known = Known(at)
    if standing.status and standing.status.kind != OPEN:
        # a closed lead claims nothing, so no refusal would tell of an open one
        enquiries.look_first(enquiry, known)
    return settle(decide, lambda: _own(enquiry.origin, caller, idempotency, at), known)


def _checked(body: Mapping[str, Any], at: datetime) -> tuple[dict[str, Any], Standing]:
    """The values as a lead stores them, and where it stands. Raises Invalid with all problems, Conflict."""
    settings = workspace.settings(at)
    values, wrong = fields.clean_values(
        body, region=settings["default_region"], lenient=False, currency=settings["currency"]
    )
    problems = [*wrong, *_unknown(values, settings)]
    status = next((each for each in workspace.statuses() if each.id == values.get("status")), None)
    if status and status.kind == JUNK and not values.get("lost_reason"):
        problems.append(problem("lost_reason", "required"))
    if not problems and not fields.says_enough(values):
        problems.append(problem("", "says_nothing"))
    if problems:
        raise Invalid(problems)
    if status and status.kind == CONVERTED:
        raise Conflict("A lead becomes 'converted' by a conversion", code="conversion_required")
    lost_reason = values.get("lost_reason") if status and status.kind == JUNK else None
    standing = Standing(values.get("source") or "api", values.get("source_detail"), status, lost_reason)
    return {name: value for name, value in values.items() if name not in STANDING}, standing


def _unknown(values: Mapping[str, Any], settings: Mapping[str, Any]) -> list[Problem]:
    """What names a record that there is none of. There are no users yet, so every owner is unknown."""
    known = {
        "source": ("unknown_source", set(settings["sources"])),
        "status": ("unknown_status", {status.id for status in workspace.statuses()}),
        "lost_reason": ("unknown_lost_reason", {reason["id"] for reason in settings["lost_reasons"]}),
        "owner_id": ("unknown_user", set[str]()),
    }
    return [
        problem(name, code, values[name])
        for name, (code, ids) in known.items()
        if values.get(name) and values[name] not in ids
    ]


def _answer(outcome: str, record: Lead, receipt_id: str) -> Written:
    body = {**shown(record), "outcome": outcome, "receipt_id": f"rcp_{receipt_id}"}
    headers = {"Location": f"/v1/leads/lead_{record.id}", "ETag": f'"{record.version}"'}
    if record.duplicate_of and outcome == "created":
        headers["Link"] = f'</v1/leads/lead_{record.duplicate_of}>; rel="duplicate"'
    return Written(201 if outcome == "created" else 200, orjson.dumps(body), headers)


def _own(origin: str, caller: Caller, idempotency: Idempotency | None, at: datetime) -> Written | None:
    """What stands recorded for this request: the answer under its key, or the receipt under its id."""
    if idempotency:
        stored = answers.get(caller.id, idempotency.key_hash, at)
        if stored is None:
            return None
        if stored.fingerprint != idempotency.fingerprint:
            raise KeyReused("This Idempotency-Key was used for another request")
        return Written(stored.status, stored.body, stored.headers, replayed=stored.origin != origin)
    receipt = receipts.get(origin.removeprefix("rcp_"))
    record = leads.get(receipt.lead) if receipt and receipt.lead else None
    return _answer(receipt.outcome, record, receipt.id) if receipt and record else None
