"""Imports over HTTP: a dropped file's job, its counts, and the rows to correct. The worker: tests/triggers."""

from __future__ import annotations

import pytest

from tests.desk import Desk

LIST = (
    "Name;Telefon;E-Mail\n"
    "Änne Öztürk;0176 04069012;aenne@example.de\n"
    "Jörg Müßig;030 12345678;joerg@example.org\n"
    "A. Öztürk;;aenne@example.de\n"
    ";;\n"
    ";keine;nirgends\n"
)


def test_a_dropped_file_is_a_job_whose_counts_add_up(desk: Desk) -> None:
    desk.drop("Messe Köln.csv", LIST)

    job = desk.job()

    assert {**job, "id": "", "created_at": "", "updated_at": "", "receipt_id": ""} == {
        "id": "",
        "status": "done",
        "object_key": "incoming/Messe Köln.csv",
        "receipt_id": "",
        "encoding": "utf-8",
        "delimiter": ";",
        "columns": {"Name": "name", "Telefon": "phones", "E-Mail": "emails"},
        "problems": [],
        "rows": {"total": 4, "done": 4, "created": 2, "updated": 0, "attached": 1, "skipped": 0, "rejected": 1},
        "created_at": "",
        "updated_at": "",
        "deliveries": 1,
    }
    (receipt,) = desk.receipts()
    assert (receipt["id"], receipt["outcome"], receipt["import_id"]) == (job["receipt_id"], "accepted", job["id"])


def test_jobs_are_listed_newest_first_and_paged(desk: Desk) -> None:
    for name in ("eins", "zwei", "drei"):
        desk.drop(f"{name}.csv", f"Name\n{name}\n")

    first = desk.get("/v1/imports?limit=2")
    second = desk.get(f"/v1/imports?limit=2&cursor={first['next_cursor']}")

    assert [job["object_key"] for job in first["data"]] == ["incoming/drei.csv", "incoming/zwei.csv"]
    assert [job["object_key"] for job in second["data"]] == ["incoming/eins.csv"]


def test_the_refused_rows_are_behind_a_link(desk: Desk) -> None:
    desk.drop("liste.csv", LIST)
    job = desk.job()

    reply = desk.client.get(f"/v1/imports/{job['id']}/errors")

    assert reply.status == 303
    assert f"/results/{job['id']}/errors.csv?" in reply.headers["Location"]


def test_without_refused_rows_there_is_no_file_of_them(desk: Desk) -> None:
    desk.drop("liste.csv", "Name\nÄnne Öztürk\n")

    reply = desk.client.get(f"/v1/imports/{desk.job()['id']}/errors")

    assert (reply.status, reply.json["code"]) == (404, "no_errors_file")


@pytest.mark.parametrize("path", ["", "/errors"])
@pytest.mark.parametrize("import_id", ["imp_0J5Q2M8T3XA", "lead_0J5Q2M8T3XA", "1"])
def test_an_unknown_import_is_404(desk: Desk, path: str, import_id: str) -> None:
    reply = desk.client.get(f"/v1/imports/{import_id}{path}")

    assert (reply.status, reply.json["code"]) == (404, "not_found")
