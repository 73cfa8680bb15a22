"""Leads, entries, receipts, answers and jobs as items: what is written is what is read, and where it can be found."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.errors import Problem
from chalicelib.domain.inbound import Raw
from chalicelib.domain.job import Job, JobRow
from chalicelib.domain.lead import Lead
from chalicelib.domain.receipt import Receipt
from chalicelib.domain.timeline import Entry
from chalicelib.store import (
    answers,
    entries,
    files,
    items,
    jobs,
    lead_lists,
    leads,
    pointers,
    queues,
    receipts,
    records,
    transport,
)
from chalicelib.store.transport import Committed, Refused
from tests.faults.world import World

NOON = datetime(2026, 11, 23, 12, 0, 0, 123_000, tzinfo=UTC)
LEAD = Lead(
    id="0SARQYMNHMY",
    version=7,
    origin="rcp_QJQC178AGVTEF275",
    status="in_process",
    kind="open",
    status_changed_at=NOON,
    source="web_form",
    source_detail="frm_demo",
    received_at=NOON - timedelta(days=1),
    updated_at=NOON + timedelta(hours=1),
    values={
        "title": "Wärmepumpe",
        "name": "Änne Öztürk",
        "company": "Öztürk & Söhne",
        "phones": [{"id": 1, "e164": "+4917604069012", "raw": "0176 04069012", "type": "mobile", "valid": True}],
        "emails": [{"id": 2, "address": "aenne@example.de", "type": "work"}],
        "amount": {"amount": "1234.50", "currency": "EUR"},
        "custom": {"roof_area": 84.5},
        "comment": "Grüße",
    },
    opening={"type": "form_submission", "data": {"fields": {"Farbe": "grün"}}},
    next_value_id=3,
    owner="usr_1",
    created_by="key_1",
    duplicate_of="0SARQYMNHMX",
    repeat=True,
    contact="C#1",
    lost_reason=None,
    last_activity=NOON,
    first_response=NOON,
)
RAW = Raw("web_form", "frm_demo", "frm_demo:a1", NOON, "name=Änne".encode(), "text/plain", {"page": "https://käfer.de"})

pytestmark = pytest.mark.usefixtures("world")


def stored(item: dict[str, Any]) -> dict[str, Any]:
    """An item over the wire and back."""
    return items.decode(items.encode(item))


# Leads


@pytest.mark.parametrize(
    "lead",
    [
        LEAD,
        replace(LEAD, values={"comment": "nur das"}, owner=None, created_by=None, duplicate_of=None, repeat=False),
        replace(LEAD, status="junk", kind="junk", closed_at=NOON, lost_reason="spam"),
        replace(LEAD, deleted_at=NOON),
        replace(LEAD, merged_into="0SARQYMNHMX"),
    ],
    ids=["full", "bare", "junk", "deleted", "merged"],
)
def test_a_lead_is_read_as_it_was_written(lead: Lead) -> None:
    assert leads.lead_of(stored(leads.item_of(lead))) == lead


def test_a_lead_stands_on_every_index_a_list_needs() -> None:
    item = leads.item_of(LEAD)

    assert item["board_pk"] == "L:in_process#0"
    assert item["board_sk"].endswith("0SARQYMNHMY")
    assert (item["owner_pk"], item["mine_pk"], item["mine_sk"]) == ("L:usr_1#0", "L:usr_1#0", "0SARQYMNHMY")
    assert item["owner_sk"] == f"in_process#{item['board_sk']}"
    assert (item["feed_pk"], item["feed_sk"]) == ("L#0", "0SARQYMNHMY")


@pytest.mark.parametrize("changes", [{"merged_into": "0SARQYMNHMX"}, {"deleted_at": NOON}])
def test_a_deleted_or_merged_lead_stands_on_no_list(changes: dict[str, Any]) -> None:
    item = leads.item_of(replace(LEAD, **changes))

    assert [name for name in item if name.startswith(("feed_", "mine_", "owner_")) and item[name]] == ["owner"][:0]
    assert item.get("board_pk") == ("DEL" if "deleted_at" in changes else None)


def test_a_change_writes_what_differs_and_only_from_the_version_it_saw() -> None:
    transport.transact([leads.create(LEAD)])
    after = replace(LEAD, version=8, owner=None, values={**LEAD.values, "company": None, "title": "Neu"})

    changed = transport.transact([leads.change(LEAD, after)])
    again = transport.transact([leads.change(LEAD, replace(after, owner="usr_2"))])

    assert changed == Committed()
    assert isinstance(again, Refused)
    found = leads.get("0SARQYMNHMY")
    assert found
    assert (found.version, found.owner, found.values.get("title"), found.values.get("company")) == (
        8,
        None,
        "Neu",
        None,
    )
    (card,) = lead_lists.page([lead_lists.everything()], descending=True, limit=10).cards
    assert (card["title"], card["company"], card["owner_id"]) == ("Neu", None, None)


def test_a_second_lead_under_one_id_is_refused_with_the_one_there_is() -> None:
    transport.transact([leads.create(LEAD)])

    result = transport.transact([leads.create(replace(LEAD, origin="rcp_other"))])

    assert isinstance(result, Refused)
    assert (result.found["lead"] or {})["origin"] == LEAD.origin


@pytest.mark.parametrize("changes", [{"deleted_at": NOON}, {"merged_into": "0SARQYMNHMX"}, None])
def test_what_depends_on_a_living_lead_is_refused_where_there_is_none(changes: dict[str, Any] | None) -> None:
    if changes:
        transport.transact([leads.create(replace(LEAD, **changes))])

    assert isinstance(transport.transact([leads.still_there("0SARQYMNHMY")]), Refused)


def test_the_page_of_a_lead_is_one_request_for_the_lead_and_its_newest_entries() -> None:
    from tests.meter import metered

    transport.transact([leads.create(LEAD)])
    for number in range(4):
        transport.transact([entries.add(entry(f"0SARQYMNHN{number}"))])
    transport.put({"pk": "L#0SARQYMNHMY", "sk": "K#0SARQYMNHN9", "type": "merge"})

    with metered() as cost:
        lead, listed = leads.page("0SARQYMNHMY", 3)

    assert lead == LEAD
    assert [each.id for each in listed] == ["0SARQYMNHN3", "0SARQYMNHN2", "0SARQYMNHN1"]
    assert cost.requests == 1


# Entries


def entry(entry_id: str = "0SARQYMNHN0", **more: Any) -> Entry:
    known = {"by": "key_1", "source": "call", "data": {"events": [{"event": "missed", "duration": 0}]}}
    return Entry("0SARQYMNHMY", entry_id, "call", "rcp_1", **{**known, **more})


@pytest.mark.parametrize(
    "written",
    [
        entry(),
        entry(version=3, data={"changes": {"phones": {"before": [], "after": [{"id": 1, "e164": "+49301"}]}}}),
        replace(entry(), type="task", due=NOON, owner="usr_1"),
        replace(entry(), type="task", due=NOON, done=NOON + timedelta(hours=1)),
    ],
)
def test_an_entry_is_read_as_it_was_written(written: Entry) -> None:
    transport.transact([entries.add(written)])

    assert entries.get("0SARQYMNHMY", written.id) == written


def test_a_call_grows_by_its_events_and_a_note_does_not() -> None:
    transport.transact([entries.add(entry()), entries.add(entry("0SARQYMNHN1", data={"text": "Notiz"}))])

    grown = transport.transact([entries.grow("0SARQYMNHMY", "0SARQYMNHN0", {"event": "ended"})])
    refused = transport.transact([entries.grow("0SARQYMNHMY", "0SARQYMNHN1", {"event": "ended"})])

    assert (grown, isinstance(refused, Refused)) == (Committed(), True)
    found = entries.get("0SARQYMNHMY", "0SARQYMNHN0")
    assert found
    assert [event["event"] for event in found.data["events"]] == ["missed", "ended"]


def test_a_task_is_done_once_and_leaves_the_list() -> None:
    task = replace(entry(), type="task", due=NOON)
    transport.transact([leads.create(LEAD), entries.add(task)])
    assert [each.id for each in entries.open_tasks(None, None, 10).entries] == [task.id]

    done = transport.transact([entries.change_task(task, replace(task, done=NOON, changed_by="req_1"))])
    again = transport.transact([entries.change_task(task, replace(task, done=NOON, changed_by="req_2"))])

    assert (done, isinstance(again, Refused)) == (Committed(), True)
    assert entries.open_tasks(None, None, 10).entries == []


# Receipts


def test_a_receipt_is_read_as_it_was_written_with_its_raw() -> None:
    written, known_before = receipts.open_new(RAW)

    found = receipts.get(written.id)

    assert known_before is False
    assert found == written
    assert receipts.raw_of(written) == RAW


def test_a_second_delivery_finds_the_first_ones_receipt() -> None:
    first, _ = receipts.open_new(RAW)

    second, known_before = receipts.open_new(replace(RAW, body=b"something else"))

    assert (second, known_before) == (first, True)


def test_a_body_that_compresses_well_stays_in_its_receipt_and_others_lie_beside_it(world: World) -> None:
    from random import Random

    small, _ = receipts.open_new(replace(RAW, body=b"a" * 200_000))
    noise = Random(7).randbytes(200_000)
    large, _ = receipts.open_new(replace(RAW, external_id="2", body=noise))

    stored_large = receipts.get(large.id)
    assert stored_large
    assert (small.body_object, stored_large.body) == (None, None)
    assert stored_large.body_object == ("files", f"raw/2026/11/23/{large.id}")
    assert receipts.raw_of(stored_large).body == noise
    assert receipts.raw_of(small).body == b"a" * 200_000
    sizes = [len(zlib.compress(item.get("body") or b"")) for item in world.of_type("receipt")]
    assert max(sizes) <= receipts.INLINE


def test_an_outcome_is_given_once_from_the_one_that_was_seen() -> None:
    receipt, _ = receipts.open_new(RAW)
    problem = Problem("phones", "invalid_phone", "Not a phone number.", "keine")

    first = transport.transact([receipts.finish(receipt, "created", lead="0SARQYMNHMY", problems=[problem])])
    second = transport.transact([receipts.finish(receipt, "ignored", reason="spam")])

    assert (first, isinstance(second, Refused)) == (Committed(), True)
    found = receipts.get(receipt.id)
    assert found
    assert (found.outcome, found.lead, found.reason) == ("created", "0SARQYMNHMY", None)
    assert [dict(each) for each in found.problems] == [
        {"field": "phones", "code": "invalid_phone", "detail": "Not a phone number.", "value": "keine"}
    ]


@pytest.mark.parametrize(
    ("outcome", "waits", "listed"),
    [
        ("pending", True, False),
        ("quarantined", True, True),
        ("needs_attention", True, True),
        ("created", False, True),
        ("ignored", False, True),
    ],
)
def test_a_receipt_stands_where_somebody_looks_for_it(outcome: str, waits: bool, listed: bool) -> None:
    receipt, _ = receipts.open_new(RAW)
    if outcome != "pending":
        transport.transact([receipts.finish(receipt, outcome, lead="1" if outcome == "created" else None)])
    period = (NOON - timedelta(days=1), NOON + timedelta(days=1))

    waiting = [each.id for each in receipts.waiting(outcome)]
    newest = [each.id for each in receipts.newest(*period, outcome=None, limit=10).receipts]

    assert (waiting == [receipt.id], newest == [receipt.id]) == (waits, listed)
    assert receipts.count_finished(*period) == ({("web_form", outcome): 1} if listed else {})


def test_only_what_waits_longer_than_asked_for_is_taken_up() -> None:
    receipts.open_new(RAW)

    assert list(receipts.waiting("pending", NOON)) == []
    assert len(list(receipts.waiting("pending", NOON + timedelta(milliseconds=1)))) == 1


def test_of_two_replays_one_begins() -> None:
    receipt, _ = receipts.open_new(RAW)

    assert receipts.begin_attempt(receipt, "a") is True
    assert receipts.begin_attempt(receipt, "b") is False
    assert receipts.begin_attempt(receipt, "a") is True  # its first answer was lost


def test_an_attempt_that_came_back_alive_does_not_count() -> None:
    receipt, _ = receipts.open_new(RAW)
    receipts.begin_attempt(receipt, "a")

    receipts.take_back_attempt(receipt, "b")
    counted = receipts.get(receipt.id)
    receipts.take_back_attempt(receipt, "a")
    taken_back = receipts.get(receipt.id)

    assert counted
    assert taken_back
    assert (counted.attempts, taken_back.attempts) == (1, 0)


# Answers


def test_a_stored_answer_is_read_byte_for_byte_until_it_expires() -> None:
    answer = answers.Answer("f" * 64, 201, '{"name":"Änne"}'.encode(), {"ETag": '"1"'}, "rcp_1")
    transport.transact([answers.store("key_1", "hash", answer, NOON)])

    assert answers.get("key_1", "hash", NOON + timedelta(hours=48)) == answer
    assert answers.get("key_1", "hash", NOON + timedelta(hours=48, seconds=1)) is None
    assert answers.get("key_2", "hash", NOON) is None


def test_an_answer_is_not_overwritten_while_it_is_kept() -> None:
    def put(origin: str, at: datetime) -> object:
        return transport.transact([answers.store("k", "h", answers.Answer("f", 201, b"{}", {}, origin), at)])

    assert put("first", NOON) == Committed()
    assert isinstance(put("second", NOON + timedelta(hours=47)), Refused)
    assert put("third", NOON + timedelta(hours=49)) == Committed()


# Jobs

JOB = Job(
    id="0SARQYNCWEH",
    receipt="B69FZJCNMJYWH6VR",
    object_key="incoming/Messe Köln.csv",
    object_version="v7",
    status="running",
    total=3,
    first_millisecond=217_000_000_000,
    updated_at=NOON,
    encoding="cp1252",
    delimiter=";",
    columns={"Name": "name", "Farbe": None},
    options={"header_row": "3", "mapping": '{"Name": "name"}'},
)


def test_a_job_is_read_as_it_was_written_and_counts_each_row_once() -> None:
    transport.transact([jobs.create(JOB)])
    assert jobs.get(JOB.id) == JOB

    results = [
        transport.transact([jobs.advance(JOB.id, position, outcome, NOON + timedelta(seconds=second))])
        for second, (position, outcome) in enumerate(
            [(0, "created"), (0, "created"), (2, "created"), (1, "rejected"), (2, "created")]
        )
    ]

    assert [isinstance(result, Committed) for result in results] == [True, False, False, True, True]
    found = jobs.get(JOB.id)
    assert found
    assert (found.cursor, found.outcomes(), found.rows_left()) == (3, {"created": 2, "rejected": 1}, 0)


def settled(rows: int) -> Job:
    """The job with so many of its three rows settled."""
    transport.transact([jobs.create(JOB)])
    for position in range(rows):
        transport.transact([jobs.advance(JOB.id, position, "created", NOON)])
    found = jobs.get(JOB.id)
    assert found
    return found


def test_a_job_is_done_once() -> None:
    job = settled(3)

    jobs.finish(job, NOON + timedelta(seconds=1))
    jobs.finish(job, NOON + timedelta(seconds=2))
    late = transport.transact([jobs.advance(JOB.id, 3, "created", NOON)])

    found = jobs.get(JOB.id)
    assert found
    assert (found.status, found.total, found.updated_at) == ("done", 3, NOON + timedelta(seconds=1))
    assert isinstance(late, Refused)


@pytest.mark.parametrize(("rows", "total"), [(2, 3), (4, 4)])
def test_rows_that_are_missing_stay_counted_and_rows_too_many_are_counted(rows: int, total: int) -> None:
    jobs.finish(settled(rows), NOON)

    found = jobs.get(JOB.id)
    assert found
    assert (found.status, found.cursor, found.total) == ("done", rows, total)


def test_a_worker_that_comes_back_takes_nothing_back_where_another_has_begun_since() -> None:
    transport.transact([jobs.create(JOB)])
    first = jobs.begin(JOB)
    second = jobs.begin(replace(JOB, cursor=1))

    jobs.take_back_begin(JOB)

    found = jobs.get(JOB.id)
    assert found
    assert (first, second, found.begun_at, found.begins) == (1, 1, 1, 1)


def test_a_worker_that_comes_back_takes_its_beginning_back() -> None:
    transport.transact([jobs.create(JOB)])
    jobs.begin(JOB)

    jobs.take_back_begin(JOB)

    found = jobs.get(JOB.id)
    assert found
    assert (found.begun_at, found.begins) == (0, 0)


def test_noted_rows_come_in_the_order_of_the_file_and_beside_no_other_jobs() -> None:
    rows = [
        JobRow(10, 12, "rejected", code="says_nothing", sentence="Sagt nichts.", cells=("", "ü;")),
        JobRow(2, 4, "attached", "L"),
    ]
    transport.transact([jobs.note_row(JOB.id, row) for row in rows] + [jobs.note_row("other", rows[1])])

    assert list(jobs.rows(JOB.id)) == [rows[1], rows[0]]


def test_ranges_of_ids_never_overlap() -> None:
    first = jobs.reserve_ids(5_000, NOON)
    second = jobs.reserve_ids(1, NOON)
    third = jobs.reserve_ids(1, NOON - timedelta(days=1))

    assert second >= first + 3
    assert third > second


# Pointers, settings, queues, files


def test_a_pointer_keeps_its_lead_unless_that_is_gone() -> None:
    transport.transact([pointers.leave("mail#a", "L1", "rcp_1")])

    again = transport.transact([pointers.leave("mail#a", "L2", "rcp_2")])
    wrong = transport.transact([pointers.redirect("mail#a", "L9", "L2", "rcp_2")])
    right = transport.transact([pointers.redirect("mail#a", "L1", "L2", "rcp_2")])

    assert isinstance(again, Refused)
    assert isinstance(wrong, Refused)
    assert right == Committed()


def test_settings_are_written_whole_and_new_ones_only_once() -> None:
    records.put("FORM", "frm_1", {"name": "Käfer", "hosts": ["a.example"]})
    records.put("FORM", "frm_1", {"name": "Käfer"})
    records.put_new("CFG", "another_secret", {"secret": "a"})
    records.put_new("CFG", "another_secret", {"secret": "b"})

    assert records.get("FORM", "frm_1") == {"name": "Käfer"}
    assert records.get("CFG", "another_secret") == {"secret": "a"}
    assert records.get("FORM", "frm_2") is None


def test_a_raw_travels_in_a_message_as_it_is() -> None:
    raw = replace(RAW, body=bytes(range(256)))

    assert queues.unpacked(queues.packed(raw)) == raw
    assert queues.read_raw({"raw": queues.packed(raw)}) == raw


def test_an_object_is_found_by_its_receipt_also_after_it_was_moved() -> None:
    files.write("mail", "incoming/m1", b"Gr\xfc\xdfe")
    assert files.read_received("mail", "incoming/m1", "R1", NOON) == b"Gr\xfc\xdfe"

    files.keep("mail", "incoming/m1", "R1", NOON)

    assert files.describe("mail", "incoming/m1") is None
    assert files.read("mail", "kept/2026/11/23/R1/m1") == b"Gr\xfc\xdfe"
    assert files.read_received("mail", "incoming/m1", "R1", NOON) == b"Gr\xfc\xdfe"


def test_what_stands_under_incoming_is_listed_without_folders() -> None:
    files.write("imports", "incoming/", b"")
    files.write("imports", "incoming/Ordner/", b"")
    files.write("imports", "incoming/Ordner/Liste (1).csv", b"Name")
    files.write("imports", "results/imp_1/report.json", b"{}")

    assert [(entry.key, entry.size) for entry in files.incoming("imports")] == [("incoming/Ordner/Liste (1).csv", 4)]


def test_a_receipt_without_its_own_bytes_names_the_object() -> None:
    receipt = receipts.new(replace(RAW, body=b"", meta={"object": "mail:incoming/a:b"}))

    assert isinstance(receipt, Receipt)
    assert (receipt.body, receipt.body_object) == (None, ("mail", "incoming/a:b"))
