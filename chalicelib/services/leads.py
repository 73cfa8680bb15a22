"""Leads by hand and by API: the caller sees the answer, so receipt and effect are one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from chalicelib.domain.errors import Invalid, NotFound
from chalicelib.domain.inbound import Inbound, Raw
from chalicelib.domain.lead import Lead
from chalicelib.domain.pipeline import OPEN
from chalicelib.domain.write import Write
from chalicelib.services import answering, assignment, enquiries, lead_values, workspace
from chalicelib.services.answering import Written
from chalicelib.services.enquiries import Enquiry
from chalicelib.services.settle import Known, Plan, settle
from chalicelib.store import leads, receipts


def create(
    body: Mapping[str, Any],
    *,
    sent: bytes,
    write: Write,
    policy: str | None,
) -> Written:
    """Make a lead of what a caller sent, or join it to the person's open one, as the policy says.

    Args:
        body: lead fields as the API takes them.
        sent: the same, byte for byte, for the receipt.
        policy: `create`, `attach` or `reject`; None for the workspace's setting.
    Raises:
        Invalid: all problems at once; required fields are asked of a lead that is made, not of one that is joined.
        Conflict: the policy is `reject` and there is an open lead with one of the values; or the status is the
            converted one.
        Busy: nothing was written, try again.
    """
    at, caller = write.at, write.caller
    values, standing, lacking = lead_values.checked(body, caller, at)
    source = "manual" if standing.source == "manual" else "api"
    raw = Raw(source, "", f"{caller.id}/{write.request_id}", at, sent, "application/json")
    receipt = receipts.placed(receipts.new(raw))
    settings = workspace.settings(at)
    enquiry = Enquiry(
        inbound=Inbound(raw, values=body, entry_type="form_submission" if source == "api" else "note"),
        values=enquiries.completed(values),
        problems=(),
        origin=f"rcp_{receipt.id}",
        policy=policy or settings["on_duplicate"].get(source, "create"),
        statuses=workspace.statuses(at),
        by=caller.id,
        receipt=f"rcp_{receipt.id}",
        standing=standing,
    )

    def decide(known: Known) -> Plan[Written]:
        effect = enquiries.decide(enquiry, known)
        if lacking and effect.outcome == "created":
            raise Invalid(lacking)
        record = effect.record or leads.get(effect.lead)
        if record is None:
            raise NotFound("The lead has just been deleted")
        written = _answer(effect.outcome, record, receipt.id, at)
        finished = replace(receipt, outcome=effect.outcome, lead=effect.lead)
        actions = [*effect.actions, receipts.put_finished(finished), *answering.keep(write, written, enquiry.origin)]
        return Plan(actions, written, joined=effect.joined)

    with assignment.choice(enquiry.source, at) as choice:
        enquiry, known = replace(enquiry, assign=choice), Known(at)
        if lacking or (standing.status and standing.status.kind != OPEN):
            # a closed lead claims nothing, so no refusal would tell of an open one; nor would one that is not written
            enquiries.look_first(enquiry, known)
        written = settle(decide, lambda: _own(receipt.id, write), known)
        choice.kept = written.status == 201
    return written


def _answer(outcome: str, record: Lead, receipt_id: str, at: datetime) -> Written:
    body = {**workspace.shown(record, at), "outcome": outcome, "receipt_id": f"rcp_{receipt_id}"}
    headers = {"Location": f"/v1/leads/lead_{record.id}", "ETag": f'"{record.version}"'}
    if record.duplicate_of and outcome == "created":
        headers["Link"] = f'</v1/leads/lead_{record.duplicate_of}>; rel="duplicate"'
    return Written(201 if outcome == "created" else 200, orjson.dumps(body), headers)


def _own(receipt_id: str, write: Write) -> Written | None:
    """What stands recorded for this request: the answer under its key, or the receipt under its id."""
    if write.idempotency:
        return answering.before(write, f"rcp_{receipt_id}")
    receipt = receipts.get(receipt_id)
    record = leads.get(receipt.lead) if receipt and receipt.lead else None
    return _answer(receipt.outcome, record, receipt.id, write.at) if receipt and record else None
