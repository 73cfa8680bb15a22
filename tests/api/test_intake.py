"""The ledger over HTTP: receipts, their raw, release and replay, and sums that add up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.times import parse, rfc3339
from chalicelib.services import keys
from tests.api.client import Client
from tests.desk import Desk, letter
from tests.faults.world import CALL_KEY

LEADS_ONLY_KEY = "lk_test_key_without_the_ledger"


def some_of_everything(desk: Desk) -> None:
    """Nine things received by five ways, two seconds apart: what objects know of their time is the second."""
    desk.created(name="Änne Öztürk", phone="0176 04069012")
    desk.wait(2)
    desk.post({"name": "Jörg Müßig", "e-mail": "joerg@example.org"})
    desk.post({"name": "Robo", "e-mail": "robo@example.org", "_hp": "x"})
    desk.call("missed", "0176 04069012")
    desk.call("ringing", "030 7654321", "c-2")
    desk.wait(2)
    desk.mail(letter(address="joerg@example.org"))
    desk.wait(2)
    desk.mail(letter(message_id="<2@example.de>", auto_submitted="auto-replied"), "m2")
    desk.wait(2)
    desk.drop("Messe.csv", "Name;Telefon\nZoë Çelik;0221 4710123\n;keine\n")


def test_received_is_the_sum_of_all_outcomes(desk: Desk) -> None:
    some_of_everything(desk)

    sums = desk.reconciliation()

    assert sums["received"] == 9
    assert sums["outcomes"] == {"attached": 2, "created": 3, "ignored": 2, "quarantined": 1, "rejected": 1}
    assert (sums["pending"], sums["unaccounted"]) == (0, [])
    assert sums["by_source"] == {
        "api": {"received": 1, "outcomes": {"created": 1}, "pending": 0},
        "call": {"received": 2, "outcomes": {"attached": 1, "ignored": 1}, "pending": 0},
        "csv": {"received": 2, "outcomes": {"created": 1, "rejected": 1}, "pending": 0},
        "email": {"received": 2, "outcomes": {"attached": 1, "ignored": 1}, "pending": 0},
        "web_form": {"received": 2, "outcomes": {"created": 1, "quarantined": 1}, "pending": 0},
    }


def test_a_repeated_delivery_is_counted_in_its_receipt_only(desk: Desk) -> None:
    for _ in range(3):
        desk.call("missed", "0176 04069012")

    assert desk.reconciliation()["received"] == 1
    assert desk.receipts()[0]["deliveries"] == 3


def test_a_period_has_its_beginning_and_not_its_end(desk: Desk) -> None:
    desk.call("missed", "0176 04069012")
    at = desk.receipts()[0]["received_at"]
    after = rfc3339(parse(at) + timedelta(milliseconds=1))

    within = desk.get(f"/v1/intake/reconciliation?since={at}&until={after}")
    before = desk.get(f"/v1/intake/reconciliation?until={at}")
    later = desk.get(f"/v1/intake/reconciliation?since={after}")

    assert [sums["received"] for sums in (within, before, later)] == [1, 0, 0]


@pytest.mark.parametrize("path", ["/v1/intake/reconciliation", "/v1/intake/receipts"])
def test_a_period_that_ends_before_it_begins_is_refused(desk: Desk, path: str) -> None:
    reply = desk.client.get(f"{path}?since=2026-11-23&until=2026-11-22")

    assert (reply.status, reply.json["errors"][0]["field"], reply.json["errors"][0]["code"]) == (
        422,
        "since",
        "out_of_range",
    )


def test_an_empty_ledger_adds_up(desk: Desk) -> None:
    sums = desk.reconciliation()

    assert (sums["received"], sums["outcomes"], sums["pending"], sums["unaccounted"]) == (0, {}, 0, [])


def test_receipts_are_listed_newest_first_and_filtered(desk: Desk) -> None:
    some_of_everything(desk)

    listed = desk.receipts()

    assert [receipt["source"] for receipt in listed] == [
        "csv", "email", "email", "call", "call", "web_form", "web_form", "api",
    ]  # fmt: skip
    assert [receipt["outcome"] for receipt in desk.receipts("?source=call")] == ["ignored", "attached"]
    assert [receipt["reason"] for receipt in desk.receipts("?outcome=quarantined")] == ["honeypot"]
    assert [receipt["source"] for receipt in desk.receipts("?outcome=created&source=web_form")] == ["web_form"]
    assert desk.receipts("?outcome=rejected") == []


def test_receipts_are_paged(desk: Desk) -> None:
    for number in range(5):
        desk.call("ringing", "030 7654321", f"c-{number}")
    found, cursor = [], ""
    while cursor is not None:
        page = desk.get(f"/v1/intake/receipts?limit=2&outcome=ignored&cursor={cursor}")
        found += [receipt["external_id"].split(":")[1] for receipt in page["data"]]
        cursor = page["next_cursor"]

    assert found == ["c-4", "c-3", "c-2", "c-1", "c-0"]


def test_a_receipt_far_back_is_found_with_one_call(desk: Desk) -> None:
    desk.mail(letter())
    for number in range(7):
        desk.call("ringing", "030 7654321", f"c-{number}")

    for query in ("source=email", "outcome=created"):
        page = desk.get(f"/v1/intake/receipts?limit=2&{query}")
        assert [receipt["source"] for receipt in page["data"]] == ["email"]
        assert page["next_cursor"] is None


def test_filtered_receipts_are_paged_without_gaps(desk: Desk) -> None:
    for number in range(6):
        desk.call("ringing" if number % 2 else "answered", f"030 765432{number}", f"c-{number}")
    found, cursor = [], ""
    while cursor is not None:
        page = desk.get(f"/v1/intake/receipts?limit=2&outcome=created&source=call&cursor={cursor}")
        found.append([receipt["external_id"].split(":")[1] for receipt in page["data"]])
        cursor = page["next_cursor"]

    assert found == [["c-4", "c-2"], ["c-0"]]


def test_a_list_of_receipts_looks_at_so_many_only_and_then_answers_with_a_cursor(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.store.receipts.MOST_EVALUATED", 3)
    desk.mail(letter())
    for number in range(4):
        desk.call("ringing", "030 7654321", f"c-{number}")

    first = desk.get("/v1/intake/receipts?source=email")
    second = desk.get(f"/v1/intake/receipts?source=email&cursor={first['next_cursor']}")

    assert first["data"] == []
    assert [receipt["source"] for receipt in second["data"]] == ["email"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("query", ["source=e-mail", "outcome=lost", "source=&limit=5"])
def test_an_unknown_source_or_outcome_is_refused(desk: Desk, query: str) -> None:
    reply = desk.client.get(f"/v1/intake/receipts?{query}")

    assert (reply.status, reply.json["code"]) == (400, "invalid_parameter")


def test_a_receipt_shows_the_raw_as_it_came(desk: Desk) -> None:
    body = b"name=J\xf6rg&nachricht=Hallo"
    receipt_id = desk.post(body).json["receipt_id"]

    receipt = desk.receipt(receipt_id)

    assert (receipt["id"], receipt["content_type"]) == (receipt_id, "application/x-www-form-urlencoded")
    assert receipt["raw"] == {"base64": "bmFtZT1K9nJnJm5hY2hyaWNodD1IYWxsbw=="}


def test_the_raw_of_a_mail_is_a_link_to_where_it_was_moved(desk: Desk) -> None:
    desk.mail(letter())
    (receipt,) = desk.receipts()

    link = desk.receipt(receipt["id"])["raw"]["link"]

    assert f"/kept/2026/11/23/{receipt['id'].removeprefix('rcp_')}/m1?" in link
    assert "response-content-disposition=attachment" in link
    assert desk.world.object_keys("mail", "incoming/") == []


def test_a_replay_changes_nothing_where_the_outcome_stands(desk: Desk) -> None:
    outcome = desk.call("missed", "0176 04069012")
    before = desk.world.items()

    reply = desk.client.post(f"/v1/intake/receipts/{outcome['receipt_id']}/replay")

    assert (reply.status, reply.json["outcome"]) == (200, "created")
    assert desk.world.items() == before


def test_what_was_attached_or_created_is_released_without_effect_and_what_was_ignored_not_at_all(desk: Desk) -> None:
    created = desk.call("missed", "0176 04069012")
    ignored = desk.call("ringing", "0176 04069012", "c-2")
    before = desk.world.items()

    again = desk.client.post(f"/v1/intake/receipts/{created['receipt_id']}/release")
    refused = desk.client.post(f"/v1/intake/receipts/{ignored['receipt_id']}/release")

    assert (again.status, again.json["outcome"]) == (200, "created")
    assert (refused.status, refused.json["code"]) == (409, "not_releasable")
    assert desk.world.items() == before


def test_a_form_that_said_nothing_is_released_as_a_lead_of_its_own(desk: Desk) -> None:
    receipt_id = desk.post({"_key": "1", "utm_source": "newsletter"}).json["receipt_id"]
    assert desk.receipt(receipt_id)["outcome"] == "needs_attention"

    released = desk.client.post(f"/v1/intake/receipts/{receipt_id}/release")

    (lead,) = desk.leads()
    assert (released.status, released.json["outcome"], lead["title"]) == (200, "created", "Form submission")


@pytest.mark.parametrize(
    ("body", "media_type", "comment"),
    [
        (b'{"name": "M\xc3\xbcller", "tel', "application/json", '{"name": "Müller", "tel'),
        (b"<name>M\xfcller</name>", "application/xml", "<name>Müller</name>"),
        (b"%PDF-1.7\x00\x01\x02\x80\xff", "application/pdf", None),
        (b'{"name": "' + "ü".encode() * 3_000, "application/json", '{"name": "' + "ü" * 1_995),
    ],
    ids=["broken JSON", "XML", "no text", "long"],
)
def test_what_could_not_be_read_is_seen_by_whoever_works_the_released_lead(
    desk: Desk, body: bytes, media_type: str, comment: str | None
) -> None:
    receipt_id = desk.post(body, media_type=media_type).json["receipt_id"]

    released = desk.client.post(f"/v1/intake/receipts/{receipt_id}/release")

    (lead,) = desk.leads()
    assert (released.json["outcome"], lead["comment"]) == ("created", comment)
    assert (lead["title"] == "Form submission") is (comment is None)
    if comment:
        (created,) = desk.timeline(lead["id"])
        assert comment.startswith(created["data"]["raw"]["comment"][0].rstrip("…"))


def test_a_released_mail_and_a_released_call_show_what_was_sent(desk: Desk) -> None:
    desk.mail(b"kein Kopf, nur ein Satz\n")
    hook = f"/hooks/generic/chn_demo?key={CALL_KEY}"
    desk.visitor.post(hook, body=b"from=0221 4710123", headers={"Content-Type": "text/plain"})

    for receipt in desk.receipts():
        desk.client.post(f"/v1/intake/receipts/{receipt['id']}/release")

    assert sorted(lead["comment"] for lead in desk.leads()) == ["from=0221 4710123", "kein Kopf, nur ein Satz"]


def test_a_released_enquiry_of_a_known_person_is_attached(desk: Desk) -> None:
    receipt_id = desk.post({"name": "Jörg Müßig", "e-mail": "joerg@example.org", "_hp": "x"}).json["receipt_id"]
    lead = desk.created(name="Jörg Müßig", email="joerg@example.org")

    released = desk.client.post(f"/v1/intake/receipts/{receipt_id}/release")

    assert (released.json["outcome"], released.json["lead_id"]) == ("attached", lead["id"])


@pytest.mark.parametrize("path", ["", "/replay", "/release"])
@pytest.mark.parametrize("receipt_id", ["rcp_0000000000000000", "rcp_1", "lead_0J5Q2M8T3XA"])
def test_an_unknown_receipt_is_404(desk: Desk, path: str, receipt_id: str) -> None:
    method = "POST" if path else "GET"

    reply = desk.client.request(method, f"/v1/intake/receipts/{receipt_id}{path}")

    assert (reply.status, reply.json["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "/v1/intake/receipts"),
        ("GET", "/v1/intake/reconciliation"),
        ("POST", "/v1/intake/receipts/rcp_0000000000000000/release"),
    ],
)
def test_the_ledger_asks_for_its_own_scope(desk: Desk, method: str, url: str) -> None:
    keys.store(LEADS_ONLY_KEY, name="Messe-App", scopes=["leads:read", "leads:write"], at=desk.world.clock.now())

    reply = Client(desk.app, key=LEADS_ONLY_KEY).request(method, url)

    assert (reply.status, reply.json["code"]) == (403, "scope_missing")
