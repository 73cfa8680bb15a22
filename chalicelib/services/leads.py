"""Leads by hand and by API: the caller sees the answer, so receipt and effect are one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from chalicelib.domain import fields
from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import Invalid, KeyReused, NotFound, Problem
from chalicelib.domain.idempotency import Idempotency
from chalicelib.domain.inbound import Inbound, Raw
from chalicelib.domain.lead import Lead, shown
from chalicelib.domain.problems import problem
from chalicelib.services import enquiries, workspace
from chalicelib.services.enquiries import Enquiry
from chalicelib.services.settle import Known, Plan, settle
from chalicelib.store import answers, leads, receipts
from chalicelib.store.answers import Answer
from chalicelib.store.transport import Action

#: What a caller may ask to happen with someone who has an open lead already.
POLICIES = ("create", "attach", "reject")
SOURCES = ("api", "manual")


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
        policy: of `POLICIES`; None for the workspace's setting.
        at: aware, UTC.
    Raises:
        Invalid: all problems at once.
        Conflict: the policy is `reject` and there is an open lead with one of the values.
        Busy: nothing was written, try again.
    """
    values, source = _checked(body, at)
    raw = Raw(source, "", f"{caller.id}/{request_id}", at, sent, "application/json")
    receipt = receipts.new(raw)
    settings = workspace.settings(at)
    enquiry = Enquiry(
        inbound=Inbound(raw, values={}, entry_type="form_submission" if source == "api" else "note"),
        values=enquiries.completed(values),
        problems=(),
        origin=f"rcp_{receipt.id}",
        policy=policy or settings["on_duplicate"].get(source, "create"),
        statuses=workspace.statuses(),
        by=caller.id,
        receipt=f"rcp_{receipt.id}",
    )

    def decide(known: Known) -> Plan[Written]:
        effect = enquiries.decide(enquiry, known)
        record = effect.record or leads.get(effect.lead)
        if record is None:
            raise NotFound("The lead has just been deleted")
        written = _answer(effect.outcome, record, receipt.id)
        finished = receipts.new(raw, outcome=effect.outcome, lead=effect.lead)
        actions: list[Action] = [*effect.actions, receipts.put_finished(finished)]
        if idempotency:
            kept = Answer(idempotency.fingerprint, written.status, written.body, written.headers, enquiry.origin)
            actions.append(answers.store(caller.id, idempotency.key_hash, kept, at))
        return Plan(actions, written, joined=effect.joined)

    return settle(decide, lambda: _own(enquiry.origin, caller, idempotency, at), Known(at))


def get(lead_id: str) -> Lead:
    """The lead. Raises NotFound, with `restorable_until` if it was deleted."""
    lead = leads.get(lead_id)
    if lead is None or lead.deleted_at:
        raise NotFound("There is no such lead", code="lead_not_found" if lead is None else "lead_deleted")
    return lead


def _checked(body: Mapping[str, Any], at: datetime) -> tuple[dict[str, Any], str]:
    settings = workspace.settings(at)
    sent = dict(body)
    problems: list[Problem] = []
    source = sent.pop("source", None) or "api"
    if source not in SOURCES:
        problems.append(problem("source", "unknown_source", source))
    if sent.pop("owner_id", None) is not None:
        problems.append(problem("owner_id", "unknown_user", body["owner_id"]))
    values, wrong = fields.clean_values(
        sent, region=settings["default_region"], lenient=False, currency=settings["currency"]
    )
    problems.extend(wrong)
    if not problems and not fields.says_enough(values):
        problems.append(problem("", "says_nothing"))
    if problems:
        raise Invalid(problems)
    return values, str(source)


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
            raise KeyReused((), "This Idempotency-Key was used for another request")
        return Written(stored.status, stored.body, stored.headers, replayed=stored.origin != origin)
    receipt = receipts.get(origin.removeprefix("rcp_"))
    record = leads.get(receipt.lead) if receipt and receipt.lead else None
    return _answer(receipt.outcome, record, receipt.id) if receipt and record else None
