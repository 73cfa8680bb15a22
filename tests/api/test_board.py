"""The board: one call, exact counts and sums, cards in the order of arrival, and a cursor for each column."""

from __future__ import annotations

from typing import Any

import pytest

from tests import moves
from tests.desk import Desk
from tests.meter import metered

EURO = {"amount": "1234.50", "currency": "EUR"}


def columns(desk: Desk, query: str = "") -> dict[str, dict[str, Any]]:
    """The board's columns by status, after derived data caught up."""
    desk.world.catch_up()
    return {column["status"]: column for column in desk.get(f"/v1/board{query}")["columns"]}


def names(column: dict[str, Any]) -> list[str]:
    return [card["name"] for card in column["cards"]]


def test_an_empty_workspace_has_all_its_columns(desk: Desk) -> None:
    reply = desk.client.get("/v1/board")

    assert (reply.status, reply.headers["Cache-Control"]) == (200, "no-store")
    assert reply.json["columns"][0] == {
        "status": "new", "name": "New", "color": "#3B82F6", "kind": "open", "count": 0, "sum": [], "cards": [],
        "next_cursor": None,
    }  # fmt: skip
    assert [column["status"] for column in reply.json["columns"]] == [
        "new", "in_process", "processed", "converted", "junk",
    ]  # fmt: skip


def test_cards_come_by_arrival_in_the_status_and_count_and_sum_are_of_the_whole_column(desk: Desk) -> None:
    first, second, third = [desk.created(name=name, amount=EURO)["id"] for name in ("Änne", "Jörg", "Zoë")]
    desk.wait(1)
    moves.move(third, "in_process", desk.world.clock.now())
    desk.wait(1)
    moves.move(first, "in_process", desk.world.clock.now())

    shown = columns(desk, "?limit=1")

    assert (names(shown["new"]), shown["new"]["count"]) == (["Jörg"], 1)
    assert (names(shown["in_process"]), shown["in_process"]["count"]) == (["Änne"], 2)
    assert shown["in_process"]["sum"] == [{"amount": "2469.00", "currency": "EUR"}]
    assert shown["in_process"]["cards"][0] == next(
        card for card in desk.get("/v1/leads")["data"] if card["id"] == first
    )
    assert names(columns(desk, "?limit=1&order=oldest")["in_process"]) == ["Zoë"]
    assert second == shown["new"]["cards"][0]["id"]


def test_deleted_and_merged_leads_are_on_no_board(desk: Desk) -> None:
    first, second, _ = [desk.created(name=name, amount=EURO)["id"] for name in ("Änne", "Jörg", "Zoë")]
    moves.delete(first, desk.world.clock.now())
    moves.merge_into(second, first, desk.world.clock.now())

    shown = columns(desk)["new"]

    assert (names(shown), shown["count"], shown["sum"]) == (["Zoë"], 1, [{"amount": "1234.50", "currency": "EUR"}])


def test_an_owner_has_a_board_of_her_own_and_so_has_nobody(desk: Desk) -> None:
    first, _ = [desk.created(name=name)["id"] for name in ("Änne", "Jörg")]
    kim, jo = (desk.client.post("/v1/users", json={"name": name}).json["id"] for name in ("Kim Käfer", "Jo Jung"))
    moves.assign(first, kim, desk.world.clock.now())

    assert names(columns(desk, f"?owner_id={kim}")["new"]) == ["Änne"]
    assert columns(desk, f"?owner_id={kim}")["new"]["count"] == 1
    assert names(columns(desk, "?owner_id=none")["new"]) == ["Jörg"]
    assert columns(desk, f"?owner_id={jo}")["new"]["count"] == 0


def test_what_is_no_user_is_refused(desk: Desk) -> None:
    reply = desk.client.get("/v1/board?owner_id=somebody")

    assert (reply.status, reply.json["errors"][0]["code"]) == (422, "unknown_user")


@pytest.mark.parametrize("query", ["?limit=0", "?limit=201", "?order=best", "?cursor=x", "?status=new"])
def test_what_the_board_does_not_know_is_refused(desk: Desk, query: str) -> None:
    assert desk.client.get(f"/v1/board{query}").status == 400


@pytest.mark.parametrize(
    ("query", "bound"),
    [
        ("?limit=2", {"status": ["new"]}),
        ("?limit=2&owner_id=none", {"status": ["new"], "owner_id": ["none"]}),
        ("?limit=2&order=oldest", {"status": ["new"], "sort": ["status_changed_at"]}),
    ],
)
def test_the_cursor_of_a_column_is_one_of_the_list_of_leads(
    desk: Desk, query: str, bound: dict[str, list[str]]
) -> None:
    for number in range(5):
        desk.created(name=f"Lead {number}")
        desk.wait(1)
    shown = columns(desk, query)["new"]
    filters = "&".join(f"{name}={value}" for name, (value,) in bound.items())

    rest = desk.get(f"/v1/leads?limit=10&{filters}&cursor={shown['next_cursor']}")

    in_order = [f"Lead {number}" for number in (range(5) if "sort" in bound else range(4, -1, -1))]
    assert names(shown) + [card["name"] for card in rest["data"]] == in_order
    assert rest["next_cursor"] is None
    for foreign in ("status=junk", f"{filters}&tag=x"):
        reply = desk.client.get(f"/v1/leads?{foreign}&cursor={shown['next_cursor']}")
        assert (reply.status, reply.json["code"]) == (400, "invalid_cursor")


def test_a_column_with_fewer_cards_than_asked_for_has_no_cursor(desk: Desk) -> None:
    desk.created(name="Änne")

    assert columns(desk)["new"]["next_cursor"] is None


def test_a_board_costs_six_requests_and_six_units_however_many_leads_there_are(desk: Desk) -> None:
    for number in range(30):
        desk.created(
            name=f"Änne Öztürk {number}", email=f"aenne.{number}@example.de", company="Öztürk Solartechnik GmbH",
            amount=EURO, tags=["messe-2026"],
        )  # fmt: skip
    columns(desk)
    leads = desk.get("/v1/leads?limit=30")["data"]
    with metered() as before:
        desk.get("/v1/board")
    for number, lead in enumerate(leads):
        moves.move(lead["id"], ("in_process", "processed", "new")[number % 3], desk.world.clock.now())
    desk.world.catch_up()

    with metered() as after:
        desk.get("/v1/board")

    print("board:", after.requests, "requests,", after.read_units, "read units")
    assert (before.requests, after.requests) == (6, 6)
    assert max(before.read_units, after.read_units) <= 6
