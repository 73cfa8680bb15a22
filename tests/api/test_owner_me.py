"""The owner `me`: the user whom an API key acts for, wherever an owner is asked for or written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.domain.caller import SCOPES
from tests.api.client import Client, Reply
from tests.desk import Desk

DUE = "2026-11-30T09:00:00Z"
ALL = list(SCOPES)
#: What asks for the owner `me`, or for that of this id.
ASKED: dict[str, Callable[[Client, str], Reply]] = {
    "list": lambda client, owner: client.get(f"/v1/leads?owner_id={owner}"),
    "column": lambda client, owner: client.get(f"/v1/leads?status=new&owner_id={owner}"),
    "tasks": lambda client, owner: client.get(f"/v1/tasks?owner_id={owner}"),
    "board": lambda client, owner: client.get(f"/v1/board?owner_id={owner}"),
    "bulk": lambda client, owner: client.post(
        "/v1/leads/bulk", json={"filters": {"owner_id": owner}, "set": {"comment": "x"}}
    ),
    "export": lambda client, owner: client.post("/v1/exports", json={"filters": {"owner_id": owner}, "format": "csv"}),
}
#: What writes it.
WRITTEN: dict[str, Callable[[Client, str, str], Reply]] = {
    "create": lambda client, _, owner: client.post("/v1/leads", json={"name": "Zoë", "owner_id": owner}),
    "patch": lambda client, lead, owner: client.patch(f"/v1/leads/{lead}", json={"owner_id": owner}),
    "upsert": lambda client, _, owner: client.put("/v1/leads/external/crm/7", json={"name": "Ali", "owner_id": owner}),
    "bulk": lambda client, _, owner: client.post("/v1/leads/bulk", json={"filters": {}, "set": {"owner_id": owner}}),
    "task": lambda client, lead, owner: client.post(
        f"/v1/leads/{lead}/tasks", json={"title": "Anrufen", "due_at": DUE, "owner_id": owner}
    ),
}


def user(desk: Desk, name: str = "Kim Käfer") -> str:
    """A new user's id."""
    return str(desk.client.post("/v1/users", json={"name": name}).json["id"])


def acting_for(desk: Desk, user_id: str | None) -> Client:
    """Who holds a new key of that user."""
    key = desk.client.post("/v1/api-keys", json={"name": "App", "scopes": ALL, "user_id": user_id}).json
    return Client(desk.app, key=key["secret"], watch=desk.contract)


def names(reply: Reply) -> list[str]:
    return [lead["name"] for lead in reply.json["data"]]


def test_a_key_shows_whom_it_acts_for(desk: Desk) -> None:
    kim = user(desk)
    made = desk.client.post("/v1/api-keys", json={"name": "App", "scopes": ["leads:read"], "user_id": kim}).json

    shown = desk.get(f"/v1/api-keys/{made['id']}")
    me = Client(desk.app, key=made["secret"], watch=desk.contract).get("/v1/me").json

    assert made["user_id"] == shown["user_id"] == kim
    assert me == {"id": made["id"], "kind": "api_key", "name": "App", "scopes": ["leads:read"], "user_id": kim}
    assert desk.get("/v1/me")["user_id"] is None


def test_a_key_for_a_user_that_there_is_not_is_refused(desk: Desk) -> None:
    body = {"name": "App", "scopes": ["leads:read"], "user_id": "usr_00000000000"}

    reply = desk.client.post("/v1/api-keys", json=body)

    assert (reply.status, [(each["field"], each["code"]) for each in reply.json["errors"]]) == (
        422, [("user_id", "unknown_user")],
    )  # fmt: skip


def test_everything_that_is_asked_for_is_the_users_own(desk: Desk) -> None:
    kim, jo = user(desk), user(desk, "Jo Jung")
    mine = desk.created(name="Änne", owner_id=kim)
    desk.created(name="Jörg", owner_id=jo)
    desk.client.post(f"/v1/leads/{mine['id']}/tasks", json={"title": "Anrufen", "due_at": DUE})
    desk.world.catch_up()
    client = acting_for(desk, kim)

    assert names(ASKED["list"](client, "me")) == names(ASKED["column"](client, "me")) == ["Änne"]
    assert [task["title"] for task in ASKED["tasks"](client, "me").json["data"]] == ["Anrufen"]
    column = ASKED["board"](client, "me").json["columns"][0]
    assert ([card["name"] for card in column["cards"]], column["count"]) == (["Änne"], 1)
    ASKED["bulk"](client, "me")
    desk.work_off("work")
    assert [lead["comment"] for lead in desk.leads()] == ["x", None]


def test_an_export_of_ones_own_leads_has_them_and_no_others(desk: Desk) -> None:
    kim = user(desk)
    desk.created(name="Änne", owner_id=kim)
    desk.created(name="Jörg")
    client = acting_for(desk, kim)

    export = ASKED["export"](client, "me").json
    desk.work_off("work")

    assert (desk.get(f"/v1/exports/{export['id']}")["status"], desk.get(f"/v1/exports/{export['id']}")["done"]) == (
        "done", 1,
    )  # fmt: skip


