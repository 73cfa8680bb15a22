"""A status goes and its leads go to another one: it is retired with a job that moves them, and forgotten at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain import collection, pipeline, statuses
from chalicelib.domain.errors import Conflict
from chalicelib.domain.pipeline import Status, Statuses
from chalicelib.domain.times import parse
from chalicelib.domain.work import Work
from chalicelib.domain.write import Write
from chalicelib.services import document_changes, documents, workspace
from chalicelib.services import work as jobs
from chalicelib.services.answering import Written, written
from chalicelib.services.settle import Known
from chalicelib.services.statuses import check, edit, of, refuse_in_use
from chalicelib.store import work as stored
from chalicelib.store.documents import Document
from chalicelib.store.transport import Action

#: The kind of the job.
KIND = "move_leads"
#: Twice as long as others may go by the statuses they have read: after it, nobody puts a lead into a retired one.
WAIT = 2 * documents.CACHED_FOR


def retire(status_id: str, move_to: str, lost_reason: str | None, write: Write) -> Written:
    """Retire a status and make the job that moves its leads, in one transaction. 202 with the job.

    Args:
        move_to: another status, open or junk.
        lost_reason: of leads that become junk by that.
    Raises:
        NotFound, PreconditionFailed, Invalid, KeyReused, Busy.
        Conflict: it is the last of its kind.
    """
    made: list[Work] = []
    parameters: dict[str, Any] = {}

    def apply(document: Document, known: Known) -> Statuses:
        current = of(document)
        check(current, status_id, write)
        unknown = bool(lost_reason) and not workspace.lost_reason_exists(str(lost_reason), write.at)
        to = statuses.heir(current, status_id, move_to, lost_reason, is_unknown=unknown)
        parameters.update({"from": status_id, "to": to["id"], "kind": to["kind"], "lost_reason": lost_reason})
        return statuses.retired(current, status_id, write.at)

    def answer(_: Document, known: Known) -> Written:
        made[:] = [jobs.queued(KIND, known, write)]
        return jobs.accepted(made[0])

    def beside(known: Known) -> Sequence[Action]:
        return stored.create(jobs.queued(KIND, known, write), parameters)

    told = document_changes.change(replace(edit(apply, answer), beside=beside), write)
    if made and not told.replayed:
        jobs.announce(made[0].id, int(WAIT.total_seconds()))
    return told


def seconds_left(status_id: str, at: datetime) -> int | None:
    """Whole seconds until no lead can enter the retired status any more; None where it is not retired any more."""
    retired = next((each for each in _now(at).retired if each["id"] == status_id), None)
    if retired is None:
        return None
    left = WAIT - (at - parse(retired["retired_at"]))
    return max(0, -int(-left.total_seconds() // 1))


def heir(status_id: str, kind: str, at: datetime) -> Status:
    """The status that leads go to; if that has been deleted, too, the first one of its kind."""
    usable = _now(at).usable()
    alike = [each for each in usable if each.kind == kind]
    return next((each for each in alike if each.id == status_id), alike[0])


def forget(status_id: str, write: Write) -> None:
    """Remove a retired status for good, once it is settled and empty. Raises NotFound, Conflict, Busy."""

    def apply(document: Document, known: Known) -> Statuses:
        current = of(document)
        place = collection.found(current.retired, status_id, "status")
        if write.at - parse(current.retired[place]["retired_at"]) < WAIT:
            raise Conflict("Others may still go by the statuses they have read; wait a minute")
        refuse_in_use(status_id)
        return statuses.forgotten(current, status_id)

    document_changes.change(edit(apply, lambda *_: written(204)), write)


def _now(at: datetime) -> Statuses:
    return pipeline.of_content(documents.fresh(documents.STATUSES, at).content)
