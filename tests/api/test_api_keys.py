"""API keys over HTTP: shown once, listed without the secret, revoked, and never more than who gives them has."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.errors import Invalid, Unauthenticated
from chalicelib.services import keys
from tests import wire
from tests.api.client import Client, Reply
from tests.desk import Desk
from tests.faults.harness import Injector

BODY = {"name": "Messe-App", "scopes": ["leads:write", "leads:read"]}


def made(desk: Desk, **more: object) -> dict[str, Any]:
    reply = desk.client.post("/v1/api-keys", json=BODY | more)
    assert reply.status == 201, reply.text
    return dict(reply.json)


def holder(desk: Desk, scopes: list[str]) -> Client:
    secret = keys.new_secret()
    keys.store(secret, name="x", scopes=scopes, at=desk.world.clock.now())
    return Client(desk.app, key=secret)


def test_a_new_key_opens_what_it_was_given(desk: Desk) -> None:
    reply = desk.client.post("/v1/api-keys", json=BODY)
    key = Client(desk.app, key=reply.json["secret"])

    assert reply.status == 201
    assert {**reply.json, "id": "", "secret": "", "created_at": ""} == {
        "id": "", "name": "Messe-App", "scopes": ["leads:read", "leads:write"], "created_at": "",
        "user_id": None, "expires_at": None, "last_used_at": None, "secret": "",
    }  # fmt: skip
    assert reply.headers["Location"].endswith(f"/v1/api-keys/{reply.json['id']}")
    assert key.post("/v1/leads", json={"name": "Änne"}).status == 201
    assert key.get("/v1/api-keys").json["required_scope"] == "keys:admin"


def test_the_secret_is_shown_once_and_stored_nowhere(desk: Desk) -> None:
    headers = {"Idempotency-Key": "key-1"}

    first = desk.client.post("/v1/api-keys", json=BODY, headers=headers)
    again = desk.client.post("/v1/api-keys", json=BODY, headers=headers)
    listed = desk.get("/v1/api-keys")["data"]

    assert (again.json, again.headers["Idempotent-Replayed"]) == (first.json, "true")
    assert [key for key in listed if key["id"] == first.json["id"]] == [
        {name: value for name, value in first.json.items() if name != "secret"}
    ]
    stored = repr([item for item in desk.world.items() if item["type"] != "answer"]) + repr(answers(desk))
    assert first.json["secret"] not in stored
    assert first.json["secret"].removeprefix("lk_") not in stored


def answers(desk: Desk) -> list[Any]:
    from chalicelib.store.answers import answer_of

    return [answer_of(item).body for item in desk.world.of_type("answer")]


@pytest.mark.parametrize("kind", ["time-out after", "conflict"])
def test_a_key_whose_answer_was_lost_on_the_way_is_made_once(desk: Desk, kind: str) -> None:
    desk.get("/v1/me")

    with wire.standing_at_the_wire(Injector({0: kind})):
        key = made(desk)

    assert Client(desk.app, key=key["secret"]).get("/v1/me").status == 200
    assert sorted(one["name"] for one in desk.get("/v1/api-keys")["data"]) == ["Messe-App", "make run"]


def test_keys_are_listed_oldest_first_with_their_last_hour_of_use(desk: Desk) -> None:
    secret = made(desk)["secret"]
    desk.wait(3600)
    made(desk, name="Auswertung")
    Client(desk.app, key=secret).get("/v1/leads")

    listed = {key["name"]: key["last_used_at"] for key in desk.get("/v1/api-keys")["data"] if key["name"] != "make run"}

    assert listed == {"Messe-App": "2026-11-23T09:00:00.000Z", "Auswertung": None}


def test_use_is_written_once_an_hour(desk: Desk) -> None:
    client = Client(desk.app, key=made(desk)["secret"])
    counted = Injector()

    with wire.standing_at_the_wire(counted):
        for _ in range(3):
            client.get("/v1/me")
            keys.forget()  # another container
        desk.wait(3600)
        client.get("/v1/me")

    assert counted.operations.count("UpdateItem") == 2


def test_nobody_is_kept_out_because_the_use_could_not_be_noted(desk: Desk) -> None:
    client = Client(desk.app, key=made(desk)["secret"])

    with wire.standing_at_the_wire(Injector({1: "throttle", 2: "throttle", 3: "throttle", 4: "throttle"})):
        assert client.get("/v1/me").status == 200


def test_a_caller_who_is_refused_leaves_no_trace(desk: Desk) -> None:
    client = Client(desk.app, key=made(desk, scopes=["leads:read"])["secret"])
    before = desk.world.items()

    assert client.post("/v1/leads", json={"name": "Änne"}).status == 403

    assert desk.world.items() == before


def test_a_revoked_key_is_good_no_more(desk: Desk) -> None:
    key = made(desk)
    client = Client(desk.app, key=key["secret"])
    client.get("/v1/me")

    assert desk.client.delete(f"/v1/api-keys/{key['id']}").status == 204

    assert client.get("/v1/me").status == 401
    assert desk.client.get(f"/v1/api-keys/{key['id']}").status == 404
    assert desk.client.delete(f"/v1/api-keys/{key['id']}").status == 404
    assert [one["name"] for one in desk.get("/v1/api-keys")["data"]] == ["make run"]


def test_a_key_that_was_revoked_elsewhere_is_good_for_thirty_seconds_at_most(desk: Desk) -> None:
    key, at = made(desk), desk.world.clock.now()
    keys.caller_of(key["secret"], at)
    stale = dict(keys._cache)
    desk.client.delete(f"/v1/api-keys/{key['id']}")
    keys._cache.update(stale)

    assert keys.caller_of(key["secret"], at + timedelta(seconds=29)).id == key["id"]
    with pytest.raises(Unauthenticated):
        keys.caller_of(key["secret"], at + timedelta(seconds=31))


def test_a_key_ends_at_its_end_also_where_it_is_known_by_heart(desk: Desk) -> None:
    key = made(desk, expires_at="2026-11-23T09:15:20+01:00")
    client = Client(desk.app, key=key["secret"])
    desk.it_is("2026-11-23T08:15:10Z")

    before = client.get("/v1/me").status
    desk.wait(11)

    assert (before, client.get("/v1/me").status) == (200, 401)
    assert key["expires_at"] == "2026-11-23T08:15:20.000Z"


def test_nobody_gives_what_they_do_not_have(desk: Desk) -> None:
    giver = holder(desk, ["keys:admin", "leads:read"])

    more = giver.post("/v1/api-keys", json=BODY)
    same = giver.post("/v1/api-keys", json={"name": "Auswertung", "scopes": ["leads:read"]})

    assert (more.status, more.json["code"], more.json["required_scopes"]) == (403, "scope_missing", ["leads:write"])
    assert same.status == 201


def test_all_problems_come_at_once(desk: Desk) -> None:
    body = {"scopes": ["leads:read", "root", "leads:read", 7], "expires_at": "2020-01-01T00:00:00Z", "secret": "lk_x"}

    reply = desk.client.post("/v1/api-keys", json=body)

    assert {(each["pointer"], each["code"]) for each in reply.json["errors"]} == {
        ("/name", "required"), ("/scopes/1", "invalid_choice"), ("/scopes/2", "repeated"),
        ("/scopes/3", "invalid_choice"), ("/expires_at", "out_of_range"), ("/secret", "unknown_field"),
    }  # fmt: skip
    assert desk.client.post("/v1/api-keys", json={"name": "x", "scopes": []}).json["errors"][0]["code"] == "required"


def test_the_command_line_makes_keys_without_a_caller(desk: Desk) -> None:
    at = desk.world.clock.now()

    key, secret = keys.create(name="Erster Schlüssel", scopes=["keys:admin"], at=at)

    assert keys.caller_of(secret, at) == key.caller
    with pytest.raises(Invalid):
        keys.create(name="x", scopes=["root"], at=at)
    assert [one["id"] for one in body_of(holder(desk, ["keys:admin"]).get("/v1/api-keys"))].count(key.id) == 1


def body_of(reply: Reply) -> list[dict[str, Any]]:
    return list(json.loads(reply.body)["data"])
