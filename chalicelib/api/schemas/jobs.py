"""Long work in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chalicelib.api.schemas import values as v
from chalicelib.api.schemas.description import Described, page_of
from chalicelib.domain import work
from chalicelib.services.work import SCOPES

_ID = "[0-9A-HJKMNP-TV-Z]"

JobId = Annotated[str, Meta(pattern=f"^job_{_ID}{{11}}$", examples=["job_0J5Q2M8T3XF"])]
ExportId = Annotated[str, Meta(pattern=f"^exp_{_ID}{{11}}$", examples=["exp_0J5Q2M8T3XF"])]
WorkStatus = Annotated[str, Meta(examples=[work.DONE], extra_json_schema={"x-extensible-enum": list(work.STATUSES)})]
Total = Annotated[int | None, Meta(description="Of the leads; null until they are counted.", examples=[250])]
Done = Annotated[int, Meta(ge=0, description="How many of them have their outcome.", examples=[250])]
Eta = Annotated[int | None, Meta(description="Until it is done; null where nobody can tell.", examples=[0])]


class JobFailure(msgspec.Struct):
    """Why nobody goes on with a job."""

    code: Annotated[str, Meta(description="For machines; stable.", examples=["gave_up"])]
    detail: v.Sentence


class RefusedLead(msgspec.Struct):
    """A lead that could not be changed."""

    lead_id: v.LeadId
    code: Annotated[str, Meta(description="For machines; stable.", examples=["external_id_taken"])]
    detail: v.Sentence


class JobResult(msgspec.Struct):
    """How many leads had which outcome so far; what there was none of is absent."""

    changed: v.Count | UnsetType = UNSET
    unchanged: v.Count | UnsetType = UNSET
    refused: v.Count | UnsetType = UNSET
    exported: v.Count | UnsetType = UNSET
    reasons: Annotated[
        list[RefusedLead] | UnsetType,
        Meta(description=f"Of the first {work.MOST_REASONS} that were refused, where one job is shown."),
    ] = UNSET
    export_id: ExportId | UnsetType = UNSET


class Job(msgspec.Struct):
    """Long work: what is asked for, how far it is, and what came of it."""

    id: JobId
    kind: Annotated[str, Meta(examples=["bulk"], extra_json_schema={"x-extensible-enum": list(SCOPES)})]
    status: WorkStatus
    total: Total
    done: Done
    eta_seconds: Eta
    result: JobResult
    failure: JobFailure | None
    created_by: v.ActorId
    created_at: v.Moment
    updated_at: v.Moment
    finished_at: v.Moment | None


OPERATIONS: Mapping[str, Described] = {
    "GET /v1/jobs": Described("list_jobs", answers={200: page_of(Job)}),
    "GET /v1/jobs/{job_id}": Described("get_job", answers={200: Job}),
    "POST /v1/jobs/{job_id}/cancel": Described(
        "cancel_job", answers={200: Job}, problems={403: ("scope_missing",), 409: ("job_finished",)}
    ),
}
