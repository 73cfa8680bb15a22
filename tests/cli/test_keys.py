"""`leads keys`: over the API, and the first one with AWS credentials."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.domain.caller import SCOPES
from chalicelib.services import keys
from tests.cli.conftest import run
from tests.cli.scripted import Answer, Asked, in_turn, scripted
from tests.faults.world import World

KEY = {"id": "key_0123456789abcdef", "name": "Messe-App", "scopes": ["leads:write"],
       "created_at": "2026-11-23T08:15:00.000Z", "expires_at": None, "last_used_at": None}  # fmt: skip
GONE = Answer(204, b"")
ENVIRONMENT = {"LEADGER_KEY": "lk_of_the_test", "COLUMNS": "120"}


def test_a_key_is_made_over_the_api_and_its_secret_shown() -> None:
    with scripted(in_turn(Answer(201, {**KEY, "secret": "lk_new"}))) as server:
        arguments = (
            "keys",
            "create",
            "--name",
            "Messe-App",
            "--scope",
            "leads:write",
            "--expires-at",
            "2027-01-01T00:00:00Z",
        )
        ended = run(*arguments, LEADGER_URL=server.url, **ENVIRONMENT)
        table = run(*arguments, "--table", LEADGER_URL=server.url, **ENVIRONMENT)

    assert ended.json == {**KEY, "secret": "lk_new"}
    assert (ended.code, ended.err) == (0, "")
    assert table.out == "lk_new\n"
    assert "lk_new" not in table.err
    asked = server.asked[0]
    assert (asked.method, asked.path) == ("POST", "/v1/api-keys")
    assert asked.body == {"name": "Messe-App", "scopes": ["leads:write"], "expires_at": "2027-01-01T00:00:00Z"}
    assert len(asked.headers["Idempotency-Key"]) == 36


def test_keys_are_listed_over_all_pages() -> None:
    def pages(asked: Asked) -> Answer:
        more = "cursor" not in asked.path
        return Answer(200, {"data": [KEY], "next_cursor": "c+1" if more else None})

    with scripted(pages) as server:
        ended = run("keys", "list", LEADGER_URL=server.url, **ENVIRONMENT)
        table = run("keys", "list", "--table", LEADGER_URL=server.url, **ENVIRONMENT)

    assert ended.lines == [KEY, KEY]
    assert server.asked[1].path == "/v1/api-keys?cursor=c%2B1"
    assert table.out.splitlines()[0].split() == ["id", "name", "scopes", "created_at"]
    assert table.out.count("key_0123456789abcdef   Messe-App   leads:write   2026-11-23 ") == 2


def test_keys_are_revoked_and_one_that_is_not_known_costs_the_others_nothing() -> None:
    def known(asked: Asked) -> Answer:
        return Answer(404, {"code": "not_found", "detail": "There is no such key"}) if "nope" in asked.path else GONE

    with scripted(known) as server:
        ended = run("keys", "revoke", "key_a", "key_nope", "key_b", LEADGER_URL=server.url, **ENVIRONMENT)

    assert ended.code == 1
    assert [line["id"] for line in ended.lines] == ["key_a", "key_b"]
    assert ended.err == "key_nope: 404 not_found: There is no such key\n"
    assert [(asked.method, asked.path) for asked in server.asked] == [
        ("DELETE", f"/v1/api-keys/{name}") for name in ("key_a", "key_nope", "key_b")
    ]


def test_the_first_key_is_made_in_the_table_and_opens_the_api(world: World) -> None:
    ended = run("keys", "create", "--aws", "--name", "first key", "--all-scopes")

    made = ended.json
    caller = keys.caller_of(made["secret"], datetime.now(UTC))
    assert (ended.code, ended.err) == (0, "")
    assert (caller.id, caller.name, caller.scopes) == (made["id"], "first key", frozenset(SCOPES))
    assert made["secret"] not in str(world.items())


@pytest.mark.parametrize(
    "arguments",
    [
        ["create", "--name", "x"],
        ["create", "--name", "x", "--scope", "leads:read", "--all-scopes"],
        ["create", "--name", "x", "--scope", "everything"],
        ["create", "--all-scopes"],
        ["create", "--name", "x", "--all-scopes", "--stack", "leadger"],
        ["create", "--name", "x", "--all-scopes", "--aws", "--expires-at", "2027-01-01T00:00:00Z"],
        ["revoke"],
        ["lose"],
    ],
)
def test_what_is_typed_wrong_ends_with_2(arguments: list[str]) -> None:
    ended = run("keys", *arguments, LEADGER_URL="https://leads.example.de", **ENVIRONMENT)

    assert (ended.code, ended.out) == (2, "")
