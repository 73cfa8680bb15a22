"""Long work as stages for the harness: bulk changes, exports, moves; begun over HTTP, worked on by the queue."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from unittest import mock

from chalicelib.services import exports
from chalicelib.store import uploads
from tests.faults.entries import (
    AENNE,
    JOERG,
    Context,
    Delivery,
    Entry,
    created_by_api,
    over_http,
    same_answers,
    swept,
    trigger,
)
from tests.faults.harness import Refused, Story
from tests.faults.model import Person, Sent
from tests.faults.settings_entries import content
from tests.faults.world import World

PATCH = {"company": "Neu AG", "status": "processed"}


def asks(path: str, body: Mapping[str, Any], key: str = "") -> Callable[[World], Any]:
    """Somebody asks for long work."""
    headers = {"Idempotency-Key": key} if key else {}

    def send(world: World) -> Any:
        answer = over_http("POST", path, json=dict(body), headers=headers)
        return answer if key else answer["status"]

    return send


def left(ask: Callable[[World], Any]) -> Callable[[World], None]:
    """Asked for, and nobody has begun."""

    def arrange(world: World) -> None:
        ask(world)

    return arrange


def lost(ask: Callable[[World], Any]) -> Callable[[World], None]:
    """Asked for, and the message got lost."""

    def arrange(world: World) -> None:
        ask(world)
        world._take("work")
        world.handed_back["work"].clear()

    return arrange


def worked_on(context: Callable[[], Any] = Context, times: int = 1) -> Callable[[World], str]:
    """The queue hands out the one job there is, so often at once that it has been delivered; the same if it is over."""

    def send(world: World) -> str:
        if not world.waiting("work"):
            for job in world.of_type("job"):
                for _ in range(times):
                    world.send("work", {"job": job["pk"].removeprefix("J#")})
        world.hand_out("work", trigger("work", context))
        if world.waiting("work"):
            raise Refused("goes on, or was given back to the queue")
        return "taken"

    return send


def with_small_pages(send: Callable[[World], str], part_bytes: int) -> Callable[[World], str]:
    """Two leads are two pages, and, if a part is that small, two parts."""

    def send_so(world: World) -> str:
        small = mock.patch.object(exports, "PAGE", 1), mock.patch.object(uploads, "PART_BYTES", part_bytes)
        with small[0], small[1]:
            return send(world)

    return send_so


def cancels(world: World) -> Any:
    """Somebody stops the one job there is."""
    (job,) = world.of_type("job")
    return over_http("POST", f"/v1/jobs/job_{job['pk'].removeprefix('J#')}/cancel", json={},
                     headers={"Idempotency-Key": "c-1"})["body"]["status"]  # fmt: skip


def deletes_status(world: World) -> Any:
    """Nobody can be in `new` any more; whoever is there is to be moved."""
    return over_http("DELETE", "/v1/statuses/new?move_to=processed", headers={"Idempotency-Key": "d-1"})


def status_deleted(world: World) -> None:
    """Asked for, and the minute that the job waits has passed."""
    deletes_status(world)
    world.later(61)


def forgotten(world: World, story: Story) -> Iterable[str]:
    """Each lead has changed at most once; no status is left that leads are to leave; who was told so was told once."""
    yield from all_changed(world, story)
    yield from same_answers(world, story)
    statuses = content(world, "statuses")
    if statuses.get("retired") or len(world.of_type("job")) > 1:
        yield f"retired: {statuses.get('retired')}, {len(world.of_type('job'))} jobs"


def all_changed(world: World, story: Story) -> Iterable[str]:
    """Each lead has changed at most once, and as often as the jobs say."""
    versions = [lead["version"] for lead in world.of_type("lead")]
    changed = sum(job["counts"].get("changed", 0) for job in world.of_type("job") if "counts" in job)
    if any(version not in (1, 2) for version in versions) or sum(versions) - len(versions) != changed:
        yield f"the leads are at {versions}, the jobs say {changed} changed"


def all_exported(world: World, story: Story) -> Iterable[str]:
    """Each export that is done has its file, with every lead once."""
    leads = sorted(f"lead_{lead['pk'].removeprefix('L#')}" for lead in world.of_type("lead"))
    for job in world.of_type("job"):
        key = f"exports/{job['pk'].removeprefix('J#')}/leads.jsonl"
        if key not in world.object_keys("files"):
            yield f"there is no {key}"
            continue
        body = world._bucket("files").keys[key].value
        lines = [json.loads(line)["id"] for line in body.decode().splitlines()]
        if lines != leads or job["counts"] != {"exported": len(leads)} or job["state"]["bytes"] != len(body):
            yield f"{key} holds {lines}, there are {leads}; the job says {job['counts']}"


def stories(world: World) -> list[Entry]:
    """Every kind of long work, from asking for it to its end."""
    people = (created_by_api(JOERG), created_by_api(AENNE))
    sent = tuple(each for delivery in people for each in delivery.sent)

    def processed(*persons: int) -> tuple[Sent, ...]:
        """What everybody is, once some of them have been moved: each edit is of the person made just before."""
        return tuple(
            each for number, one in enumerate(sent) for each in (one, *([_PROCESSED] if number in persons else []))
        )

    both = processed(0, 1)
    bulk = asks("/v1/leads/bulk", {"filters": {"status": "new"}, "set": PATCH})
    bulk_once = asks("/v1/leads/bulk", {"filters": {"status": "new"}, "set": PATCH}, "b-1")
    export = asks("/v1/exports", {"filters": {}, "format": "jsonl"}, "x-1")

    def story(name: str, door: str, send: Callable[[World], Any], **more: Any) -> Entry:
        return Entry(name, (door,), world, Delivery(send, ()), people, **more)

    def queued(name: str, send: Callable[[World], Any], door: str = "work", **more: Any) -> Entry:
        return story(name, door, send, always_redelivered=True, **more)

    def pieces() -> Context:
        return Context(looks=2)

    once = {"becomes": both, "expect": lambda world, story: (*all_changed(world, story), *same_answers(world, story))}
    by_queue = {"becomes": both, "expect": all_changed}
    moved = {"becomes": both, "expect": forgotten}
    return [
        story("bulk change, asked for", "POST /v1/leads/bulk", bulk_once, **once),
        story("bulk change without a key", "POST /v1/leads/bulk", bulk, **by_queue),
        queued("bulk change", worked_on(), arrange=left(bulk_once), **by_queue),
        queued("bulk change, time is up after each lead", worked_on(pieces), arrange=left(bulk_once), long=True,
               **by_queue),
        queued("bulk change, handed out twice", worked_on(times=2), arrange=left(bulk_once), long=True, **by_queue),
        queued("sweep: a bulk change nobody goes on with", swept, "sweep", arrange=lost(bulk_once), **by_queue),
        story("bulk change, cancelled", "POST /v1/jobs/{job_id}/cancel", cancels, arrange=lost(bulk_once),
              # who dies before it is cancelled leaves a job that goes on
              partly=(both,), becomes=sent),
        story("export, asked for", "POST /v1/exports", export,
              expect=lambda world, story: (*all_exported(world, story), *same_answers(world, story))),
        queued("export", worked_on(), arrange=left(export), expect=all_exported),
        queued("export in parts", with_small_pages(worked_on(), 1), arrange=left(export),
               expect=all_exported, long=True),
        queued("export, time is up after each page", with_small_pages(worked_on(lambda: Context(looks=1)), 2**23),
               arrange=left(export), expect=all_exported, long=True),
        queued("export in parts, time is up after each page", with_small_pages(worked_on(pieces), 800), long=True,
               arrange=left(export), expect=all_exported),
        story("status deleted, its leads moved", "DELETE /v1/statuses/{status_id}", deletes_status, **moved),
        queued("leads of a status moved", worked_on(), arrange=status_deleted, **moved),
        queued("leads of a status moved in pieces", worked_on(pieces), arrange=status_deleted, long=True,
               **moved),
        queued("sweep: a status that nobody goes on with", swept, "sweep", arrange=lost(deletes_status),
               long=True, **moved),
    ]  # fmt: skip


def _moved(person: Person) -> None:
    person.state = " processed"


_PROCESSED = Sent("", "status_changed", edit=_moved)
