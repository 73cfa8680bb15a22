"""What happened to a lead, as the API shows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from chalicelib.domain import ids
from chalicelib.domain.lead import Lead
from chalicelib.domain.timeline import Entry, beginning, shown, shown_task, task_id

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ID = ids.encode(ids.milliseconds(NOON) << 12)
TASK = Entry(
    lead="0SARQYMNHMY",
    id=ID,
    type="task",
    origin="rcp_A3KMB5ZZRX21CNHE",
    source="call",
    data={"title": "Call back 0176 04069012", "phone": "+4917604069012"},
    due=datetime(2026, 11, 23, 13, 0, tzinfo=UTC),
)


def test_an_entry_is_shown_with_the_time_it_was_recorded() -> None:
    entry = Entry("0SARQYMNHMY", ID, "note", "request-1", by="key_1", source="api", data={"text": "Rückruf ✓"})

    assert shown(entry) == {
        "id": f"evt_{ID}",
        "type": "note",
        "at": "2026-11-23T12:00:00.000Z",
        "by": "key_1",
        "source": "api",
        "data": {"text": "Rückruf ✓"},
    }


def test_a_task_is_an_entry_that_can_be_done() -> None:
    assert task_id(TASK) == f"tsk_L0SARQYMNHMY{ID}"
    assert shown(TASK)["data"] == {
        "title": "Call back 0176 04069012",
        "phone": "+4917604069012",
        "id": task_id(TASK),
        "due_at": "2026-11-23T13:00:00.000Z",
        "done": False,
    }
    assert shown(replace(TASK, done=NOON))["data"]["done"] is True


def test_a_task_on_the_list_says_whose_and_until_when() -> None:
    assert shown_task(replace(TASK, done=NOON, owner="usr_1")) == {
        "id": task_id(TASK),
        "version": 1,
        "lead_id": "lead_0SARQYMNHMY",
        "title": "Call back 0176 04069012",
        "due_at": "2026-11-23T13:00:00.000Z",
        "done": True,
        "done_at": "2026-11-23T12:00:00.000Z",
        "owner_id": "usr_1",
        "created_at": "2026-11-23T12:00:00.000Z",
    }


def test_the_creation_is_read_off_the_lead() -> None:
    lead = Lead(
        id=ID, version=4, origin="rcp_1", status="junk", kind="junk", status_changed_at=NOON, source="web_form",
        received_at=datetime(2026, 11, 20, 8, 0, tzinfo=UTC), updated_at=NOON, created_by="key_1",
        opening={"receipt": "rcp_1", "type": "form_submission", "data": {"form": "frm_demo"}},
    )  # fmt: skip

    created = {
        "id": f"evt_{ID}",
        "type": "created",
        "at": "2026-11-23T12:00:00.000Z",
        "by": "key_1",
        "source": "web_form",
        "data": {
            "form": "frm_demo",
            "received_at": "2026-11-20T08:00:00.000Z",
            "what": "form_submission",
            "receipt_id": "rcp_1",
        },
    }
    assert beginning(lead) == [created]
    told = {"owner_id": "usr_1", "mode": "in_turn", "reason": "in_turn: one of 2"}
    given = replace(lead, opening={**lead.opening, "data": {"form": "frm_demo", "assigned": told}})
    assigned = {**created, "id": beginning(given)[0]["id"], "type": "assigned", "by": None, "data": told}
    assert beginning(given) == [assigned, created]
    assert assigned["id"] != created["id"]
    assert ids.created_at(assigned["id"].removeprefix("evt_")) == NOON
