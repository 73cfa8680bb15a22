"""Each invariant against a ledger that keeps it and ledgers that break it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib.domain.invariants import Ledger, Pointer, StoredAnswer, Violation, violations
from chalicelib.domain.job import Job, JobRow
from chalicelib.domain.lead import Lead
from chalicelib.domain.matching import Claim, Identity
from chalicelib.domain.receipt import Receipt
from chalicelib.domain.timeline import Entry
from chalicelib.domain.work import Work

AT = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)
PHONE = Identity("phone", "+49301234567")
EMAIL = Identity("email", "aenne@example.de")


def lead(id_="L1", origin="rcp_R1", **more):
    values = {
        "name": "Änne Öztürk",
        "phones": [{"id": 1, "e164": "+49301234567"}],
        "emails": [{"id": 2, "address": "aenne@example.de"}],
    }
    fields = {
        "version": 1,
        "status": "new",
        "kind": "open",
        "status_changed_at": AT,
        "source": "web_form",
        "received_at": AT,
        "updated_at": AT,
        "values": values,
    }
    return Lead(id=id_, origin=origin, **{**fields, **more})


def receipt(id_="R1", outcome="created", lead="L1", source="web_form", **more):
    return Receipt(
        id=id_, source=source, detail="", external_id=id_, received_at=AT, outcome=outcome, lead=lead, **more
    )


def ledger(leads=None, entries=(), receipts=None, claims=None, **more):
    leads = [lead()] if leads is None else leads
    receipts = [receipt()] if receipts is None else receipts
    claims = dict.fromkeys((PHONE, EMAIL), Claim(frozenset({"L1"}))) if claims is None else claims
    return Ledger(
        leads={each.id: each for each in leads},
        entries=entries,
        receipts={each.id: each for each in receipts},
        claims=claims,
        **more,
    )


def entry(id_="E2", origin="rcp_R2", lead="L1", type_="form_submission", **more):
    return Entry(lead=lead, id=id_, type=type_, origin=origin, **more)


def job(total, cursor, **counts):
    return Job(
        id="J1",
        receipt="R1",
        object_key="incoming/leads.csv",
        object_version="",
        status="done",
        total=total,
        first_millisecond=0,
        updated_at=AT,
        cursor=cursor,
        counts=counts,
    )


ATTACHED = receipt("R2", "attached", "L1")


def told(broken):
    return [str(violation) for violation in violations(broken)]


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(ledger(), id="one lead of one receipt"),
        pytest.param(ledger(receipts=[receipt(), receipt("R2", "pending", None)]), id="a pending receipt"),
        pytest.param(ledger(receipts=[receipt(), receipt("R2", "ignored", None)]), id="a verdict"),
        pytest.param(ledger(entries=[entry()], receipts=[receipt(), ATTACHED]), id="an attached one"),
        pytest.param(
            ledger(receipts=[receipt(), receipt("R2", "attached", "L1", source="call")]), id="a call's later event"
        ),
        pytest.param(ledger([lead(kind="junk", status="junk")], claims={PHONE: Claim()}), id="a closed lead"),
        pytest.param(
            ledger(
                [lead(), lead("L2", "rcp_R2", duplicate_of="L1")],
                receipts=[receipt(), receipt("R2", "created", "L2")],
                claims=dict.fromkeys((PHONE, EMAIL), Claim(frozenset({"L1", "L2"}))),
            ),
            id="a duplicate that says so",
        ),
        pytest.param(
            ledger(claims={PHONE: Claim(frozenset(), shared=True), EMAIL: Claim(frozenset({"L1"}))}),
            id="a shared number lists nobody",
        ),
        pytest.param(
            ledger(
                [lead(version=2, status="in_process")],
                [entry(type_="status_changed", origin="req", version=2, data={"from": "new", "to": "in_process"})],
            ),
            id="a moved lead",
        ),
        pytest.param(
            ledger(
                [lead(origin="imp_J1/1"), lead("L2", "imp_J1/2", values={"name": "Jörg"})],
                receipts=[],
                jobs={"J1": job(4, 4, created=2, attached=1, rejected=1)},
                job_rows=[("J1", JobRow(2, 4, "attached", "L1")), ("J1", JobRow(3, 5, "rejected"))],
            ),
            id="an import that adds up",
        ),
        pytest.param(ledger(answers=[StoredAnswer("I#…", 201, "rcp_R1", "L1")]), id="a stored answer of what happened"),
    ],
)
def test_a_ledger_that_adds_up_has_no_violations(kept):
    assert told(kept) == []


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (
            ledger([], claims={}),
            [
                "I1 receipt R1: outcome 'created', but there is no lead L1",
                "I1 receipt R1: outcome 'created', but it made the leads []",
            ],
        ),
        (ledger(receipts=[]), ["I1 receipt R1: there is an effect, but no receipt"]),
        (
            ledger(
                [lead(), lead("L2", duplicate_of="L1")],
                claims=dict.fromkeys((PHONE, EMAIL), Claim(frozenset({"L1", "L2"}))),
            ),
            ["I1 receipt R1: outcome 'created', but it made the leads ['L1', 'L2']"],
        ),
        (
            ledger(receipts=[receipt(outcome="pending", lead=None)]),
            ["I1 receipt R1: outcome 'pending', but it made the leads ['L1']"],
        ),
        (
            ledger(receipts=[receipt(), receipt("R2", "ignored", "L1")]),
            ["I1 receipt R2: outcome 'ignored' with the lead L1"],
        ),
        (ledger(receipts=[receipt(), receipt("R2", "lost", None)]), ["I1 receipt R2: 'lost' is no outcome"]),
        (
            ledger(receipts=[receipt(), receipt("R2", "accepted", None, job="J1")]),
            ["I1 receipt R2: accepted, but there is no job J1"],
        ),
        (
            ledger(receipts=[receipt(), ATTACHED]),
            ["I1 receipt R2: attached to L1, but there is no entry of it"],
        ),
        (
            ledger(entries=[entry(), entry("E3")], receipts=[receipt(), ATTACHED]),
            ["I1 receipt R2: outcome 'attached' on L1, but entries on ['L1', 'L1']"],
        ),
        (
            ledger(
                entries=[entry(), entry("T1", type_="task"), entry("T2", type_="task")], receipts=[receipt(), ATTACHED]
            ),
            ["I1 receipt R2: it made 2 tasks"],
        ),
    ],
)
def test_i1_one_inbound_one_receipt_one_outcome(broken, expected):
    assert told(broken) == expected


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (
            ledger(claims={PHONE: Claim(frozenset({"L1"}))}),
            ["I2 claim on the email of L1: does not list ['L1'], which hold it"],
        ),
        (
            ledger(claims=dict.fromkeys((PHONE, EMAIL), Claim(frozenset({"L1", "L9"})))),
            [
                "I2 claim on the email of L1: lists ['L9'], which do not hold it",
                "I2 claim on the phone of L1: lists ['L9'], which do not hold it",
            ],
        ),
        (
            ledger([lead(deleted_at=AT)], claims={PHONE: Claim(frozenset({"L1"}))}),
            ["I2 claim on the phone of L1: lists ['L1'], which do not hold it"],
        ),
        (
            ledger(
                [lead(), lead("L2", "rcp_R2")],
                receipts=[receipt(), receipt("R2", "created", "L2")],
                claims=dict.fromkeys((PHONE, EMAIL), Claim(frozenset({"L1", "L2"}))),
            ),
            [
                "I2 claim on the email of L1: ['L1', 'L2'] are all open, and none says it is a duplicate",
                "I2 claim on the phone of L1: ['L1', 'L2'] are all open, and none says it is a duplicate",
            ],
        ),
        (
            ledger(claims={PHONE: Claim(frozenset({"L1"}), call_back="L1T1"), EMAIL: Claim(frozenset({"L1"}))}),
            ["I2 claim on the phone of L1: its task does not exist"],
        ),
        (
            ledger(
                entries=[entry("T1", "rcp_R1", type_="task", done=AT)],
                claims={PHONE: Claim(frozenset({"L1"}), call_back="L1T1"), EMAIL: Claim(frozenset({"L1"}))},
            ),
            ["I2 claim on the phone of L1: its task is done"],
        ),
    ],
)
def test_i2_claims_are_what_open_leads_hold(broken, expected):
    assert told(broken) == expected


MOVED = entry(type_="status_changed", origin="req", version=2, data={"from": "new", "to": "in_process"})
BACK = entry("E3", "req", type_="status_changed", version=3, data={"from": "processed", "to": "new"})


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (ledger([lead(version=2)]), ["I4 lead L1: version 2, but entries for []"]),
        (
            ledger([lead(version=2, status="in_process")], [MOVED, replace(MOVED, id="E3")]),
            ["I4 lead L1: version 2, but entries for [2, 2]"],
        ),
        (ledger([lead(version=2)], [MOVED]), ["I4 lead L1: the history of 'status' breaks between E2 and the lead"]),
        (
            ledger([lead(version=3)], [MOVED, BACK]),
            ["I4 lead L1: the history of 'status' breaks between E2 and E3"],
        ),
        (
            ledger(
                [lead(version=2)],
                [
                    entry(
                        type_="updated",
                        origin="req",
                        version=2,
                        data={"changes": {"name": {"before": "Anne", "after": "Anne Öztürk"}}},
                    )
                ],
            ),
            ["I4 lead L1: the history of 'name' breaks between E2 and the lead"],
        ),
    ],
)
def test_i4_a_history_is_gap_free_and_ends_in_the_state(broken, expected):
    assert told(broken) == expected


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (ledger(unknown=[("Z#…", "zebra")]), ["I5 item Z#…: of the type 'zebra'"]),
        (ledger(unknown=[("Z#…", "")]), ["I5 item Z#…: has no type"]),
        (
            ledger(entries=[entry(origin="req", lead="L9")]),
            ["I5 entry E2: on the timeline of L9, which does not exist"],
        ),
        (ledger(pointers=[Pointer("call#c#1", "L9")]), ["I5 pointer of call: leads to L9, which does not exist"]),
        (
            ledger(pointers=[Pointer("mail#1", "L1", "E9")]),
            ["I5 pointer of mail: leads to the entry E9, which does not exist"],
        ),
        (
            ledger(job_rows=[("J1", JobRow(3, 5, "rejected"))]),
            ["I5 row 3 of the import J1: the import does not exist"],
        ),
    ],
)
def test_i5_every_item_has_a_known_type_and_a_living_parent(broken, expected):
    assert told(broken) == expected


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (job(3, 3, created=1), ["I6 import J1: 3 rows have an outcome, but it counts {'created': 1}"]),
        (job(3, 1, created=1), ["I6 import J1: done after 1 of 3 rows"]),
        (job(2, 2, created=2), ["I6 import J1: it counts 2 rows created, but there are 1"]),
        (job(2, 2, created=1, attached=1), ["I6 import J1: it counts 1 rows attached, but there are 0"]),
    ],
)
def test_i6_a_report_adds_up(broken, expected):
    assert told(ledger([lead(origin="imp_J1/1")], receipts=[], jobs={"J1": broken})) == expected


def work(status="done", total=1, **counts):
    return {"W1": Work("W1", "bulk", status, "req_key_1/1", "key_1", AT, total=total, counts=counts)}


BY_JOB = replace(MOVED, origin="req_key_1/job_W1")
MOVED_LEAD = lead(version=2, status="in_process")


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (ledger([MOVED_LEAD], [BY_JOB], works=work(changed=1)), []),
        (ledger([MOVED_LEAD], [BY_JOB], works=work("running", None, changed=1)), []),
        (ledger(works=work("gone", None)), ["I6 job W1: 'gone' is no status"]),
        (ledger(works=work(total=3, unchanged=2)), ["I6 job W1: done after 2 of 3"]),
        (
            ledger([MOVED_LEAD], [BY_JOB], works=work(unchanged=1)),
            ["I6 job W1: it counts 0 leads changed, but made 1 entries"],
        ),
        (ledger(works=work(changed=1)), ["I6 job W1: it counts 1 leads changed, but made 0 entries"]),
        (ledger(works=work(changed=1), purged={"L9": "rcp_R9"}, receipts=[receipt(), receipt("R9", lead="L9")]), []),
        (ledger(work_parts=[("W1", "job_reason")]), ["I5 job_reason of the job W1: the job does not exist"]),
    ],
)
def test_i6_long_work_adds_up(broken, expected):
    assert told(broken) == expected


def test_i6_a_row_makes_one_lead():
    twice = [lead(origin="imp_J1/1"), lead("L2", "imp_J1/1", values={"name": "Jörg"})]

    assert told(ledger(twice, receipts=[])) == ["I6 row imp_J1/1: made 2 leads"]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (
            [StoredAnswer("I#…", 201, "req", "L9")],
            ["I9 answer of req: it shows L9, which does not exist"],
        ),
        (
            [StoredAnswer("I#…", 201, "rcp_R9", "L1")],
            ["I9 answer of rcp_R9: it shows L1, but it has no receipt"],
        ),
        (
            [StoredAnswer("I#…", 201, "rcp_R1", "L1"), StoredAnswer("I#…", 201, "rcp_R1", "L1")],
            ["I9 answers of rcp_R1: there are 2"],
        ),
    ],
)
def test_i9_a_stored_answer_is_of_something_that_happened_once(answers, expected):
    assert told(ledger(answers=answers)) == expected


def test_a_violation_names_invariant_and_record():
    assert violations(ledger(pointers=[Pointer("mail#1", "L9")])) == [
        Violation("I5", "pointer of mail", "leads to L9, which does not exist")
    ]
