"""Statuses over HTTP: made, changed, ordered, deleted, and what never happens to them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.services import documents, keys, workspace
from tests.api.client import Client
from tests.desk import Desk

DEFAULTS = ["new", "in_process", "processed", "converted", "junk"]


def ids(desk: Desk) -> list[str]:
    return [status["id"] for status in desk.get("/v1/statuses")["data"]]


def test_a_workspace_begins_with_five_statuses(desk: Desk) -> None:
    reply = desk.client.get("/v1/statuses")

    assert reply.headers["ETag"] == '"0"'
    assert reply.json["next_cursor"] is None
    assert [(one["id"], one["kind"], one["position"], one["version"]) for one in reply.json["data"]] == [
        ("new", "open", 1, 1), ("in_process", "open", 2, 1), ("processed", "open", 3, 1),
        ("converted", "converted", 4, 1), ("junk", "junk", 5, 1),
    ]  # fmt: skip
    assert reply.json["data"][0]["color"] == "#3B82F6"


def test_a_new_status_stands_where_it_was_put_and_is_there_under_its_location(desk: Desk) -> None:
    body = {"id": "on_site", "name": "Vor Ort", "color": "#0ea5e9", "kind": "open", "position": 2}

    reply = desk.client.post("/v1/statuses", json=body)

    assert (reply.status, reply.json) == (201, {**body, "version": 1})
    assert ids(desk) == ["new", "on_site", "in_process", "processed", "converted", "junk"]
    shown = desk.client.get(reply.headers["Location"].removeprefix("/prod"))
    assert (shown.json, shown.headers["ETag"]) == (reply.json, '"1"')


def test_an_id_is_made_of_the_name(desk: Desk) -> None:
    made = [desk.client.post("/v1/statuses", json={"name": "Kein Bedarf!", "kind": "junk"}).json for _ in range(2)]

    assert [one["id"] for one in made] == ["kein_bedarf", "kein_bedarf_2"]
    assert [one["position"] for one in made] == [6, 7]


def test_a_lead_can_be_in_a_new_status_at_once(desk: Desk) -> None:
    desk.client.post("/v1/statuses", json={"id": "on_site", "name": "Vor Ort", "kind": "open"})

    lead = desk.created(name="Änne Öztürk", status="on_site")

    assert (lead["status"], lead["kind"]) == ("on_site", "open")


def test_a_status_that_another_container_made_is_known_at_once(desk: Desk) -> None:
    at = desk.world.clock.now()
    workspace.statuses(at)
    stale = documents._read[""]
    desk.client.post("/v1/statuses", json={"id": "on_site", "name": "Vor Ort", "kind": "open"})
    documents._read[""] = stale

    assert workspace.status("on_site", at) is not None


def test_what_another_container_changed_is_in_force_within_thirty_seconds(desk: Desk) -> None:
    at = desk.world.clock.now()
    workspace.statuses(at)
    stale = documents._read[""]
    desk.client.patch("/v1/statuses/new", json={"name": "Neu"})
    documents._read[""] = stale

    names = [workspace.statuses(at + timedelta(seconds=after))[0].name for after in (29, 31)]

    assert names == ["New", "Neu"]


def test_forms_start_in_the_first_open_status_of_the_order(desk: Desk) -> None:
    desk.client.put("/v1/statuses/order", json={"ids": ["in_process", "new", "processed", "converted", "junk"]})

    desk.post({"name": "Jörg Müller", "email": "joerg@example.de"})

    assert [lead["status"] for lead in desk.leads()] == ["in_process"]


def test_all_problems_come_at_once(desk: Desk) -> None:
    reply = desk.client.post(
        "/v1/statuses", json={"id": "a b", "color": "red", "kind": "won", "position": 0, "colour": "x"}
    )

    assert (reply.status, reply.json["code"]) == (422, "validation_failed")
    assert {(each["pointer"], each["code"]) for each in reply.json["errors"]} == {
        ("/id", "invalid_name"), ("/color", "invalid_color"), ("/kind", "invalid_choice"),
        ("/position", "out_of_range"), ("/colour", "unknown_field"), ("/name", "required"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"id": "order", "name": "Order", "kind": "open"}, 422, "validation_failed"),
        ({"id": "x" * 22, "name": "Lang", "kind": "open"}, 422, "validation_failed"),
        ({"id": "New", "name": "Neu", "kind": "open"}, 409, "already_exists"),
        ({"name": "Gewonnen", "kind": "converted"}, 409, "one_converted"),
    ],
)
def test_a_status_that_cannot_be_is_refused(desk: Desk, body: dict[str, str], status: int, code: str) -> None:
    reply = desk.client.post("/v1/statuses", json=body)

    assert (reply.status, reply.json["code"]) == (status, code)
    assert ids(desk) == DEFAULTS


def test_name_colour_and_place_change_kind_and_id_do_not(desk: Desk) -> None:
    reply = desk.client.patch("/v1/statuses/processed", json={"name": "Bearbeitet", "color": "#000000", "position": 1})

    assert reply.json == {
        "id": "processed", "name": "Bearbeitet", "color": "#000000", "kind": "open", "position": 1, "version": 2,
    }  # fmt: skip
    assert ids(desk) == ["processed", "new", "in_process", "converted", "junk"]
    same = desk.client.patch("/v1/statuses/processed", json={"kind": "open", "id": "processed"})
    assert (same.status, same.headers["ETag"]) == (200, '"2"')
    other = desk.client.patch("/v1/statuses/processed", json={"kind": "junk", "name": None})
    assert [(each["field"], each["code"]) for each in other.json["errors"]] == [
        ("kind", "read_only"), ("name", "required"),
    ]  # fmt: skip


def test_a_place_that_moves_makes_a_new_version_of_every_status_it_moves(desk: Desk) -> None:
    desk.client.patch("/v1/statuses/in_process", json={"position": 1})

    versions = {one["id"]: one["version"] for one in desk.get("/v1/statuses")["data"]}

    assert versions == {"in_process": 2, "new": 2, "processed": 1, "converted": 1, "junk": 1}


def test_a_stale_change_shows_the_current_record(desk: Desk) -> None:
    desk.client.patch("/v1/statuses/new", json={"name": "Neu"}, headers={"If-Match": '"1"'})

    reply = desk.client.patch("/v1/statuses/new", json={"name": "Frisch"}, headers={"If-Match": '"1"'})

    assert (reply.status, reply.json["current"]["name"], reply.json["current"]["version"]) == (412, "Neu", 2)


def test_an_order_names_all_statuses_once_and_goes_by_the_version_of_the_whole(desk: Desk) -> None:
    wrong = desk.client.put("/v1/statuses/order", json={"ids": ["junk", "junk", "nix", "new"]})
    turned = desk.client.put("/v1/statuses/order", json={"ids": DEFAULTS[::-1]}, headers={"If-Match": '"0"'})
    stale = desk.client.put("/v1/statuses/order", json={"ids": DEFAULTS}, headers={"If-Match": '"0"'})

    assert [(each["field"], each["code"]) for each in wrong.json["errors"]] == [
        ("ids[1]", "repeated"), ("ids[2]", "unknown_status"),
        ("ids", "left_out"), ("ids", "left_out"), ("ids", "left_out"),
    ]  # fmt: skip
    assert (turned.status, turned.headers["ETag"]) == (200, '"1"')
    assert [one["id"] for one in turned.json["data"]] == DEFAULTS[::-1] == ids(desk)
    assert stale.status == 412


def test_an_empty_status_is_deleted_and_no_lead_enters_it_any_more(desk: Desk) -> None:
    reply = desk.client.delete("/v1/statuses/processed")

    assert (reply.status, reply.body) == (204, b"")
    assert ids(desk) == ["new", "in_process", "converted", "junk"]
    assert desk.client.get("/v1/statuses/processed").status == 404
    assert desk.create(name="Jörg", status="processed").json["errors"][0]["code"] == "unknown_status"


def test_a_status_with_leads_in_it_stays_and_says_how_many(desk: Desk) -> None:
    for name in ("Änne", "Jörg"):
        desk.created(name=name, status="processed")

    reply = desk.client.delete("/v1/statuses/processed")

    assert (reply.status, reply.json["code"], reply.json["count"]) == (409, "status_in_use", 2)
    assert ids(desk) == DEFAULTS


@pytest.mark.parametrize("status_id", ["converted", "junk"])
def test_the_last_of_its_kind_stays(desk: Desk, status_id: str) -> None:
    assert desk.client.delete(f"/v1/statuses/{status_id}").json["code"] == "last_of_its_kind"


def test_a_deleted_id_may_come_again_with_the_kind_it_had(desk: Desk) -> None:
    desk.client.delete("/v1/statuses/processed")

    other = desk.client.post("/v1/statuses", json={"id": "processed", "name": "Weg", "kind": "junk"})
    again = desk.client.post("/v1/statuses", json={"id": "processed", "name": "Fertig", "kind": "open"})

    assert (other.status, again.status, again.headers["ETag"]) == (409, 201, '"2"')


def test_a_repeated_delete_with_a_key_has_the_answer_of_the_first(desk: Desk) -> None:
    headers = {"Idempotency-Key": "weg-1"}

    replies = [desk.client.delete("/v1/statuses/processed", headers=headers) for _ in range(2)]

    assert [reply.status for reply in replies] == [204, 204]
    assert replies[1].headers["Idempotent-Replayed"] == "true"


def test_who_reads_leads_reads_statuses_and_changes_none(desk: Desk) -> None:
    secret = keys.new_secret()
    keys.store(secret, name="Auswertung", scopes=["leads:read"], at=desk.world.clock.now())
    reader = Client(desk.app, key=secret)

    assert reader.get("/v1/statuses").status == 200
    assert reader.post("/v1/statuses", json={"name": "X", "kind": "open"}).json["required_scope"] == "settings:admin"


def test_pages_of_statuses_have_each_once(desk: Desk) -> None:
    found, cursor = [], ""
    while cursor is not None:
        page = desk.get(f"/v1/statuses?limit=2{cursor and '&cursor=' + cursor}")
        found += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]

    assert found == DEFAULTS


# ── deleted, and its leads moved ──────────────────────────────────────────────────────────────────────────────────


def test_a_status_with_leads_in_it_goes_at_once_if_another_takes_them(desk: Desk) -> None:
    lead = desk.created(name="Änne Öztürk", status="processed")["id"]

    reply = desk.client.delete("/v1/statuses/processed?move_to=in_process")

    assert (reply.status, reply.json["kind"], reply.json["status"]) == (202, "move_leads", "queued")
    assert reply.headers["Location"].endswith(f"/v1/jobs/{reply.json['id']}")
    assert ids(desk) == ["new", "in_process", "converted", "junk"]
    assert desk.client.get("/v1/statuses/processed").status == 404
    desk.wait(61)
    desk.work_off("work")
    assert desk.lead(lead)["status"] == "in_process"
    assert desk.get(f"/v1/jobs/{reply.json['id']}")["result"] == {"changed": 1}


@pytest.mark.parametrize(
    ("query", "problems"),
    [
        ("move_to=nirgends", [("move_to", "unknown_status")]),
        ("move_to=processed", [("move_to", "invalid_choice")]),
        ("move_to=converted", [("move_to", "invalid_choice")]),
        ("move_to=junk", [("lost_reason", "required")]),
        ("move_to=junk&lost_reason=egal", [("lost_reason", "unknown_lost_reason")]),
        ("move_to=new&lost_reason=egal", [("lost_reason", "unknown_lost_reason"), ("lost_reason", "not_lost")]),
        ("move_to=nirgends&lost_reason=egal", [("move_to", "unknown_status"), ("lost_reason", "unknown_lost_reason")]),
        ("lost_reason=spam", [("move_to", "required")]),
    ],
)
def test_leads_go_only_where_they_can_be(desk: Desk, query: str, problems: list[tuple[str, str]]) -> None:
    reply = desk.client.delete(f"/v1/statuses/processed?{query}")

    assert reply.status == 422
    assert [(each["field"], each["code"]) for each in reply.json["errors"]] == problems
    assert (ids(desk), desk.get("/v1/jobs")["data"]) == (DEFAULTS, [])


def test_leads_do_not_go_to_a_status_that_was_deleted(desk: Desk) -> None:
    desk.client.delete("/v1/statuses/processed")

    reply = desk.client.delete("/v1/statuses/in_process?move_to=processed")

    assert [(each["field"], each["code"]) for each in reply.json["errors"]] == [("move_to", "unknown_status")]


@pytest.mark.parametrize("status_id", ["converted", "junk"])
def test_the_last_of_its_kind_stays_wherever_its_leads_could_go(desk: Desk, status_id: str) -> None:
    reply = desk.client.delete(f"/v1/statuses/{status_id}?move_to=new")

    assert (reply.status, reply.json["code"]) == (409, "last_of_its_kind")


def test_a_status_that_is_not_there_or_has_another_version_is_not_deleted(desk: Desk) -> None:
    missing = desk.client.delete("/v1/statuses/nirgends?move_to=new")
    stale = desk.client.delete("/v1/statuses/processed?move_to=new", headers={"If-Match": '"7"'})

    assert (missing.status, stale.status, ids(desk)) == (404, 412, DEFAULTS)


def test_asked_for_twice_with_one_key_one_job_moves_them(desk: Desk) -> None:
    headers = {"Idempotency-Key": "weg-1"}

    replies = [desk.client.delete("/v1/statuses/processed?move_to=new", headers=headers) for _ in range(2)]

    assert [reply.status for reply in replies] == [202, 202]
    assert (replies[1].json, replies[1].headers["Idempotent-Replayed"]) == (replies[0].json, "true")
    assert len(desk.get("/v1/jobs")["data"]) == 1


def test_a_job_whose_message_is_lost_is_seen_to_by_the_sweep(desk: Desk) -> None:
    lead = desk.created(name="Änne Öztürk", status="processed")["id"]
    desk.client.delete("/v1/statuses/processed?move_to=new")
    desk.world._take("work")

    desk.wait(400)
    desk.sweep()
    desk.work_off("work")

    assert desk.lead(lead)["status"] == "new"


def test_an_id_in_other_letters_is_refused_with_the_one_that_is_there(desk: Desk) -> None:
    reply = desk.client.post("/v1/statuses", json={"id": "NEW", "name": "Frisch", "kind": "open"})

    assert (reply.status, reply.json["code"], reply.json["existing_id"]) == (409, "already_exists", "new")
    assert reply.json["detail"] == "There is a status 'new' already"
