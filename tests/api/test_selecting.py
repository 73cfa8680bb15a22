"""`fields=a,b` on every list and record, and the ETag of every record."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib import api
from chalicelib.api import openapi
from chalicelib.api.selecting import LISTS
from tests.api.stories import STORIES
from tests.desk import Desk

RECORDS = sorted(operation.key for door in api.doors() for operation in door.operations if operation.shows_a_record)
AENNE = {"name": "Änne Öztürk", "phone": "0176 04069012", "email": "aenne@example.de"}


def answers_json(operation: dict[str, Any]) -> bool:
    return "application/json" in operation["responses"].get("200", {}).get("content", {})


READ = sorted(
    f"GET {path}"
    for path, methods in openapi.document()["paths"].items()
    if path.startswith("/v1/") and "get" in methods and answers_json(methods["get"])
)


def selectable(key: str) -> list[str]:
    """What the document says that `fields` may name."""
    operation = openapi.document()["paths"][key.removeprefix("GET ")]["get"]
    (fields,) = [each for each in operation["parameters"] if each["name"] == "fields"]
    return list(fields["schema"]["items"]["enum"])


def records_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    return next((body[name] for name in LISTS if isinstance(body.get(name), list)), [body])


def asked_for(desk: Desk, key: str) -> list[str]:
    """Addresses at which the story of an operation has got a 200."""
    found: list[str] = []

    def note(method: str, url: str, reply: Any) -> None:
        held = desk.contract(method, url, reply)
        seen = openapi_key(method, url)
        if (seen, reply.status) == (key, 200) and "fields=" not in url:
            found.append(url)
        return held

    desk.client._watch = note
    STORIES[key](desk)
    return list(dict.fromkeys(found))


def openapi_key(method: str, url: str) -> str:
    from tests.contract import operation_at

    found = operation_at(method, url.partition("?")[0])
    return found[0] if found else ""


def test_everything_that_is_read_as_json_can_be_selected_from() -> None:
    assert len(READ) > 25
    for key in READ:
        assert selectable(key), key


@pytest.mark.parametrize("key", READ)
def test_of_every_record_only_what_was_asked_for_is_shown(desk: Desk, key: str) -> None:
    names = selectable(key)
    for url in asked_for(desk, key):
        first = desk.client.get(url)
        if first.status == 200 and records_of(first.json):
            break
    mark = "&" if "?" in url else "?"

    whole = desk.get(url)
    every = desk.get(f"{url}{mark}fields={','.join(names)}")
    some = desk.get(f"{url}{mark}fields={names[1]},{names[0]}")
    unknown = desk.client.get(f"{url}{mark}fields={names[0]},geheim")

    for record, all_of_it, two in zip(*map(records_of, (whole, every, some)), strict=True):
        assert record.keys() <= all_of_it.keys()
        if "deleted" not in record:
            assert [name for name in two if name != "timeline"] == [names[1], names[0]]
    assert (unknown.status, unknown.json["code"]) == (400, "unknown_field")


def test_a_lead_that_is_gone_says_so_whatever_is_asked_for(desk: Desk) -> None:
    lead, other = desk.created(name="Änne"), desk.created(name="Jörg")
    desk.client.delete(f"/v1/leads/{lead['id']}")
    desk.world.catch_up()

    found = desk.get("/v1/changes?fields=name")["data"]

    assert {"id": lead["id"], "deleted": True} in found
    assert {"name": "Jörg"} in found
    assert other["name"] == "Jörg"


def test_names_of_the_short_form_are_good_for_one_lead_too(desk: Desk) -> None:
    lead = desk.created(**AENNE, external_ids={"crm": "7"})
    short = {"id": lead["id"], "name": "Änne Öztürk", "phone": "+4917604069012", "email": "aenne@example.de"}
    query = "fields=id,name,phone,email"

    assert desk.get(f"/v1/leads/{lead['id']}?{query}") == short
    assert desk.get(f"/v1/leads/external/crm/7?{query}") == short
    assert desk.get(f"/v1/leads/external?system=crm&external_id=7&{query}") == short
    assert desk.get(f"/v1/leads?{query}")["data"] == [short]
    assert "phone" not in desk.lead(lead["id"])


def test_a_lead_of_another_system_has_its_timeline_as_well(desk: Desk) -> None:
    lead = desk.created(**AENNE, external_ids={"crm": "7"})
    desk.client.post(f"/v1/leads/{lead['id']}/notes", json={"text": "Ruft zurück"})
    whole = desk.get(f"/v1/leads/{lead['id']}?include=timeline")

    assert [entry["type"] for entry in whole["timeline"]] == ["note", "created"]
    assert desk.get("/v1/leads/external/crm/7?include=timeline") == whole
    assert desk.get("/v1/leads/external?system=crm&external_id=7&include=timeline&fields=name") == {
        "name": "Änne Öztürk", "timeline": whole["timeline"],
    }  # fmt: skip


def test_no_names_are_no_selection(desk: Desk) -> None:
    lead = desk.created(**AENNE)

    assert desk.get(f"/v1/leads/{lead['id']}?fields=") == desk.lead(lead["id"])
    assert desk.get("/v1/leads?fields=,") == desk.get("/v1/leads")


def test_what_cannot_be_selected_from_knows_no_fields(desk: Desk) -> None:
    desk.drop("messe.csv", "Name;E-Mail\nGörkem Şahin;goerkem@example.de\n;kein\n")

    reply = desk.client.get(f"/v1/imports/{desk.job()['id']}/errors?fields=id")

    assert (reply.status, reply.json["code"]) == (400, "unknown_parameter")


# ── ETags ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("key", RECORDS)
def test_every_record_has_an_etag_and_is_not_sent_where_it_is_known(desk: Desk, key: str) -> None:
    url = asked_for(desk, key)[0]

    reply = desk.client.get(url)
    if reply.status != 200:  # gone at the end of its story
        return
    again = desk.client.get(url, headers={"If-None-Match": reply.headers["ETag"]})
    other = desk.client.get(url, headers={"If-None-Match": '"0"'})

    assert other.status == 200
    if "url_expires_at" not in reply.text:  # a link is made anew each time
        assert (again.status, again.body) == (304, b"")


def test_a_record_without_a_version_has_another_etag_when_it_says_something_else(desk: Desk) -> None:
    desk.created(name="Änne")
    export = desk.client.post("/v1/exports", json={"filters": {}, "format": "csv"}).json
    url = f"/v1/jobs/{export['job_id']}"

    tags = [desk.client.get(url).headers["ETag"] for _ in range(2)]
    desk.work_off("work")
    after, head = desk.client.get(url), desk.client.head(url)

    assert tags[0] == tags[1] != after.headers["ETag"] == head.headers["ETag"]


def test_a_key_is_always_at_its_first_version(desk: Desk) -> None:
    made = desk.client.post("/v1/api-keys", json={"name": "App", "scopes": ["leads:read"]})
    url = f"/v1/api-keys/{made.json['id']}"
    shown = desk.client.get(url)

    stale = desk.client.delete(url, headers={"If-Match": '"2"'})
    right = desk.client.delete(url, headers={"If-Match": '"1"'})

    assert made.headers["ETag"] == shown.headers["ETag"] == '"1"'
    assert (stale.status, stale.json["code"], stale.json["current"]) == (412, "version_mismatch", shown.json)
    assert right.status == 204
