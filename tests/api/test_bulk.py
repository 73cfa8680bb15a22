"""One change of many leads: each at most once, counted, and refused in one piece where it can be known before."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import Reply
from tests.desk import Desk


def bulk(desk: Desk, filters: dict[str, Any], patch: dict[str, Any], key: str = "") -> Reply:
    headers = {"Idempotency-Key": key} if key else {}
    return desk.client.post("/v1/leads/bulk", json={"filters": filters, "set": patch}, headers=headers)


def done(desk: Desk, reply: Reply, looks: int = 1_000_000) -> dict[str, Any]:
    """The job once all is done."""
    assert reply.status == 202, reply.text
    desk.work_off("work", looks)
    return dict(desk.get(reply.headers["Location"]))


def people(desk: Desk, count: int, **values: Any) -> list[str]:
    return [desk.created(name=f"Jörg Müßig {number}", **values)["id"] for number in range(count)]


def test_every_lead_that_passes_the_filters_is_changed_once(desk: Desk) -> None:
    wanted, other = people(desk, 5), desk.created(name="Änne Öztürk", status="processed")["id"]

    reply = bulk(desk, {"status": ["new"]}, {"status": "in_process", "tags": ["messe-2026"]})
    assert reply.json | {"created_at": "", "updated_at": ""} == {
        "id": reply.headers["Location"].removeprefix("/v1/jobs/").rpartition("/")[2],
        "kind": "bulk", "status": "queued", "total": None, "done": 0, "eta_seconds": None, "result": {},
        "failure": None, "created_by": reply.json["created_by"], "created_at": "", "updated_at": "",
        "finished_at": None,
    }  # fmt: skip
    job = done(desk, reply)

    assert (job["status"], job["total"], job["done"], job["eta_seconds"]) == ("done", 5, 5, 0)
    assert job["result"] == {"changed": 5}
    assert {lead["id"]: (lead["status"], lead["tags"], lead["version"]) for lead in desk.leads()} == {
        **dict.fromkeys(wanted, ("in_process", ["messe-2026"], 2)),
        other: ("processed", [], 1),
    }
    (entry, _) = desk.timeline(wanted[0])
    assert (entry["type"], entry["by"]) == ("status_changed", job["created_by"])


def test_a_lead_that_has_the_values_already_stays_as_it_is(desk: Desk) -> None:
    people(desk, 2, tags=["messe-2026"])
    people(desk, 1)

    job = done(desk, bulk(desk, {}, {"tags": ["messe-2026"]}))

    assert job["result"] == {"changed": 1, "unchanged": 2}
    assert [lead["version"] for lead in desk.leads()] == [1, 1, 2]


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_a_worker_whose_time_is_up_goes_on_where_it_stood(desk: Desk, looks: int) -> None:
    people(desk, 7)

    job = done(desk, bulk(desk, {"kind": "open"}, {"status": "processed"}), looks)

    assert (job["status"], job["done"], job["result"]) == ("done", 7, {"changed": 7})
    assert {lead["version"] for lead in desk.leads()} == {2}


def test_a_lead_that_cannot_be_changed_is_told_and_costs_the_others_nothing(desk: Desk) -> None:
    first = desk.created(name="Änne Öztürk", external_ids={"crm": "4711"})["id"]
    others = people(desk, 3)

    job = done(desk, bulk(desk, {"kind": "open"}, {"external_ids": {"crm": "4711"}}))

    assert job["result"] == {
        "unchanged": 1,
        "refused": 3,
        "reasons": [
            {"lead_id": lead, "code": "external_id_taken", "detail": job["result"]["reasons"][0]["detail"]}
            for lead in others
        ],
    }
    assert desk.lead(first)["version"] == 1


def test_a_move_by_job_asks_for_required_fields_as_any_move_does(desk: Desk) -> None:
    desk.client.post("/v1/fields", json={"name": "roof", "type": "text", "label": "Dach"})
    whole = desk.created(name="Änne Öztürk", company="Öztürk GmbH", custom={"roof": "flach"})["id"]
    bare = desk.created(name="Jörg Müller")["id"]
    for path in ("/v1/fields/roof", "/v1/fields/company"):
        desk.client.patch(path, json={"required": {"from_status": "processed"}})

    job = done(desk, bulk(desk, {"kind": "open"}, {"status": "processed"}))

    assert job["result"] == {
        "changed": 1,
        "refused": 1,
        "reasons": [{"lead_id": bare, "code": "required", "detail": "company: Needed here; custom.roof: Needed here"}],
    }
    assert [desk.lead(each)["status"] for each in (whole, bare)] == ["processed", "new"]
    assert done(desk, bulk(desk, {"kind": "open"}, {"comment": "x"}))["result"] == {"changed": 2}


def test_at_most_a_hundred_reasons_are_told_and_all_are_counted(desk: Desk) -> None:
    desk.created(name="Änne Öztürk", external_ids={"crm": "4711"})
    people(desk, 103)

    job = done(desk, bulk(desk, {}, {"external_ids": {"crm": "4711"}}))

    assert (job["result"]["refused"], len(job["result"]["reasons"])) == (103, 100)


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_begun(desk: Desk) -> None:
    reply = bulk(
        desk,
        {},
        {"phone": "12", "status": "junk", "source": None, "version": 3, "owner_id": "usr_1", "nonsense": 1},
    )

    assert reply.status == 422
    assert {(each["pointer"], each["code"]) for each in reply.json["errors"]} == {
        ("/set/phone", "invalid_phone"), ("/set/lost_reason", "required"), ("/set/source", "required"),
        ("/set/version", "read_only"), ("/set/owner_id", "unknown_user"), ("/set/nonsense", "unknown_field"),
    }  # fmt: skip
    assert desk.get("/v1/jobs")["data"] == []


@pytest.mark.parametrize(
    ("filters", "patch", "problem"),
    [
        ({"sort": "created_at"}, {"company": "Neu AG"}, ("/filters/sort", "unknown_field")),
        ({"status": "nirgends"}, {"company": "Neu AG"}, ("/filters/status", "unknown_status")),
        ({"phone": "12"}, {"company": "Neu AG"}, ("/filters/phone", "invalid_phone")),
        ({"external_id": "4711"}, {"company": "Neu AG"}, ("/filters/external_id", "invalid_value")),
        ({"kind": "closed"}, {"company": "Neu AG"}, ("/filters/kind", "invalid_choice")),
        ({"repeat": "ja"}, {"company": "Neu AG"}, ("/filters/repeat", "invalid_type")),
        ({"created_since": "gestern"}, {"company": "Neu AG"}, ("/filters/created_since", "invalid_datetime")),
        ({"created_since": "1026-01-01"}, {"company": "Neu AG"}, ("/filters/created_since", "out_of_range")),
        ({"status": ["new", 1]}, {"company": "Neu AG"}, ("/filters/status", "invalid_type")),
        ({"email": "a@b.de", "phone": "030 901820"}, {"company": "Neu AG"}, ("/filters/email", "unsupported_filter")),
        ({"q": "Öztürk"}, {"company": "Neu AG"}, ("/filters/q", "unsupported_filter")),
        ({"q": ["x"], "tag": ""}, {"company": "Neu AG"}, ("/filters/q", "unsupported_filter")),
        ({}, {}, ("/set", "required")),
    ],
)
def test_what_cannot_be_used_is_named(desk: Desk, filters: Any, patch: Any, problem: tuple[str, str]) -> None:
    reply = bulk(desk, filters, patch)

    assert reply.status == 422
    assert [(each["pointer"], each["code"]) for each in reply.json["errors"]] == [problem]


def test_own_fields_of_the_workspace_are_changed_too(desk: Desk) -> None:
    roof = {"name": "roof", "type": "choice", "label": "Dach", "choices": [{"id": "flat", "label": "Flachdach"}]}
    for field in (roof, {"name": "advisor", "type": "user", "label": "Berater"}):
        assert desk.client.post("/v1/fields", json=field).status == 201
    (lead,) = people(desk, 1)

    job = done(desk, bulk(desk, {}, {"custom": {"roof": "flat"}}))
    wrong = bulk(desk, {}, {"custom": {"roof": "rund", "advisor": "usr_0J5Q2M8T3XE", "nonsense": 1}})

    assert (job["result"], desk.lead(lead)["custom"]["roof"]) == ({"changed": 1}, "flat")
    assert {(each["pointer"], each["code"]) for each in wrong.json["errors"]} == {
        ("/set/custom/roof", "invalid_choice"), ("/set/custom/advisor", "unknown_user"),
        ("/set/custom/nonsense", "unknown_field"),
    }  # fmt: skip


def test_nobody_is_converted_in_passing(desk: Desk) -> None:
    reply = bulk(desk, {}, {"status": "converted"})

    assert (reply.status, reply.json["code"]) == (409, "conversion_required")


def test_only_the_currency_of_amounts_can_be_set(desk: Desk) -> None:
    lead = desk.created(name="Änne Öztürk", amount={"amount": "1234.50", "currency": "EUR"})["id"]

    done(desk, bulk(desk, {}, {"amount": {"currency": "CHF"}}))

    assert desk.lead(lead)["amount"] == {"amount": "1234.50", "currency": "CHF"}


@pytest.mark.parametrize(
    "filters",
    [
        {"phone": "0176 04069012"},
        {"email": "AENNE@example.de"},
        {"external_id": "crm:4711"},
        {"tag": "Messe", "source": "api", "repeat": False},
        {"owner_id": "none", "status": "new", "created_since": "2026-11-23", "created_until": "2026-11-24T00:00:00Z"},
    ],
)
def test_every_filter_of_the_list_chooses_the_leads(desk: Desk, filters: dict[str, Any]) -> None:
    wanted = desk.created(
        name="Änne Öztürk",
        phone="0176 04069012",
        email="aenne@example.de",
        tags=["messe"],
        external_ids={"crm": "4711"},
    )["id"]
    other = desk.created(name="Jörg Müßig", status="processed")["id"]

    job = done(desk, bulk(desk, filters, {"company": "Neu AG"}))

    assert job["result"] == {"changed": 1}
    assert (desk.lead(wanted)["company"], desk.lead(other)["company"]) == ("Neu AG", None)


def test_leads_that_come_after_the_request_are_left_alone(desk: Desk) -> None:
    people(desk, 2)
    reply = bulk(desk, {}, {"company": "Neu AG"})
    desk.wait(1)
    late = desk.created(name="Änne Öztürk")["id"]

    job = done(desk, reply)

    assert job["result"] == {"changed": 2}
    assert desk.lead(late)["company"] is None


def test_a_lead_that_passes_no_more_when_its_turn_comes_is_left_alone(desk: Desk) -> None:
    first, second = people(desk, 2)
    reply = bulk(desk, {"status": "new"}, {"company": "Neu AG"})
    desk.client.patch(f"/v1/leads/{first}", json={"status": "processed"})
    desk.client.delete(f"/v1/leads/{second}")

    job = done(desk, reply)

    assert (job["status"], job["result"]) == ("done", {})
    assert desk.lead(first)["company"] is None


def test_the_same_key_makes_one_job(desk: Desk) -> None:
    people(desk, 1)

    first, again = (bulk(desk, {}, {"company": "Neu AG"}, key="k-1") for _ in range(2))

    assert (again.status, again.json, again.headers["Idempotent-Replayed"]) == (202, first.json, "true")
    assert again.headers["Location"] == first.headers["Location"]
    assert len(desk.get("/v1/jobs")["data"]) == 1
    assert bulk(desk, {}, {"company": "Alt AG"}, key="k-1").json["code"] == "idempotency_key_reused"


def test_a_long_patch_is_kept_beside_the_job(desk: Desk) -> None:
    text = "Wärmepumpe " * 1_500
    lead = desk.created(name="Änne Öztürk")["id"]

    job = done(desk, bulk(desk, {}, {"comment": text, "custom": {}}))

    assert job["result"] == {"changed": 1}
    assert desk.lead(lead)["comment"] == text.strip()
