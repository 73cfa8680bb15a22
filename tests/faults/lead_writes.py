"""What people do to leads, as stages for the harness: edit, move, delete, restore, upsert, batch, add, purge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.faults.entries import AENNE, JOERG, Delivery, Entry, created_by_api, over_http, same_answers, sweep, without
from tests.faults.harness import Refused
from tests.faults.model import Person, Sent
from tests.faults.world import World

LEAD, PUT = "/v1/leads/{lead_id}", "PUT /v1/leads/external/{system}/{external_id}"
DAY = 24 * 3600
JUNK = {"status": "junk", "lost_reason": "spam"}


def on_lead(method: str, path: str = "", body: Any = None, key: str = "k-1") -> Callable[[World], Any]:
    """Somebody does something to the lead that was made last."""

    def send(world: World) -> Any:
        lead = max(item["pk"] for item in world.of_type("lead")).removeprefix("L#")
        headers = {"Idempotency-Key": key} if key else {}
        return over_http(method, f"/v1/leads/lead_{lead}{path}", json=body, headers=headers)

    return send


def does(send: Callable[[World], Any], entry: str, *, gains: str = "", state: str = "", tasks: int = 0) -> Delivery:
    """Something that leaves an entry on the lead that was made last."""

    def edit(person: Person) -> None:
        person.values |= {gains} - {""}
        person.state = state
        person.tasks += tasks

    return Delivery(send, (Sent("", entry, edit=edit),))


def edits(body: Any, entry: str = "updated", key: str = "k-1", **more: Any) -> Delivery:
    """`PATCH /v1/leads/{lead_id}`."""
    return does(on_lead("PATCH", "", body, key), entry, **more)


def deletes() -> Delivery:
    """`DELETE /v1/leads/{lead_id}`; deleted already is as good."""

    def send(world: World) -> Any:
        try:
            return on_lead("DELETE", key="")(world)
        except Refused as refusal:
            if "lead_deleted" not in str(refusal):
                raise
            return "deleted"

    return does(send, "deleted", state=" deleted")


def restores() -> Delivery:
    """`POST /v1/leads/{lead_id}/restore`."""
    return does(on_lead("POST", "/restore"), "restored")


def first_status_deleted(world: World) -> None:
    """Where new leads are: the next open one is the first now."""
    over_http("DELETE", "/v1/statuses/new")


def puts(person: Mapping[str, str], sent: Sent, url: str = "/v1/leads/external/crm/4711", key: str = "u-1") -> Delivery:
    """An upsert, under an Idempotency-Key."""
    return Delivery(lambda world: over_http("PUT", url, json=dict(person), headers={"Idempotency-Key": key}), (sent,))


def made_by_put(person: Mapping[str, str], **more: Any) -> Delivery:
    """An upsert of an id that nobody has."""
    return puts(person, Sent("api", "form_submission", joins=False, **person), **more)


def batched(world: World) -> Any:
    """A person is made and the one that is there changed; what was not done in time comes again."""
    lead = min(item["pk"] for item in world.of_type("lead")).removeprefix("L#")
    items = [{"op": "create", "data": dict(AENNE)}, {"op": "update", "id": f"lead_{lead}", "data": {"comment": "Neu"}}]
    answer = over_http("POST", "/v1/leads/batch", json={"items": items}, headers={"Idempotency-Key": "b-1"})
    if any(result["status"] == 503 for result in answer["body"]["results"]):
        raise Refused("an item has to be sent again")
    return answer


def purged(world: World) -> str:
    """A month later the schedule strikes."""
    world.later(31 * DAY)
    sweep(world)
    return "swept"


def stories(world: World) -> list[Entry]:
    """Every write of a lead by somebody who sees the answer."""
    known = created_by_api(AENNE)
    jörgs_phone = {"phone": JOERG["phone"]}

    def story(name: str, door: str, delivery: Delivery, *before: Delivery, **more: Any) -> Entry:
        return Entry(name, (door,), world, delivery, before, **{"expect": same_answers, **more})

    enriched = {"email": AENNE["email"], "company": "Neu AG"}
    updating = Delivery(
        lambda world: over_http(
            "POST", "/v1/leads?on_duplicate=update", json=enriched, headers={"Idempotency-Key": "k"}
        ),
        (Sent("api", "form_submission", email=AENNE["email"], verdict="updated", edit=None),),
    )
    changed = Sent("", "updated", edit=lambda person: None)
    patch, purge_of = f"PATCH {LEAD}", replace(deletes(), sent=())
    return [
        story("edit", patch, edits({"comment": "Neu"}), known),
        story("edit without key", patch, edits({"comment": "Neu"}, key=""), known, expect=lambda world, story: ()),
        story("edit takes another's phone", patch, edits(jörgs_phone, gains=JOERG["phone"]), created_by_api(JOERG),
              created_by_api(without(AENNE, "phone")),
              becomes=(*created_by_api(JOERG).sent, *created_by_api(without(AENNE, "phone")).sent,
                       Sent("", "updated", edit=_takes(JOERG["phone"])))),
        story("move to junk", patch, edits(JUNK, "status_changed", state=" junk"), known),
        story("reopen", patch, edits({"status": "new"}, "status_changed"), known,
              edits(JUNK, "status_changed", key="k-0", state=" junk")),
        story("delete", f"DELETE {LEAD}", deletes(), made_by_put(AENNE), expect=lambda world, story: ()),
        story("restore", f"POST {LEAD}/restore", restores(), made_by_put(AENNE), deletes()),
        story("restore, its status was deleted", f"POST {LEAD}/restore",
              does(on_lead("POST", "/restore"), "restored", state=" in_process"),
              made_by_put(AENNE), deletes(), Delivery(first_status_deleted, ())),
        story("note", f"POST {LEAD}/notes", does(on_lead("POST", "/notes", {"text": "Notiz"}), "note"), known),
        story("activity", f"POST {LEAD}/activities",
              does(on_lead("POST", "/activities", {"type": "call", "direction": "out", "at": "2026-11-23T09:00:00Z"}),
                   "call"), known),
        story("task", f"POST {LEAD}/tasks",
              does(on_lead("POST", "/tasks", {"title": "Anrufen", "due_at": "2026-11-30T09:00:00Z"}), "", tasks=1),
              known),
        story("API update of a known person", "POST /v1/leads", updating, known,
              becomes=(*known.sent, Sent("api", "form_submission", email=AENNE["email"], outcome="updated"))),
        story("upsert, nobody has the id", PUT, made_by_put(AENNE)),
        story("upsert, somebody has the id", PUT,
              puts({"comment": "Neu"}, Sent("", ""), key="u-2"), made_by_put(AENNE),
              becomes=(*made_by_put(AENNE).sent, Sent("api", "updated", email=AENNE["email"], outcome="updated"))),
        story("upsert by the query", "PUT /v1/leads/external",
              made_by_put(AENNE, url="/v1/leads/external?system=crm&external_id=S%C3%BCd%2F1")),
        story("batch", "POST /v1/leads/batch", Delivery(batched, ()), created_by_api(JOERG),
              partly=((*created_by_api(JOERG).sent, *known.sent), (*created_by_api(JOERG).sent, changed)),
              becomes=(*created_by_api(JOERG).sent, changed, *known.sent)),
        Entry("sweep: a lead deleted a month ago", ("sweep",), world, Delivery(purged, ()), (known, purge_of),
              always_redelivered=True, becomes=(Sent("api", "", verdict="created"),)),
    ]  # fmt: skip


def _takes(value: str) -> Callable[[Person], None]:
    def edit(person: Person) -> None:
        person.values.add(value)
        person.duplicate = " duplicate"

    return edit
