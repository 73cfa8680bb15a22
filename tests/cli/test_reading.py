"""`leads list`, `leads show`, `leads tail`."""

from __future__ import annotations

import time
from typing import Any

import pytest

from chalicelib.api.leads import LIST
from chalicelib.domain import listing as domain_listing
from cli import listing, tail
from cli.main import leads as group
from tests.cli.conftest import Leads
from tests.desk import Desk

AENNE = {"name": "Änne Öztürk", "phone": "0176 04069012", "email": "aenne@example.de"}


@pytest.fixture(autouse=True)
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


# ── list ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_leads_are_lines_of_json_newest_first(leads: Leads, desk: Desk) -> None:
    made = [desk.created(name=name)["id"] for name in ("Änne", "Jörg", "Zoë")]

    ended = leads("list")

    assert (ended.code, ended.err) == (0, "")
    assert [lead["id"] for lead in ended.lines] == made[::-1]
    assert ended.lines == desk.get("/v1/leads")["data"]


def test_the_list_goes_on_over_pages_up_to_the_limit(leads: Leads, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_A_PAGE", 2)
    made = [desk.created(name=str(number))["id"] for number in range(7)]

    assert [lead["id"] for lead in leads("list", "--limit", "5").lines] == made[:1:-1]
    assert [lead["id"] for lead in leads("list", "--all").lines] == made[::-1]


def test_every_filter_of_the_api_is_an_option() -> None:
    command = group.get_command(None, "list")
    options = {parameter.name for parameter in command.params}

    assert {*LIST, "q"} - {"cursor"} <= options
    assert listing.SORTS == domain_listing.SORTS


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--tag", "messe"], ["Jörg"]),
        (["--status", "new", "--status", "processed"], ["Jörg", "Änne Öztürk"]),
        (["--kind", "junk"], []),
        (["--email", "AENNE@example.de"], ["Änne Öztürk"]),
        (["--phone", "+49 176 04069012"], ["Änne Öztürk"]),
        (["--no-repeat", "--sort", "created_at", "--owner-id", "none"], ["Änne Öztürk", "Jörg"]),
        (["--repeat"], []),
        (["--created-since", "2026-11-24"], []),
        (["--external-id", "bitrix24:4711"], []),
    ],
)
def test_filters_are_those_of_the_api(leads: Leads, desk: Desk, arguments: list[str], names: list[str]) -> None:
    desk.created(**AENNE)
    desk.created(name="Jörg", tags=["messe"])

    ended = leads("list", *arguments)

    assert ended.code == 0, ended.err
    assert [lead["name"] for lead in ended.lines] == names


def test_fields_are_the_columns(leads: Leads, desk: Desk) -> None:
    desk.created(**AENNE)

    assert leads("list", "--fields", "name,emails").lines == [
        {"name": "Änne Öztürk", "emails": [{"id": 2, "address": "aenne@example.de", "type": "work"}]}
    ]
    assert [line.split() for line in leads("list", "--fields", "name,emails", "--table").out.splitlines()][::2] == [
        ["name", "emails"],
        ["Änne", "Öztürk", "aenne@example.de"],
    ]


def test_people_see_a_table_that_fits(leads: Leads, desk: Desk) -> None:
    desk.created(**AENNE | {"name": "Änne Öztürk-Müller-Lüdenscheidt vom Großen Fluß"})

    for columns in (80, 100, 200):
        ended = leads("list", "--table", COLUMNS=str(columns))
        assert max(len(line.rstrip()) for line in ended.out.splitlines()) <= columns
        assert desk.leads()[0]["id"] in ended.out
        assert "Änne Ö" in ended.out
    assert "+4917604069012" in ended.out
    assert "2026-11-23 09:15" in ended.out


def test_a_name_commands_no_terminal(leads: Leads, desk: Desk) -> None:
    lead = desk.created(name="[bold]:smile: \u202egeheim")

    table, page = (leads(*arguments, "--table", COLUMNS="200").out for arguments in (["list"], ["show", lead["id"]]))

    assert "[bold]:smile: \N{REPLACEMENT CHARACTER}geheim" in table
    assert "[bold]:smile: \N{REPLACEMENT CHARACTER}geheim" in page
    assert "\u202e" not in table + page + leads("list").out
    assert leads("list").json["name"] == lead["name"]


def test_no_leads_are_no_lines(leads: Leads, desk: Desk) -> None:
    assert (leads("list").code, leads("list").out) == (0, "")
    assert (leads("list", "--table").out, leads("list", "--table").err) == ("", "No leads\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--email", "a@example.de", "--phone", "030 901820"],
        ["--fields", "name,schuhgröße"],
        ["--created-since", "gestern"],
        ["--sort", "name"],
        ["--limit", "0"],
        ["--unknown"],
    ],
)
def test_a_filter_that_cannot_be_served_is_a_wrong_command(leads: Leads, arguments: list[str]) -> None:
    ended = leads("list", *arguments)

    assert (ended.code, ended.out) == (2, "")
    assert "Error: " in ended.err
    assert "Traceback" not in ended.err


