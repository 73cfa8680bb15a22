"""Create or change a lead under the id that another system knows it by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from chalicelib.domain import external_ids
from chalicelib.domain.cleaning import one_line, sound
from chalicelib.domain.errors import Conflict, Invalid, NotFound, PreconditionFailed
from chalicelib.domain.inbound import Raw
from chalicelib.domain.lead import Lead
from chalicelib.domain.paths import written
from chalicelib.domain.problems import problem
from chalicelib.domain.write import Write
from chalicelib.services import answering, existing, lead_changes, workspace
from chalicelib.services import leads as new_leads
from chalicelib.services.answering import Written
from chalicelib.services.lead_changes import Change
from chalicelib.store import externals, receipts

#: How often a lead that came or went meanwhile is looked for again.
MOST_LOOKS = 4


def upsert(
    system: str,
    external_id: str,
    body: Mapping[str, Any],
    *,
    sent: bytes,
    write: Write,
    creates_only: bool = False,
    changes_only: bool = False,
) -> Written:
    """Merge the body into the lead that has the id, or make one. Answers with outcome and receipt.

    Args:
        body: as sent; the id may be among its `external_ids`.
        sent: the same, byte for byte, for the receipt.
        creates_only: refuse where there is one; `changes_only`, or where a version is asked for: where there is none.
    Raises:
        Invalid, also where the body says another id of the system; Busy.
        PreconditionFailed: the lead is at another version, or there is one and there must be none.
        Conflict: it would become converted; or another of its ids is another lead's.
    """
    stored = answering.before(write)
    if stored:
        return stored
    system, external_id = external_ids.spelled(system, external_id)
    body = _without(system, external_id, body)
    for _ in range(MOST_LOOKS):
        found = existing.of_external_id(system, external_id, write.caller)
        try:
            if found is None:
                if changes_only or write.versions is not None:
                    detail = "There is no lead with this id"
                    raise PreconditionFailed(detail, code="version_mismatch", extra={"current": None})
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


def _without(system: str, external_id: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body without the id that the lead goes by. Raises Invalid: it says another one, or none."""
    ids = body.get("external_ids", {})
    if ids is None:
        raise Invalid([problem("external_ids", "read_only")])
    if not isinstance(ids, Mapping) or system not in ids:
        return body
    said = ids[system]
    if not isinstance(said, str | int) or one_line(sound(str(said))) != external_id:
        raise Invalid([problem(written(("external_ids", system)), "read_only", said)])
    return {**body, "external_ids": {name: value for name, value in ids.items() if name != system}}


def _id_of(lead: Lead | None) -> str | None:
    return lead.id if lead else None


def _create(system: str, external_id: str, body: Mapping[str, Any], sent: bytes, write: Write) -> Written:
    ids = body.get("external_ids", {})
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
