"""Leads over HTTP: edited, moved, deleted, restored; under If-Match and Idempotency-Key."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.api.client import Reply
from tests.desk import Desk
from tests.faults import entries
from tests.faults.interleave import at_once

AENNE = {"name": "Änne Öztürk", "phone": "0176 04069012", "email": "aenne@example.de"}


def edit(desk: Desk, lead: dict[str, Any], body: dict[str, Any], **headers: str) -> Reply:
    return desk.client.patch(f"/v1/leads/{lead['id']}", json=body, headers=headers)


def test_a_merge_patch_changes_clears_and_leaves(desk: Desk) -> None:
    lead = desk.created(**AENNE, company="Öztürk GmbH", address={"city": "Köln", "street": "Domplatz 1"}, tags=["a"])

    reply = edit(desk, lead, {"company": None, "address": {"street": None, "postal_code": "50667"}, "tags": ["b", "c"]})

    assert reply.status == 200
    assert reply.headers["ETag"] == '"2"'
    assert reply.json["outcome"] == "updated"
    changed = desk.lead(lead["id"])
    assert changed == {name: value for name, value in reply.json.items() if name != "outcome"}
    assert (changed["company"], changed["address"], changed["tags"], changed["version"]) == (
        None, {"city": "Köln", "postal_code": "50667"}, ["b", "c"], 2,
    )  # fmt: skip
    assert changed["emails"] == lead["emails"]


def test_one_entry_tells_of_a_change_before_and_after(desk: Desk) -> None:
    lead = desk.created(**AENNE)

    edit(desk, lead, {"comment": "Ruft nur vormittags zurück", "position": "Leiterin"})

    entry = desk.timeline(lead["id"])[0]
    assert (entry["type"], entry["by"]) == ("updated", lead["created_by"])
    assert entry["data"] == {
        "changes": {
            "comment": {"before": None, "after": "Ruft nur vormittags zurück"},
            "position": {"before": None, "after": "Leiterin"},
        }
    }


def test_a_long_text_is_told_whole(desk: Desk) -> None:
    lead = desk.created(**AENNE, comment="ä" * 15_000)

    edit(desk, lead, {"comment": "ö" * 15_000})

    changes = desk.timeline(lead["id"])[0]["data"]["changes"]
    assert changes == {"comment": {"before": "ä" * 15_000, "after": "ö" * 15_000}}


def test_a_patch_that_says_nothing_new_changes_nothing(desk: Desk) -> None:
    lead = desk.created(**AENNE)

    reply = edit(desk, lead, {**{name: lead[name] for name in ("id", "version", "created_at")}, "name": "Änne Öztürk"})

    assert (reply.status, reply.json["outcome"], reply.json["version"]) == (200, "unchanged", 1)
    assert len(desk.timeline(lead["id"])) == 1


def test_the_short_form_replaces_the_first_and_keeps_the_others(desk: Desk) -> None:
    lead = desk.created(name="Jörg", phones=["+49 30 1234567", "0176 04069012"])

    changed = edit(desk, lead, {"phone": "+49 221 4710123"}).json

    assert [(each["id"], each["e164"]) for each in changed["phones"]] == [(3, "+492214710123"), (2, "+4917604069012")]
    cleared = edit(desk, lead, {"phone": None}).json
    assert [each["id"] for each in cleared["phones"]] == [2]


def test_a_value_keeps_its_id_as_long_as_it_lives(desk: Desk) -> None:
    lead = desk.created(name="Jörg", emails=["a@example.de", "b@example.de"])

    changed = edit(desk, lead, {"emails": ["c@example.de", "b@example.de"]}).json

    assert [(each["id"], each["address"]) for each in changed["emails"]] == [(3, "c@example.de"), (2, "b@example.de")]


def test_a_number_typed_anew_is_the_number_though_the_old_one_comes_along(desk: Desk) -> None:
    lead = desk.created(name="Jörg", phone="0176 04069012")

    changed = edit(desk, lead, {"phones": [{**lead["phones"][0], "raw": "030 901820"}]}).json

    assert [(each["e164"], each["raw"], each["valid"]) for each in changed["phones"]] == [
        ("+4930901820", "030 901820", True),
    ]  # fmt: skip
    assert desk.get("/v1/leads?phone=030901820")["data"][0]["id"] == lead["id"]
    assert desk.get("/v1/leads?phone=017604069012")["data"] == []


def test_what_only_leadger_knows_of_a_number_is_not_set(desk: Desk) -> None:
    lead = desk.created(name="Jörg", phone="0176 04069012")
    phone = {"id": 9, "raw": "030 901820", "e164": "+493012345678", "valid": False}

    for reply in (edit(desk, lead, {"phones": [phone]}), desk.create(name="Jörg", phones=[phone])):
        assert {(each["pointer"], each["code"]) for each in reply.json["errors"]} == {
            (f"/phones/0/{name}", "read_only") for name in ("id", "e164", "valid")
        }


def test_a_derived_name_and_title_follow_their_parts(desk: Desk) -> None:
    lead = desk.created(given_name="Änne", family_name="Oztürk")

    changed = edit(desk, lead, {"family_name": "Öztürk"}).json

    assert (changed["name"], changed["title"]) == ("Änne Öztürk", "Änne Öztürk")
    assert edit(desk, lead, {"title": None}).json["title"] == "Änne Öztürk"


def test_amount_and_currency_may_be_changed_alone(desk: Desk) -> None:
    lead = desk.created(**AENNE, amount={"amount": "100.00", "currency": "CHF"})

    assert edit(desk, lead, {"amount": {"amount": "250.00"}}).json["amount"] == {"amount": "250.00", "currency": "CHF"}
    assert edit(desk, lead, {"amount": {"currency": "EUR"}}).json["amount"] == {"amount": "250.00", "currency": "EUR"}
    assert edit(desk, lead, {"amount": None}).json["amount"] is None


def test_a_move_is_told_with_from_and_to_and_is_the_first_response(desk: Desk) -> None:
    lead = desk.created(**AENNE)
    desk.wait(60)

    moved = edit(desk, lead, {"status": "in_process", "comment": "angerufen"}).json

    assert (moved["status"], moved["kind"]) == ("in_process", "open")
    assert moved["status_changed_at"] == moved["first_response_at"] == moved["updated_at"] > lead["updated_at"]
    entry = desk.timeline(lead["id"])[0]
    assert entry["type"] == "status_changed"
    assert entry["data"] == {
        "from": "new", "to": "in_process", "changes": {"comment": {"before": None, "after": "angerufen"}},
    }  # fmt: skip
    again = edit(desk, lead, {"status": "processed"}).json
    assert again["first_response_at"] == moved["first_response_at"]


def test_junk_needs_a_reason_and_frees_what_it_held(desk: Desk) -> None:
    lead = desk.created(**AENNE)

    refused = edit(desk, lead, {"status": "junk"})
    lost = edit(desk, lead, {"status": "junk", "lost_reason": "no_interest"})

    assert refused.status == 422
    assert [(each["field"], each["code"]) for each in refused.json["errors"]] == [("lost_reason", "required")]
    assert (lost.json["kind"], lost.json["lost_reason"]) == ("junk", "no_interest")
    assert lost.json["closed_at"]
    again = desk.create(**AENNE).json
    assert again["duplicate_of"] is None


def test_reopened_it_holds_again_and_forgets_why_it_was_lost(desk: Desk) -> None:
    lead = desk.created(**AENNE)
    edit(desk, lead, {"status": "junk", "lost_reason": "spam"})

    reopened = edit(desk, lead, {"status": "new"}).json

    assert (reopened["lost_reason"], reopened["closed_at"], reopened["duplicate_of"]) == (None, None, None)
    assert desk.create(**AENNE).json["duplicate_of"] == lead["id"]


def test_reopened_beside_an_open_lead_of_the_person_it_is_that_ones_duplicate(desk: Desk) -> None:
    lead = desk.created(**AENNE)
    edit(desk, lead, {"status": "junk", "lost_reason": "spam"})
    second = desk.created(**AENNE)

    reopened = edit(desk, lead, {"status": "new"}).json

    assert reopened["duplicate_of"] == second["id"]


def test_who_takes_a_number_that_another_open_lead_has_is_its_duplicate(desk: Desk) -> None:
    first = desk.created(name="Öztürk", phone=AENNE["phone"])
    second = desk.created(name="Sahin", email="sahin@example.de")

    changed = edit(desk, second, {"phone": AENNE["phone"]}).json

    assert changed["duplicate_of"] == first["id"]


def test_a_status_asks_for_what_it_requires_before_a_lead_gets_there(desk: Desk) -> None:
    desk.client.patch("/v1/fields/amount", json={"required": {"from_status": "processed"}})
    lead = desk.created(**AENNE)

    early = edit(desk, lead, {"status": "in_process"})
    refused = edit(desk, lead, {"status": "processed"})
    lost = edit(desk, lead, {"status": "junk", "lost_reason": "spam"})
    moved = edit(desk, lead, {"status": "processed", "amount": {"amount": "100.00"}})

    assert (early.status, lost.status, moved.status) == (200, 200, 200)
    assert refused.status == 422
    assert [(each["field"], each["code"]) for each in refused.json["errors"]] == [("amount", "required")]


def test_own_fields_are_changed_and_cleared_one_by_one(desk: Desk) -> None:
    for name, kind in (("roof", "text"), ("area", "number")):
        assert desk.client.post("/v1/fields", json={"name": name, "type": kind, "label": name}).status == 201
    lead = desk.created(**AENNE, custom={"roof": "Flachdach", "area": 84.5})

    changed = edit(desk, lead, {"custom": {"roof": None, "area": 90}}).json
    wrong = edit(desk, lead, {"custom": {"area": "viel", "keller": 1}})

    assert (lead["custom"], changed["custom"]) == ({"roof": "Flachdach", "area": 84.5}, {"area": 90})
    assert [(each["field"], each["code"]) for each in wrong.json["errors"]] == [
        ("custom.area", "invalid_type"), ("custom.keller", "unknown_field"),
    ]  # fmt: skip


def test_an_owner_is_a_user_and_the_change_is_told(desk: Desk) -> None:
    user = desk.client.post("/v1/users", json={"name": "Kim Käfer"}).json["id"]
    lead = desk.created(**AENNE)

    changed = edit(desk, lead, {"owner_id": user}).json

    assert changed["owner_id"] == user
    entry = desk.timeline(lead["id"])[0]
    assert (entry["type"], entry["data"]) == (
        "assigned", {"owner_id": user, "changes": {"owner_id": {"before": None, "after": user}}},
    )  # fmt: skip
    assert [card["id"] for card in desk.get(f"/v1/leads?owner_id={user}")["data"]] == [lead["id"]]


def test_an_owner_who_changes_with_something_else_is_told_with_that(desk: Desk) -> None:
    user = desk.client.post("/v1/users", json={"name": "Kim Käfer"}).json["id"]
    lead = desk.created(**AENNE)

    edit(desk, lead, {"owner_id": user, "company": "Müller AG"})
    edit(desk, lead, {"owner_id": None, "status": "in_process"})

    moved, updated = desk.timeline(lead["id"])[:2]
    assert (updated["type"], set(updated["data"]["changes"])) == ("updated", {"owner_id", "company"})
    assert (moved["type"], moved["data"]["changes"]) == (
        "status_changed", {"owner_id": {"before": user, "after": None}},
    )  # fmt: skip


@pytest.mark.parametrize("status", ["converted"])
def test_only_a_conversion_leads_to_converted(desk: Desk, status: str) -> None:
    lead = desk.created(**AENNE)

    reply = edit(desk, lead, {"status": status})

    assert (reply.status, reply.json["code"]) == (409, "conversion_required")
    assert desk.lead(lead["id"])["version"] == 1


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"id": "lead_00000000000", "kind": "junk"}, [("id", "read_only"), ("kind", "read_only")]),
        ({"email": "kein", "phones": ["12"]}, [("phones[0]", "invalid_phone"), ("email", "invalid_email")]),
        ({"email": "a@example.de", "emails": []}, [("email", "conflicting_fields")]),
        ({"status": "nope"}, [("status", "unknown_status")]),
        ({"status": None}, [("status", "required")]),
        ({"source": ""}, [("source", "required")]),
        ({"lost_reason": "spam"}, [("lost_reason", "not_lost")]),
        ({"owner_id": "usr_niemand"}, [("owner_id", "unknown_user")]),
        ({"external_ids": {"mail": "x"}}, [("external_ids.mail", "invalid_name")]),
        ({"nmae": "x"}, [("nmae", "unknown_field")]),
        ({"name": None, "emails": [], "phones": None, "title": None}, [("", "says_nothing")]),
    ],
)
def test_what_cannot_be_changed_is_named_all_at_once(desk: Desk, body: Any, errors: list[tuple[str, str]]) -> None:
    lead = desk.created(**AENNE)

    reply = edit(desk, lead, body)

    assert reply.status == 422
    assert sorted((each["field"], each["code"]) for each in reply.json["errors"]) == sorted(errors)
    assert desk.lead(lead["id"]) == {name: lead[name] for name in desk.lead(lead["id"])}


def test_a_stale_version_is_refused_with_the_record_as_it_is(desk: Desk) -> None:
    lead = desk.created(**AENNE)
    edit(desk, lead, {"comment": "erste"}, **{"If-Match": '"1"'})

    reply = edit(desk, lead, {"comment": "zweite"}, **{"If-Match": '"1"'})

    assert (reply.status, reply.json["code"]) == (412, "version_mismatch")
    assert reply.json["current"] == desk.lead(lead["id"])
    assert reply.json["current"]["comment"] == "erste"


def test_under_one_key_an_edit_happens_once_even_if_match_is_stale_by_then(desk: Desk) -> None:
    lead = desk.created(**AENNE)
    headers = {"Idempotency-Key": "k-1", "If-Match": '"1"'}
    first = edit(desk, lead, {"comment": "einmal"}, **headers)

    again = edit(desk, lead, {"comment": "einmal"}, **headers)
    other = edit(desk, lead, {"comment": "anders"}, **headers)

    assert (again.status, again.body, again.headers["Idempotent-Replayed"]) == (200, first.body, "true")
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
    assert desk.lead(lead["id"])["version"] == 2


def test_twenty_at_once_with_if_match_change_it_once_for_each_success(desk: Desk) -> None:
    lead = desk.created(**AENNE)
    versions = desk.lead(lead["id"])["version"]

    entries.app()  # a current request for each thread

    bodies = [{"comment": f"Nummer {number}"} for number in range(20)]
    replies = at_once([partial(edit, desk, lead, body, **{"If-Match": f'"{versions}"'}) for body in bodies])

    succeeded = [reply for reply in replies if reply.status == 200]
    refused = [reply for reply in replies if reply.status == 412]
    assert (len(succeeded), len(refused)) == (1, 19)
    assert desk.lead(lead["id"])["version"] == versions + 1
    assert all("current" in reply.json for reply in refused)


def test_a_deleted_lead_is_gone_from_lists_and_can_be_restored(desk: Desk) -> None:
    lead = desk.created(**AENNE, external_ids={"bitrix24": "4711"})

    deleted = desk.client.delete(f"/v1/leads/{lead['id']}")

    assert (deleted.status, deleted.body) == (204, b"")
    gone = desk.client.get(f"/v1/leads/{lead['id']}")
    assert (gone.status, gone.json["code"]) == (404, "lead_deleted")
    assert gone.json["restorable_until"]
    assert desk.get("/v1/leads")["data"] == []
    assert desk.client.get("/v1/leads/external/bitrix24/4711").status == 404
    assert edit(desk, lead, {"comment": "x"}).json["code"] == "lead_deleted"
    restored = desk.client.post(f"/v1/leads/{lead['id']}/restore")
    assert (restored.status, restored.json["version"], restored.json["external_ids"]) == (200, 3, {"bitrix24": "4711"})
    assert desk.get("/v1/leads/external/bitrix24/4711")["id"] == lead["id"]
    assert [entry["type"] for entry in desk.timeline(lead["id"])] == ["restored", "deleted", "created"]
    assert desk.create(**AENNE).json["duplicate_of"] == lead["id"]


def test_what_it_held_is_free_once_it_is_deleted(desk: Desk) -> None:
    lead = desk.created(**AENNE, external_ids={"bitrix24": "4711"})
    desk.client.delete(f"/v1/leads/{lead['id']}")

    second = desk.created(**AENNE, external_ids={"bitrix24": "4711"})
    restored = desk.client.post(f"/v1/leads/{lead['id']}/restore").json

    assert second["duplicate_of"] is None
    assert (restored["duplicate_of"], restored["external_ids"]) == (second["id"], {})
    assert restored["external_ids_taken"] == {"bitrix24": "4711"}


def test_a_lead_whose_status_was_deleted_meanwhile_comes_back_in_the_first_open_one(desk: Desk) -> None:
    desk.client.post("/v1/statuses", json={"id": "archive", "name": "Archiv", "kind": "junk"})
    lead = desk.created(**AENNE, status="archive", lost_reason="spam")
    desk.client.delete(f"/v1/leads/{lead['id']}")
    assert desk.client.delete("/v1/statuses/archive").status == 204
    desk.wait(5)

    restored = desk.client.post(f"/v1/leads/{lead['id']}/restore").json

    assert [restored[name] for name in ("status", "kind", "lost_reason", "closed_at")] == ["new", "open", None, None]
    assert restored["status_changed_at"] == restored["updated_at"] > lead["updated_at"]
    assert desk.timeline(lead["id"])[0]["data"] == {
        "changes": {
            "lost_reason": {"before": "spam", "after": None}, "status": {"before": "archive", "after": "new"},
        }
    }  # fmt: skip
    assert desk.create(**AENNE).json["duplicate_of"] == lead["id"]


def test_a_lead_whose_status_is_of_another_kind_by_now_comes_back_in_the_first_open_one(desk: Desk) -> None:
    lead = desk.created(**AENNE, status="processed")
    desk.client.delete(f"/v1/leads/{lead['id']}")
    desk.client.delete("/v1/statuses/processed?move_to=new")
    desk.wait(61)
    desk.work_off("work")
    desk.client.post("/v1/statuses", json={"id": "processed", "name": "Weg", "kind": "junk"})

    restored = desk.client.post(f"/v1/leads/{lead['id']}/restore").json

    assert (restored["status"], restored["kind"]) == ("new", "open")


def test_after_thirty_days_there_is_no_way_back(desk: Desk) -> None:
    lead = desk.created(**AENNE)
    desk.client.delete(f"/v1/leads/{lead['id']}")
    desk.wait(31 * 24 * 3600)

    assert "restorable_until" not in desk.client.get(f"/v1/leads/{lead['id']}").json
    assert desk.client.post(f"/v1/leads/{lead['id']}/restore").status == 404
    desk.wait(-31 * 24 * 3600)  # so that the ledger is counted over the day of the lead


def test_restored_twice_it_stays_as_it_is(desk: Desk) -> None:
    lead = desk.created(**AENNE)

    reply = desk.client.post(f"/v1/leads/{lead['id']}/restore")

    assert (reply.status, reply.json["outcome"], reply.json["version"]) == (200, "unchanged", 1)


@pytest.mark.parametrize(
    ("policy", "comment", "company"), [("update", "alt", "Neu AG"), ("overwrite", "neu", "Neu AG")]
)
def test_a_known_persons_enquiry_may_change_the_lead(desk: Desk, policy: str, comment: str, company: str) -> None:
    lead = desk.created(**AENNE, comment="alt")

    reply = desk.create(
        f"?on_duplicate={policy}", email=AENNE["email"], comment="neu", company="Neu AG", phones=["030 1234567"]
    )

    assert (reply.status, reply.json["id"], reply.json["outcome"]) == (200, lead["id"], "updated")
    assert (reply.json["comment"], reply.json["company"], reply.json["version"]) == (comment, "Neu AG", 2)
    numbers = {"update": ["+4917604069012", "+49301234567"], "overwrite": ["+49301234567"]}
    assert [each["e164"] for each in reply.json["phones"]] == numbers[policy]
    assert desk.receipts()[0]["outcome"] == "updated"
    assert "company" in desk.timeline(lead["id"])[0]["data"]["changes"]


def test_an_update_leaves_out_what_somebody_else_holds(desk: Desk) -> None:
    desk.created(name="Jörg", phone="030 1234567")
    lead = desk.created(**AENNE)

    reply = desk.create("?on_duplicate=update", email=AENNE["email"], phone="030 1234567", company="Neu AG")

    assert [each["e164"] for each in reply.json["phones"]] == ["+4917604069012"]
    assert (reply.json["company"], reply.json["duplicate_of"]) == ("Neu AG", lead["duplicate_of"])


def test_an_external_id_belongs_to_one_lead(desk: Desk) -> None:
    first = desk.created(name="Eins", external_ids={"bitrix24": "1"})
    second = desk.created(name="Zwei")

    created = desk.create(name="Drei", external_ids={"bitrix24": "1"})
    changed = edit(desk, second, {"external_ids": {"bitrix24": "1"}})

    for reply in (created, changed):
        assert (reply.status, reply.json["code"]) == (409, "external_id_taken")
        assert reply.json["existing_id"] == first["id"]
    assert edit(desk, first, {"external_ids": {"bitrix24": None}}).status == 200
    assert edit(desk, second, {"external_ids": {"bitrix24": "1"}}).status == 200
