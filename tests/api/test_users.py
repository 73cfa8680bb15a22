"""Users over HTTP: made, changed, and the owners of leads."""

from __future__ import annotations

import re

from chalicelib.services import documents, keys, workspace
from tests.api.client import Client
from tests.desk import Desk


def made(desk: Desk, name: str = "Kim Käfer", **more: object) -> dict[str, object]:
    reply = desk.client.post("/v1/users", json={"name": name, **more})
    assert reply.status == 201, reply.text
    return dict(reply.json)


def test_a_new_user_is_active_and_there(desk: Desk) -> None:
    reply = desk.client.post("/v1/users", json={"name": "Kim Käfer", "email": "Kim@kaefer.example"})

    assert re.fullmatch(r"usr_[0-9A-HJKMNP-TV-Z]{11}", reply.json["id"])
    assert {**reply.json, "id": "", "created_at": ""} == {
        "id": "", "name": "Kim Käfer", "email": "Kim@kaefer.example", "active": True, "absent_until": None,
        "created_at": "", "version": 1,
    }  # fmt: skip
    shown = desk.client.get(reply.headers["Location"].removeprefix("/prod"))
    assert (shown.json, shown.headers["ETag"]) == (reply.json, '"1"')
    assert desk.get("/v1/users")["data"] == [reply.json]


def test_somebody_goes_away_for_a_while_and_another_leaves(desk: Desk) -> None:
    user = made(desk)

    away = desk.client.patch(f"/v1/users/{user['id']}", json={"absent_until": "2026-12-24T09:00:00+01:00"})
    left = desk.client.patch(f"/v1/users/{user['id']}", json={"active": False, "absent_until": None, "email": None})

    assert (away.json["absent_until"], away.json["version"]) == ("2026-12-24T08:00:00.000Z", 2)
    assert (left.json["active"], left.json["absent_until"], left.json["version"]) == (False, None, 3)


def test_two_users_never_have_one_address(desk: Desk) -> None:
    kim = made(desk, email="kim@kaefer.example")
    jo = made(desk, "Jo Käfer")

    second = desk.client.post("/v1/users", json={"name": "Kim", "email": "KIM@kaefer.example"})
    other = desk.client.patch(f"/v1/users/{jo['id']}", json={"email": "kim@kaefer.example"})

    assert [(reply.status, reply.json["existing_id"]) for reply in (second, other)] == [(409, kim["id"])] * 2


def test_all_problems_come_at_once(desk: Desk) -> None:
    body = {"name": "", "email": "kein", "active": "ja", "absent_until": "morgen", "role": "admin"}

    reply = desk.client.post("/v1/users", json=body)

    assert {(each["field"], each["code"]) for each in reply.json["errors"]} == {
        ("name", "required"), ("email", "invalid_email"), ("active", "invalid_type"),
        ("absent_until", "invalid_datetime"), ("role", "unknown_field"),
    }  # fmt: skip


def test_a_lead_has_an_owner_who_exists(desk: Desk) -> None:
    user = made(desk)

    lead = desk.created(name="Änne Öztürk", owner_id=user["id"])
    nobody = desk.create(name="Jörg", owner_id="usr_00000000000")

    assert lead["owner_id"] == user["id"]
    assert [(each["field"], each["code"]) for each in nobody.json["errors"]] == [("owner_id", "unknown_user")]


def test_a_user_whom_another_container_made_is_known_at_once(desk: Desk) -> None:
    at = desk.world.clock.now()
    workspace.settings(at)
    stale = documents._read[""]
    user = made(desk)
    documents._read[""] = stale

    assert desk.created(name="Änne", owner_id=user["id"])["owner_id"] == user["id"]


def test_tasks_are_listed_for_users_who_exist(desk: Desk) -> None:
    user = made(desk)

    assert desk.get(f"/v1/tasks?owner_id={user['id']}")["data"] == []
    assert desk.client.get("/v1/tasks?owner_id=usr_00000000000").json["errors"][0]["code"] == "unknown_user"


def test_a_caller_learns_who_it_is(desk: Desk) -> None:
    secret = keys.new_secret()
    caller = keys.store(secret, name="Messe-App", scopes=["leads:write"], at=desk.world.clock.now())

    assert Client(desk.app, key=secret).get("/v1/me").json == {
        "id": caller.id, "kind": "api_key", "name": "Messe-App", "scopes": ["leads:write"], "user_id": None,
    }  # fmt: skip
    assert desk.visitor.get("/v1/me").status == 401
