"""The workspace's settings over HTTP: shown, merged, refused with all problems, and in force."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.services import documents, workspace
from tests.desk import Desk


def patched(desk: Desk, **settings: Any) -> dict[str, Any]:
    reply = desk.client.patch("/v1/settings", json=settings)
    assert reply.status == 200, reply.text
    return dict(reply.json)


def test_settings_begin_with_their_defaults(desk: Desk) -> None:
    reply = desk.client.get("/v1/settings")

    assert reply.json == {**workspace.DEFAULTS, "version": 0}
    assert reply.headers["ETag"] == '"0"'


VALUES: dict[str, Any] = {
    "mode": "classic",
    "default_region": "AT",
    "currency": "CHF",
    "time_zone": "Europe/Vienna",
    "business_hours": {"days": [0, 1, 2, 3, 4, 5], "from": "08:30", "until": "18:00"},
    "holidays": ["2026-12-25", "2026-12-26"],
    "languages": ["de"],
    "lost_reasons": [{"id": "too_far", "name": "Zu weit weg"}],
    "sections": [{"id": "person", "name": "Person"}],
    "on_duplicate": {"web_form": "create", "api": "reject"},
    "repeat_leads": "timeline",
    "after_junk": "reopen",
    "retention": {"junk_leads_days": 365, "receipts_days": 730},
    "own_domains": ["kaefer.example"],
    "own_addresses": ["info@kaefer.example"],
    "our_numbers": ["+43160106123"],
    "assignment": None,
}


def test_every_setting_can_be_set_and_is_shown_so(desk: Desk) -> None:
    user = desk.client.post("/v1/users", json={"name": "Kim Käfer"}).json["id"]
    assignment = {"mode": "in_turn", "users": [user], "by_source": {"call": {"mode": "fixed", "users": [user]}}}

    changed = patched(desk, **{**VALUES, "assignment": assignment})

    assert VALUES.keys() == workspace.DEFAULTS.keys()
    assert changed == {**VALUES, "assignment": assignment, "version": 1} == desk.get("/v1/settings")


def test_what_is_sent_is_merged_and_null_brings_a_default_back(desk: Desk) -> None:
    patched(desk, currency="CHF", business_hours={"from": "08:00"}, on_duplicate={"api": "attach", "call": "create"})

    changed = patched(desk, currency=None, on_duplicate={"api": None})

    assert changed["business_hours"] == {"days": [0, 1, 2, 3, 4], "from": "08:00", "until": "17:00"}
    assert (changed["currency"], changed["on_duplicate"], changed["version"]) == ("EUR", {"call": "create"}, 2)
    assert patched(desk, currency="EUR", version=2)["version"] == 2


@pytest.mark.parametrize(
    ("name", "value", "place", "code"),
    [
        ("mode", "simple", "", "unsupported"),
        ("mode", "modern", "", "invalid_choice"),
        ("default_region", "XX", "", "invalid_country"),
        ("default_region", "ß", "", "invalid_country"),
        ("currency", "EURO", "", "invalid_currency"),
        ("time_zone", "Mitteleuropa", "", "invalid_time_zone"),
        ("time_zone", "../etc/passwd", "", "invalid_time_zone"),
        ("time_zone", 7, "", "invalid_type"),
        ("business_hours", {"days": [0, 7]}, ".days[1]", "out_of_range"),
        ("business_hours", {"from": "9"}, ".from", "invalid_time"),
        ("business_hours", {"from": "18:00"}, ".until", "out_of_range"),
        ("business_hours", {"until": None}, ".until", "required"),
        ("holidays", ["2026-02-30"], "[0]", "invalid_date"),
        ("holidays", "2026-12-25", "", "invalid_type"),
        ("languages", [], "", "required"),
        ("languages", ["deutsch"], "[0]", "invalid_language"),
        ("lost_reasons", [], "", "required"),
        ("lost_reasons", [{"id": "x"}], "[0].name", "required"),
        ("lost_reasons", [{"id": "x", "name": "X"}, {"id": "x", "name": "Y"}], "[1].id", "repeated"),
        ("sections", [{"id": "x", "name": "X", "color": "red"}], "[0].color", "unknown_field"),
        ("on_duplicate", {"fax": "attach"}, ".fax", "unknown_field"),
        ("on_duplicate", {"web_form": "reject"}, ".web_form", "invalid_choice"),
        ("on_duplicate", {"csv": "skip"}, ".csv", "unsupported"),
        ("repeat_leads", "never", "", "invalid_choice"),
        ("after_junk", ["new"], "", "invalid_choice"),
        ("retention", {"junk_leads_days": 0}, ".junk_leads_days", "out_of_range"),
        ("own_domains", ["kaefer"], "[0]", "invalid_domain"),
        ("own_addresses", ["kein"], "[0]", "invalid_email"),
        ("our_numbers", ["12"], "[0]", "invalid_phone"),
        ("assignment", "fixed", "", "invalid_type"),
        ("assignment", {"mode": "fixed"}, ".users", "required"),
        ("assignment", {"mode": "fixed", "users": []}, ".users", "required"),
        ("assignment", {"mode": "lottery", "users": ["usr_00000000000"]}, ".mode", "invalid_choice"),
        ("languages", ["de", "xx"], "[1]", "invalid_language"),
        ("assignment", {"mode": "fixed", "users": ["usr_00000000000"]}, ".users[0]", "unknown_user"),
        ("assignment", {"by_source": {"call": "usr_00000000000"}}, ".by_source.call.users[0]", "unknown_user"),
        ("assignment", {"by_source": {"call": 7}}, ".by_source.call", "invalid_type"),
        ("assignment", {"by_source": {"fax": {"mode": "fixed", "users": []}}}, ".by_source.fax", "unknown_source"),
        ("assignment", {"by_source": {"a.b": 7}}, ".by_source[\"a.b\"]", "unknown_source"),
        ("colour", "red", "", "unknown_field"),
        ("version", 7, "", "read_only"),
    ],
)  # fmt: skip
def test_what_a_setting_cannot_be_is_refused(desk: Desk, name: str, value: Any, place: str, code: str) -> None:
    reply = desk.client.patch("/v1/settings", json={"currency": "CHF", name: value})

    assert reply.status == 422
    assert (f"{name}{place}", code) in [(each["field"], each["code"]) for each in reply.json["errors"]]
    assert desk.get("/v1/settings") == {**workspace.DEFAULTS, "version": 0}


def test_all_problems_come_at_once(desk: Desk) -> None:
    reply = desk.client.patch("/v1/settings", json={"mode": "x", "currency": "x", "holidays": [1, 2], "nix": 1})

    assert [each["pointer"] for each in reply.json["errors"]] == [
        "/mode", "/currency", "/holidays/0", "/holidays/1", "/nix",
    ]  # fmt: skip


def test_values_are_stored_in_one_form(desk: Desk) -> None:
    user = desk.client.post("/v1/users", json={"name": "Kim Käfer"}).json["id"]

    changed = patched(
        desk, default_region="de", currency="chf", own_domains=["Kaefer.Example"], our_numbers=["030 901820"],
        assignment={"mode": "random", "users": [user], "by_source": {"call": user, "email": [user]}},
    )  # fmt: skip

    assert (changed["default_region"], changed["currency"]) == ("DE", "CHF")
    assert (changed["own_domains"], changed["our_numbers"]) == (["kaefer.example"], ["+4930901820"])
    assert changed["assignment"]["by_source"] == {
        "call": {"mode": "fixed", "users": [user]}, "email": {"mode": "random", "users": [user]},
    }  # fmt: skip


def test_a_setting_is_in_force_at_once_where_it_was_set(desk: Desk) -> None:
    desk.created(name="Änne", phone="030 901820")

    patched(desk, default_region="AT", lost_reasons=[{"id": "far", "name": "Zu weit"}])

    assert desk.created(name="Jörg", phone="01 60106123")["phones"][0]["e164"] == "+43160106123"
    assert desk.create(name="Jörg", status="junk", lost_reason="spam").json["errors"][0]["code"] == (
        "unknown_lost_reason"
    )


def test_a_setting_is_in_force_everywhere_within_thirty_seconds(desk: Desk) -> None:
    at = desk.world.clock.now()
    workspace.settings(at)
    stale = documents._read[""]
    patched(desk, currency="CHF", lost_reasons=[{"id": "far", "name": "Zu weit"}])
    documents._read[""] = stale

    currencies = [workspace.settings(at + timedelta(seconds=after))["currency"] for after in (29, 31)]
    documents._read[""] = stale

    assert currencies == ["EUR", "CHF"]
    assert desk.create(name="Jörg", status="junk", lost_reason="far").status == 201


def test_a_stale_change_shows_the_current_settings(desk: Desk) -> None:
    patched(desk, currency="CHF")

    reply = desk.client.patch("/v1/settings", json={"currency": "SEK"}, headers={"If-Match": '"0"'})

    assert (reply.status, reply.json["current"]["currency"], reply.json["current"]["version"]) == (412, "CHF", 1)