# ── show ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_lead_is_shown_with_its_timeline(leads: Leads, desk: Desk) -> None:
    lead = desk.created(**AENNE)
    desk.client.post(f"/v1/leads/{lead['id']}/notes", json={"text": "Ruft Dienstag\nwieder an"})
    desk.client.patch(f"/v1/leads/{lead['id']}", json={"status": "in_process", "company": "Öztürk GmbH"})

    ended = leads("show", lead["id"], "--table")

    lines = [line.split() for line in ended.out.splitlines()]
    assert ended.code == 0
    assert ended.out.startswith(f"Änne Öztürk · {lead['id']} · version 2\n")
    assert ["phones", "+4917604069012"] in lines
    assert ["company", "Öztürk", "GmbH"] in lines
    assert ["created_at", "2026-11-23", "09:15"] in lines
    assert "new → in_process" in ended.out
    assert "Ruft Dienstag wieder an" in ended.out
    assert "None" not in ended.out


def test_a_lead_as_json_has_as_much_of_its_timeline_as_asked_for(leads: Leads, desk: Desk) -> None:
    lead = desk.created(**AENNE)
    for number in range(3):
        desk.client.post(f"/v1/leads/{lead['id']}/notes", json={"text": str(number)})

    timeline = desk.timeline(lead["id"])
    whole = desk.lead(lead["id"])

    assert leads("show", lead["id"]).json == {**whole, "timeline": timeline}
    assert leads("show", lead["id"], "--entries", "2").json["timeline"] == timeline[:2]
    assert leads("show", lead["id"], "--entries", "0").json["timeline"] == []


@pytest.mark.parametrize("lead_id", ["lead_00000000000", "../../health", "Änne?x=1", ""])
def test_no_such_lead_ends_with_1(leads: Leads, lead_id: str) -> None:
    ended = leads("show", lead_id)

    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("Error: 404 ")


# ── tail ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_there_is_since_a_time_is_told_oldest_first(leads: Leads, desk: Desk) -> None:
    lead = desk.created(**AENNE)
    desk.post({"name": "Robot", "email": "r@example.de", "_hp": "x"})

    ended = leads("tail", "--once", "--since", "2026-11-23")

    assert [line["outcome"] for line in ended.lines] == ["created", "quarantined"]
    table = leads("tail", "--once", "--since", "2026-11-23", "--table").out.splitlines()
    assert table[0] == f"2026-11-23 09:15  api       created          {lead['id']}"
    assert table[1].split()[2:] == ["web_form", "quarantined", desk.receipts()[0]["reason"]]
    assert [line["source"] for line in leads("tail", "--once", "--since", "2026-11-23", "--source", "api").lines] == [
        "api"
    ]


def test_without_a_time_nothing_old_is_told(leads: Leads, desk: Desk) -> None:
    items = [{"op": "create", "data": {"name": str(number)}} for number in range(5)]

    assert leads("tail", "--once").out == ""
    desk.client.post("/v1/leads/batch", json={"items": items})
    assert leads("tail", "--once").out == ""


def test_what_is_received_while_we_look_is_told_once_and_a_release_again(
    leads: Leads, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.created(name="Vorher")
    happenings = [
        lambda: desk.created(name="Jörg"),
        lambda: desk.post({"name": "Zoë", "email": "zoe@example.de", "_hp": "x"}),
        lambda: desk.client.post(f"/v1/intake/receipts/{desk.receipts()[0]['id']}/release"),
        lambda: desk.wait(3600),
        lambda: desk.created(name="Änne"),
    ]

    def sleep(seconds: float) -> None:
        assert seconds == 0.5
        if not happenings:
            raise KeyboardInterrupt
        happenings.pop(0)()

    monkeypatch.setattr(tail.time, "sleep", sleep)

    ended = leads("tail", "--every", "0.5")

    assert (ended.code, ended.err) == (0, "")
    assert [(line["source"], line["outcome"]) for line in ended.lines] == [
        ("api", "created"),
        ("web_form", "quarantined"),
        ("web_form", "created"),
        ("api", "created"),
    ]


@pytest.mark.parametrize("since", ["gestern", "10x", "999999d", "2026-13-01", "-1h"])
def test_a_since_that_is_no_time_is_a_wrong_command(leads: Leads, since: str) -> None:
    assert leads("tail", "--once", "--since", since).code == 2
