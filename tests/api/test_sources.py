"""Sources over HTTP: the built-in ones stay, own ones come and go."""

from __future__ import annotations

from chalicelib.services import documents, workspace
from tests.desk import Desk

BUILT_IN = ["web_form", "csv", "email", "call", "api", "manual", "ads"]


def ids(desk: Desk) -> list[str]:
    return [source["id"] for source in desk.get("/v1/sources")["data"]]


def test_a_workspace_begins_with_the_sources_of_its_doors(desk: Desk) -> None:
    assert ids(desk) == BUILT_IN
    assert desk.get("/v1/sources/web_form") == {
        "id": "web_form", "name": "Website form", "built_in": True, "version": 1,
    }  # fmt: skip


def test_a_new_source_can_be_a_leads_at_once(desk: Desk) -> None:
    reply = desk.client.post("/v1/sources", json={"id": "messe_2026", "name": "Messe Köln"})

    assert (reply.status, reply.headers["ETag"]) == (201, '"1"')
    assert reply.json == {"id": "messe_2026", "name": "Messe Köln", "built_in": False, "version": 1}
    assert ids(desk) == [*BUILT_IN, "messe_2026"]
    assert desk.created(name="Änne", source="messe_2026")["source"] == "messe_2026"


def test_a_source_that_another_container_made_is_known_at_once(desk: Desk) -> None:
    at = desk.world.clock.now()
    workspace.settings(at)
    stale = documents._read[""]
    desk.client.post("/v1/sources", json={"id": "messe", "name": "Messe"})
    documents._read[""] = stale

    assert desk.create(name="Änne", source="messe").status == 201


def test_a_source_is_renamed_and_nothing_else(desk: Desk) -> None:
    renamed = desk.client.patch("/v1/sources/call", json={"name": "Anruf"}, headers={"If-Match": '"1"'})
    wrong = desk.client.patch("/v1/sources/call", json={"id": "phone", "built_in": True, "colour": "red"})
    stale = desk.client.patch("/v1/sources/call", json={"name": "Tel"}, headers={"If-Match": '"1"'})

    assert (renamed.status, renamed.json["name"], renamed.json["version"]) == (200, "Anruf", 2)
    assert [(each["field"], each["code"]) for each in wrong.json["errors"]] == [
        ("id", "read_only"), ("colour", "unknown_field"),
    ]  # fmt: skip
    assert (stale.status, stale.json["current"]["name"]) == (412, "Anruf")
    assert ids(desk) == BUILT_IN


def test_a_source_in_use_goes_and_its_leads_keep_the_id(desk: Desk) -> None:
    desk.client.post("/v1/sources", json={"id": "messe", "name": "Messe"})
    lead = desk.created(name="Änne", source="messe")

    assert desk.client.delete("/v1/sources/messe").status == 204

    assert desk.lead(lead["id"])["source"] == "messe"
    assert desk.create(name="Jörg", source="messe").json["errors"][0]["code"] == "unknown_source"
    assert desk.client.delete("/v1/sources/messe").status == 404


def test_what_is_built_in_stays(desk: Desk) -> None:
    assert desk.client.delete("/v1/sources/web_form").json["code"] == "built_in"
    assert desk.client.post("/v1/sources", json={"id": "API", "name": "x"}).json["code"] == "already_exists"


def test_all_problems_come_at_once(desk: Desk) -> None:
    reply = desk.client.post("/v1/sources", json={"id": "a b", "name": 7, "kind": "x"})

    assert [(each["pointer"], each["code"]) for each in reply.json["errors"]] == [
        ("/id", "invalid_name"), ("/name", "invalid_type"), ("/kind", "unknown_field"),
    ]  # fmt: skip
