"""Create or change a lead under the id that another system knows it by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from chalicelib.domain.errors import Conflict, NotFound, PreconditionFailed
from chalicelib.domain.inbound import Raw
from chalicelib.domain.lead import Lead
from chalicelib.domain.write import Write
from chalicelib.services import answering, existing, lead_changes, workspace
from chalicelib.services import leads as new_leads
from chalicelib.services.answering import Written
from chalicelib.services.lead_changes import Change
from chalicelib.store import externals, receipts

#: How often a lead that came or went meanwhile is looked for again.
MOST_LOOKS = 4


def upsert(
    system: str, external_id: str, body: Mapping[str, Any], *, sent: bytes, write: Write, creates_only: bool = False
) -> Written:
    """Merge the body into the lead that has the id, or make one. Answers with outcome and receipt.

    Args:
        body: as sent; the id is added to its `external_ids`.
        sent: the same, byte for byte, for the receipt.
        creates_only: refuse where there is one.
    Raises:
        Invalid, Busy.
        PreconditionFailed: the lead is at another version, or there is one and there must be none.
        Conflict: it would become converted; or another of its ids is another lead's.
    """
    stored = answering.before(write)
    if stored:
        return stored
    for _ in range(MOST_LOOKS):
        found = existing.of_external_id(system, external_id, write.caller)
        try:
            if found is None:
                return _create(system, external_id, body, sent, write)
            if creates_only:
                extra = {"current": workspace.shown(found, write.at)}
                raise PreconditionFailed("There is a lead with this id", code="lead_exists", extra=extra)
            return _change(found, body, sent, write)
        except Conflict as conflict:
            if conflict.code != "external_id_taken" or externals.lead_of(system, external_id) in (None, _id_of(found)):
                raise  # another id of the body is the one that is taken
        except NotFound:
            continue
    raise Conflict("The lead of this id came and went; try again", code="external_id_taken")


def _id_of(lead: Lead | None) -> str | None:
    return lead.id if lead else None


def _create(system: str, external_id: str, body: Mapping[str, Any], sent: bytes, write: Write) -> Written:
    if write.versions is not None:
        raise PreconditionFailed("There is no lead with this id", code="version_mismatch", extra={"current": None})
    ids = body.get("external_ids") or {}
    whole = {**ids, system: external_id} if isinstance(ids, Mapping) else ids
    return new_leads.create({**body, "external_ids": whole}, sent=sent, write=write, policy="create")


def _change(found: Lead, body: Mapping[str, Any], sent: bytes, write: Write) -> Written:
    raw = Raw("api", "", f"{write.caller.id}/{write.request_id}", write.at, sent, "application/json")
    receipt = receipts.placed(receipts.new(raw))

    def answer(before: Lead, after: Lead) -> Written:
        outcome = "unchanged" if after is before else "updated"
        shown_after = {**workspace.shown(after, write.at), "outcome": outcome, "receipt_id": f"rcp_{receipt.id}"}
        headers = {"ETag": f'"{after.version}"', "Location": f"/v1/leads/lead_{after.id}"}
        return Written(200, orjson.dumps(shown_after), headers)

    def decide(before: Lead) -> Change:
        return lead_changes.patched(before, body, write.caller, write.at)

    return lead_changes.commit(found.id, write, decide, answer, receipt=receipt)