@pytest.mark.parametrize("what", WRITTEN)
def test_what_is_written_is_the_users(desk: Desk, what: str) -> None:
    kim = user(desk)
    lead = desk.created(name="Änne")

    reply = WRITTEN[what](acting_for(desk, kim), lead["id"], "me")

    assert reply.status in (200, 201, 202), reply.text
    desk.work_off("work")
    owner = desk.lead(lead["id"])["owner_id"] if what == "bulk" else reply.json["owner_id"]
    assert owner == kim


def test_a_task_is_handed_to_oneself(desk: Desk) -> None:
    kim = user(desk)
    lead = desk.created(name="Änne")
    task = desk.client.post(f"/v1/leads/{lead['id']}/tasks", json={"title": "Anrufen", "due_at": DUE}).json

    reply = acting_for(desk, kim).patch(f"/v1/tasks/{task['id']}", json={"owner_id": "me"})

    assert (task["owner_id"], reply.status, reply.json["owner_id"]) == (None, 200, kim)


def test_items_of_a_batch_know_who_sends_them(desk: Desk) -> None:
    kim = user(desk)
    items = [{"op": "create", "data": {"name": "Zoë", "owner_id": "me"}}, {"op": "create", "data": {"name": "Ali"}}]

    told = acting_for(desk, kim).post("/v1/leads/batch", json={"items": items}).json["results"]
    refused = desk.client.post("/v1/leads/batch", json={"items": items}).json["results"]

    assert desk.lead(told[0]["id"])["owner_id"] == kim
    assert [result["status"] for result in refused] == [422, 201]
    assert refused[0]["problem"]["code"] == "no_user"


def test_pages_of_ones_own_leads_go_on_with_the_same_words(desk: Desk) -> None:
    kim = user(desk)
    for name in ("Änne", "Jörg", "Zoë"):
        desk.created(name=name, owner_id=kim)
    desk.world.catch_up()
    client = acting_for(desk, kim)

    first = client.get("/v1/leads?owner_id=me&limit=1").json
    second = client.get(f"/v1/leads?owner_id=me&limit=2&cursor={first['next_cursor']}")
    column = client.get("/v1/board?owner_id=me&limit=1").json["columns"][0]
    rest = client.get(f"/v1/leads?status=new&owner_id=me&cursor={column['next_cursor']}")
    foreign = acting_for(desk, kim).get(f"/v1/leads?owner_id=me&cursor={first['next_cursor']}")

    assert names(second) == names(rest) == ["Jörg", "Änne"]
    assert (foreign.status, foreign.json["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("what", ASKED)
def test_a_key_that_acts_for_nobody_has_no_me(desk: Desk, what: str) -> None:
    reply = ASKED[what](desk.client, "me")

    assert (reply.status, reply.json["code"]) == (422, "no_user")
    assert [each["code"] for each in reply.json["errors"]] == ["no_user"]
    assert "This key acts for nobody" in reply.json["detail"]


@pytest.mark.parametrize("what", WRITTEN)
def test_a_key_that_acts_for_nobody_writes_no_me(desk: Desk, what: str) -> None:
    lead = desk.created(name="Änne")

    reply = WRITTEN[what](desk.client, lead["id"], "me")

    assert (reply.status, reply.json["code"], len(reply.json["errors"])) == (422, "no_user", 1)
    assert reply.json["errors"][0]["field"] in ("owner_id", "set.owner_id")


@pytest.mark.parametrize("what", ASKED)
def test_an_owner_that_there_is_not_is_refused_wherever_one_is_asked_for(desk: Desk, what: str) -> None:
    reply = ASKED[what](desk.client, "usr_00000000000")

    assert (reply.status, reply.json["code"]) == (422, "validation_failed")
    assert [each["code"] for each in reply.json["errors"]] == ["unknown_user"]


@pytest.mark.parametrize("what", ASKED)
def test_a_user_whom_another_container_has_just_made_is_known(desk: Desk, what: str) -> None:
    from chalicelib.services import documents

    user(desk)
    desk.get("/v1/leads")
    known = dict(documents._read)
    jo = user(desk, "Jo Jung")
    documents._read.update(known)

    assert ASKED[what](desk.client, jo).status in (200, 202)


def test_the_command_line_makes_a_key_that_acts_for_somebody(desk: Desk) -> None:
    from tests.cli.conftest import run

    kim = user(desk)

    made = run("keys", "create", "--aws", "--name", "App", "--scope", "leads:read", "--user", kim)
    refused = run("keys", "create", "--aws", "--name", "App", "--scope", "leads:read", "--user", "usr_00000000000")

    assert made.json["user_id"] == kim
    assert Client(desk.app, key=made.json["secret"]).get("/v1/me").json["user_id"] == kim
    assert (refused.code, refused.out) == (1, "")
    assert "There is no user of this id" in refused.err


def test_a_combination_that_no_index_serves_says_so_at_the_top(desk: Desk) -> None:
    replies = [
        desk.client.get("/v1/leads?email=a@b.de&phone=030901820&status=nirgends"),
        desk.client.get("/v1/leads?sort=-status_changed_at"),
        desk.client.get("/v1/tasks?owner_id=none&done=true"),
        desk.client.post("/v1/exports", json={"filters": {"q": "x"}, "format": "csv"}),
    ]

    assert [(reply.status, reply.json["code"]) for reply in replies] == [(422, "unsupported_filter")] * 4
    assert [(each["field"], each["code"]) for each in replies[0].json["errors"]] == [
        ("email", "unsupported_filter"), ("status", "unknown_status"),
    ]  # fmt: skip
