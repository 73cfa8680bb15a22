"""The import worker: every row of a dropped file becomes exactly one outcome, however often and wherever it stops."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.services import documents
from chalicelib.sources import csv_file
from chalicelib.store import files, jobs
from tests.desk import Desk

HEADER = "Name;Telefon;E-Mail\n"
AENNE = "Änne Öztürk;0176 04069012;aenne@example.de\n"
JOERG = "Jörg Müßig;030 12345678;joerg@example.org\n"
KNOWN = "A. Öztürk;;aenne@example.de\n"
WRONG = ";keine;nirgends\n"
LIST = HEADER + AENNE + JOERG + KNOWN + ";;\n" + WRONG


def results(desk: Desk) -> dict[str, bytes]:
    """What lies beside the imports, by file name."""
    keys = desk.world.object_keys("imports", "results/")
    return {key.rpartition("/")[2]: files.read("imports", key) for key in keys}


def rows(desk: Desk) -> dict[str, int]:
    return {name: number for name, number in desk.job()["rows"].items() if number}


def test_each_row_makes_or_joins_a_lead_and_keeps_its_raw_values(desk: Desk) -> None:
    desk.drop("Messe Köln.csv", LIST)

    aenne, joerg = desk.leads()
    assert (aenne["name"], aenne["phones"][0]["e164"], aenne["emails"][0]["address"]) == (
        "Änne Öztürk", "+4917604069012", "aenne@example.de",
    )  # fmt: skip
    assert (joerg["name"], joerg["source"], joerg["source_detail"]) == ("Jörg Müßig", "csv", desk.job()["id"])
    attached, created = desk.timeline(aenne["id"])
    assert (attached["type"], attached["data"]["raw"]["name"]) == ("import_row", "A. Öztürk")
    assert created["data"]["raw"]["phones"] == ["0176 04069012"]
    assert rows(desk) == {"total": 4, "done": 4, "created": 2, "attached": 1, "rejected": 1}


def test_cells_stand_on_the_timeline_as_they_were_typed(desk: Desk) -> None:
    desk.drop("liste.csv", HEADER + "Änne Öztürk;p:+4917604069012;\nJörg Müßig;4,91512E+11;\n")

    aenne, joerg = desk.leads()
    (read,), (destroyed,) = desk.timeline(aenne["id"]), desk.timeline(joerg["id"])
    assert read["data"]["raw"] == {"name": "Änne Öztürk", "phones": ["+4917604069012"], "Telefon": "p:+4917604069012"}
    assert destroyed["data"]["raw"] == {"name": "Jörg Müßig", "phones": ["4,91512E+11"]}
    assert [problem["value"] for problem in destroyed["data"]["problems"]] == ["4,91512E+11"]


def test_the_ids_of_rows_follow_the_order_of_the_file(desk: Desk) -> None:
    desk.drop("liste.csv", HEADER + "".join(f"Kunde {number};;\n" for number in range(12)))

    assert [lead["name"] for lead in desk.leads()] == [f"Kunde {number}" for number in range(12)]


def test_the_report_says_what_became_of_the_file(desk: Desk) -> None:
    desk.drop("liste.csv", LIST)

    report = json.loads(results(desk)["report.json"])

    job = desk.job()
    assert (report["id"], report["status"], report["rows"]) == (job["id"], "done", job["rows"])
    assert [(row["row"], row["outcome"]) for row in report["noted_rows"]] == [(4, "attached"), (6, "rejected")]
    assert report["noted_rows"][1]["code"] == "says_nothing"


def test_the_same_file_again_is_no_new_job_but_one_more_delivery(desk: Desk) -> None:
    desk.drop("liste.csv", LIST)
    first = desk.job()

    desk.drop("liste (Kopie).csv", LIST)

    again = desk.job()
    assert (again["id"], again["deliveries"], again["rows"]) == (first["id"], 2, first["rows"])
    assert len(desk.leads()) == 2
    assert desk.receipts()[0]["outcome"] == "accepted"


def test_the_same_file_put_under_its_own_name_again_is_no_new_job(desk: Desk) -> None:
    desk.drop("liste.csv", LIST)
    desk.wait(400)
    desk.sweep()

    desk.drop("liste.csv", LIST)

    assert desk.job()["deliveries"] == 2
    assert len(desk.leads()) == 2


def test_putting_files_away_is_no_delivery(desk: Desk) -> None:
    desk.drop("liste.csv", LIST)
    desk.drop("liste (Kopie).csv", LIST)
    desk.wait(400)

    desk.sweep()

    assert desk.job()["deliveries"] == 2
    assert desk.world.object_keys("imports", "incoming/") == []


def test_the_same_announcement_twice_counts_once(desk: Desk) -> None:
    desk.drop("liste.csv", LIST)
    desk.announce_file("liste.csv")

    desk.work("imports")

    assert desk.job()["deliveries"] == 1
    assert len(desk.leads()) == 2


def test_a_changed_file_is_a_new_job_that_attaches_who_is_known(desk: Desk) -> None:
    desk.drop("liste.csv", HEADER + AENNE)

    desk.drop("liste.csv", HEADER + AENNE + JOERG)

    newer, older = desk.get("/v1/imports")["data"]
    assert (older["rows"]["created"], newer["rows"]["created"], newer["rows"]["attached"]) == (1, 1, 1)
    assert [lead["name"] for lead in desk.leads()] == ["Änne Öztürk", "Jörg Müßig"]


def test_refused_rows_corrected_and_dropped_again_touch_only_their_own_leads(desk: Desk) -> None:
    desk.drop("liste.csv", HEADER + AENNE + WRONG + JOERG + ";auch keine;\n")
    before = {lead["id"]: lead for lead in desk.leads()}
    errors = results(desk)["errors.csv"].decode()
    assert errors.splitlines()[0] == "Name;Telefon;E-Mail;_row;_error_code;_error"
    assert [line.split(";")[:5] for line in errors.splitlines()[1:]] == [
        ["", "keine", "nirgends", "3", "says_nothing"], ["", "auch keine", "", "5", "says_nothing"],
    ]  # fmt: skip

    desk.drop("korrigiert.csv", errors.replace("keine;nirgends", "0221 4710123;zoe@example.com", 1))

    newest = desk.get("/v1/imports")["data"][0]
    assert (newest["rows"]["created"], newest["rows"]["rejected"], newest["rows"]["total"]) == (1, 1, 2)
    after = {lead["id"]: lead for lead in desk.leads()}
    assert {lead_id: after[lead_id] for lead_id in before} == before
    (new,) = (lead for lead_id, lead in after.items() if lead_id not in before)
    assert ([phone["e164"] for phone in new["phones"]], new["custom"]) == (["+492214710123"], {})


@pytest.mark.parametrize(
    ("codec", "mark"), [("cp1252", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"), ("utf-8", b"")]
)
def test_umlauts_survive_every_usual_encoding(desk: Desk, codec: str, mark: bytes) -> None:
    desk.drop("liste.csv", mark + LIST.replace("\n", "\r\n").encode(codec))

    assert [lead["name"] for lead in desk.leads()] == ["Änne Öztürk", "Jörg Müßig"]
    assert desk.job()["encoding"] == ("utf-8-sig" if mark == b"\xef\xbb\xbf" else codec)
    (wrong,) = results(desk)["errors.csv"].decode("utf-8-sig" if mark == b"\xef\xbb\xbf" else codec).splitlines()[1:]
    assert wrong.startswith(";keine;nirgends;6;")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("liste.xlsx", b"PK\x03\x04" + b"xl/workbook.xml" * 20, "not_csv"),
        ("liste.csv", b"%PDF-1.7\n%\xe2\xe3", "not_csv"),
        ("liste.csv", b"<!doctype html><table><tr><td>Name</td></tr></table>", "not_csv"),
        ("liste.csv", bytes(range(32)) * 40, "not_csv"),
        ("leer.csv", b"\n \n;;\n", "empty_file"),
        ("liste.csv", "Farbe;Form\ngrün;rund\n".encode(), "no_known_column"),
    ],
)
def test_what_is_no_list_of_people_is_rejected_with_the_reason(
    desk: Desk, name: str, content: bytes, reason: str
) -> None:
    desk.drop(name, content)
    desk.announce_file(name)
    desk.work("imports")

    (receipt,) = desk.receipts()
    job = desk.job()
    assert (receipt["outcome"], receipt["reason"], receipt["import_id"]) == ("rejected", reason, job["id"])
    assert (receipt["source_detail"], len(receipt["explanation"]) > 20) == (name, True)
    assert receipt["problems"][0]["code"] == reason
    assert (job["status"], job["object_key"], job["rows"]["total"]) == ("failed", f"incoming/{name}", 0)
    assert [(each["code"], each["detail"]) for each in job["problems"]] == [(reason, receipt["explanation"])]
    report = json.loads(results(desk)["report.json"])
    assert (report["id"], report["status"], report["problems"]) == (job["id"], "failed", job["problems"])
    assert desk.leads() == []


def test_the_report_of_a_refused_file_is_written_by_the_next_worker_if_the_first_one_died(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = files.write
    monkeypatch.setattr(files, "write", lambda *_: (_ for _ in ()).throw(OSError("died")))
    desk.drop("leer.csv", b"")
    monkeypatch.setattr(files, "write", write)
    assert results(desk) == {}

    desk.announce_file("leer.csv")
    desk.work("imports")

    assert json.loads(results(desk)["report.json"])["id"] == desk.job()["id"]
    assert desk.world.object_keys("imports", "incoming/") == []


def test_options_beside_a_file_are_no_list(desk: Desk) -> None:
    desk.drop("liste.csv.options.json", '{"delimiter": "comma"}')

    (receipt,) = desk.receipts()
    assert (receipt["outcome"], receipt["reason"]) == ("ignored", "options_file")
    assert receipt["source_detail"] == "liste.csv.options.json"
    assert desk.get("/v1/imports")["data"] == []
    assert desk.world.object_keys("imports", "incoming/") == []


def test_a_row_of_totals_at_the_end_is_nobodys(desk: Desk) -> None:
    desk.drop("liste.csv", "Name;Telefon;Umsatz\nÄnne Öztürk;;12\nTotal;0221 4710123;\nSumme;;12.500,00\n")

    assert [lead["name"] for lead in desk.leads()] == ["Änne Öztürk", "Total"]
    assert results(desk)["errors.csv"].decode().splitlines()[1].startswith("Summe;;12.500,00;4;totals_row;")


def test_a_company_called_total_further_up_is_a_lead(desk: Desk) -> None:
    desk.drop("liste.csv", "Name;Telefon\nTotal;\nÄnne Öztürk;\nJörg Müßig;\n")

    assert [lead["name"] for lead in desk.leads()] == ["Total", "Änne Öztürk", "Jörg Müßig"]


def test_a_refused_row_names_everything_that_was_wrong_with_it(desk: Desk) -> None:
    desk.drop("liste.csv", HEADER + ";12;kein\n")

    (row,) = json.loads(results(desk)["report.json"])["noted_rows"]
    assert (row["code"], [each["code"] for each in row["problems"]]) == (
        "says_nothing", ["invalid_phone", "invalid_email"],
    )  # fmt: skip
    (line,) = results(desk)["errors.csv"].decode().splitlines()[1:]
    assert line == (
        ";12;kein;2;says_nothing;Needs a name, company, phone, e-mail, title or comment. "
        "Not a phone number that could be dialled (one per entry). Not an e-mail address."
    )


def test_a_row_is_traced_from_the_leads_timeline_to_its_file(desk: Desk) -> None:
    desk.drop("Messe Köln.csv", LIST)

    attached, created = desk.timeline(desk.leads()[0]["id"])

    told = [(entry["data"]["row"], entry["data"]["import_id"], entry["data"]["file_name"])
            for entry in (created, attached)]  # fmt: skip
    assert told == [(2, desk.job()["id"], "Messe Köln.csv"), (4, desk.job()["id"], "Messe Köln.csv")]


def test_a_file_with_a_header_only_is_done_with_nothing(desk: Desk) -> None:
    desk.drop("liste.csv", HEADER)

    assert (desk.job()["status"], rows(desk)) == ("done", {})


def test_options_of_the_object_decide_how_it_is_read(desk: Desk) -> None:
    mapping = json.dumps({"Wer": "name", "Ruf": "phones"})

    desk.drop("liste.csv", "Wer|Ruf\nZoë; Çelik|0221 4710123\n", mapping=mapping, delimiter="pipe")

    (lead,) = desk.leads()
    assert (lead["name"], lead["phones"][0]["e164"]) == ("Zoë; Çelik", "+492214710123")


def many(number: int) -> str:
    return HEADER + "".join(f"Kunde {each};;kunde.{each}@example.de\n" for each in range(number))


@pytest.mark.parametrize(
    "options",
    [
        {"header_row": "4"},
        {"mapping": '{"E-Mail": "comment", "Name": ""}'},
        {"delimiter": "comma"},
        {"encoding": "utf-16"},
        {"mapping": "no JSON"},
    ],
    ids=lambda options: next(iter(options)),
)
def test_an_import_goes_on_as_it_began_also_when_the_content_comes_again_with_other_options(
    desk: Desk, options: dict[str, str]
) -> None:
    desk.drop("a.csv", many(8), looks=4)
    begun = desk.job()
    desk.world._take("imports")  # a.csv's own worker is somewhere else

    desk.drop("b.csv", many(8), **options)

    assert (begun["status"], begun["rows"]["done"]) == ("running", 3)
    assert (desk.job()["status"], rows(desk)) == ("done", {"total": 8, "done": 8, "created": 8})
    assert [(lead["name"], lead["emails"][0]["address"], lead["comment"]) for lead in desk.leads()] == [
        (f"Kunde {each}", f"kunde.{each}@example.de", None) for each in range(8)
    ]


def test_an_import_goes_on_with_the_options_of_its_object(desk: Desk) -> None:
    content = "Messe\nWer|E-Mail\nZoë; Çelik|zoe@example.de\nÄnne|aenne@example.de\n"
    options = {"delimiter": "pipe", "mapping": json.dumps({"Wer": "name", "E-Mail": ""})}
    desk.drop("a.csv", content, looks=2, **options)
    desk.world._take("imports")

    desk.drop("b.csv", content)

    assert [(lead["name"], lead["emails"]) for lead in desk.leads()] == [("Zoë; Çelik", []), ("Änne", [])]
    assert desk.job()["columns"] == {"Wer": "name", "E-Mail": None}


def test_an_import_goes_on_with_the_own_fields_it_began_with(desk: Desk) -> None:
    def called(name: str, label: str, **more: Any) -> None:
        body = {"name": name, "type": "number", "label": label, "multiple": True}
        assert desk.client.post("/v1/fields", json=body | more).status == 201

    called("area", "Fläche")
    content = 'Name;FLÄCHE;Keller\nZoë;1,5;ja\nÄnne;"2,5; 3,5";nein\n'
    desk.drop("a.csv", content, looks=2)
    called("cellar", "Keller", type="text")
    assert desk.client.patch("/v1/fields/area", json={"label": "Größe"}).status == 200

    desk.work_off("imports")

    assert [lead["custom"] for lead in desk.leads()] == [{"area": [1.5]}, {"area": [2.5, 3.5]}]
    assert desk.job()["columns"] == {"Name": "name", "FLÄCHE": "custom.area", "Keller": None}
    assert [desk.timeline(lead["id"])[0]["data"]["columns"] for lead in desk.leads()] == [
        {"Keller": "ja"}, {"Keller": "nein"},
    ]  # fmt: skip


def test_an_own_field_that_another_container_made_a_moment_ago_is_a_column(desk: Desk) -> None:
    desk.get("/v1/leads")
    stale = documents._read[""]
    desk.client.post("/v1/fields", json={"name": "area", "type": "number", "label": "Fläche"})
    documents._read[""] = stale

    desk.drop("a.csv", "Name;Fläche\nZoë;1,5\n")

    assert desk.leads()[0]["custom"] == {"area": 1.5}


def test_an_owner_named_by_id_is_the_owner_and_a_mapping_sets_no_status(desk: Desk) -> None:
    user = desk.client.post("/v1/users", json={"name": "Kim Käfer"}).json["id"]

    desk.drop("a.csv", f"Name;Wer;Stand\nZoë;{user};junk\n", mapping=json.dumps({"Wer": "owner_id", "Stand": "status"}))

    (lead,) = desk.leads()
    assert (lead["owner_id"], lead["status"], lead["source"]) == (user, "new", "csv")
    assert desk.timeline(lead["id"])[-1]["data"]["raw"]["status"] == "junk"
    assert [card["id"] for card in desk.get(f"/v1/leads?owner_id={user}")["data"]] == [lead["id"]]


def test_rows_that_were_counted_and_never_read_are_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It should not happen; if it does, nobody is told that everything was imported."""
    empty, count = desk.world.keep(), csv_file.count_rows
    monkeypatch.setattr(csv_file, "count_rows", lambda table: count(table) + 2)

    desk.drop("liste.csv", many(3))

    told = json.loads(results(desk)["report.json"])
    assert (desk.job()["status"], desk.job()["rows"]["done"], desk.job()["rows"]["total"]) == ("done", 3, 5)
    assert told["rows"] == desk.job()["rows"]
    assert "import_rows_differ" in [record.message for record in caplog.records]
    assert desk.discrepancies() == [f"I6 import {desk.job()['id'].removeprefix('imp_')}: done after 3 of 5 rows"]
    desk.world.put_back(empty)  # what does not add up here is meant


def everything(desk: Desk) -> str:
    """All leads with their timelines, and the counts, as text with ids and times made equal."""
    told = [[lead, desk.timeline(lead["id"])] for lead in desk.leads()]
    text = json.dumps([told, desk.job()["rows"]], sort_keys=True)
    return re.sub(r"(lead|evt|rcp|imp)_[0-9A-Z]+|\d{4}-\d\d-\d\dT[\d:.]+Z", "…", text)


@pytest.mark.parametrize("time_for", [0, 1, 2, 3])
def test_a_worker_that_runs_out_of_time_is_followed_by_another_and_it_ends_the_same(desk: Desk, time_for: int) -> None:
    empty = desk.world.keep()
    desk.drop("liste.csv", LIST)
    at_once = everything(desk)
    desk.world.put_back(empty)

    desk.drop("liste.csv", LIST, 1 + time_for)
    job = desk.job()
    turns = desk.work_off("imports", 1 + max(1, time_for))

    assert (job["status"], job["rows"]["done"]) == ("running", time_for)
    assert turns >= -(-(4 - time_for) // max(1, time_for))
    assert (desk.job()["status"], everything(desk)) == ("done", at_once)


def test_a_worker_that_was_stopped_for_good_is_followed_by_the_sweep(desk: Desk) -> None:
    desk.drop("liste.csv", LIST, looks=3)
    desk.world._take("imports")  # the message by which it would go on is lost
    assert desk.job()["status"] == "running"
    assert desk.reconciliation()["pending"] == 2

    desk.wait(400)
    swept = desk.sweep()
    desk.work_off("imports")

    assert swept == {"import": 1}
    assert desk.job()["status"] == "done"
    assert rows(desk) == {"total": 4, "done": 4, "created": 2, "attached": 1, "rejected": 1}
    assert desk.world.object_keys("imports", "incoming/") == []


@pytest.fixture
def versioned() -> Iterator[None]:
    """The imports bucket keeps versions, as on AWS (infra/buckets.yaml)."""
    for status in ("Enabled", "Suspended"):
        files.client().put_bucket_versioning(Bucket="imports", VersioningConfiguration={"Status": status})
        if status == "Enabled":
            yield


@pytest.mark.usefixtures("versioned")
@pytest.mark.parametrize("found_by", ["the sweep", "a message without a version"])
def test_a_file_put_over_one_that_is_being_imported_is_imported_too(
    desk: Desk, found_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put_file("liste.csv", HEADER + AENNE)
    finish = jobs.finish

    def put_over(*arguments: Any) -> None:
        finish(*arguments)
        monkeypatch.setattr(jobs, "finish", finish)
        desk.put_file("liste.csv", HEADER + JOERG)

    monkeypatch.setattr(jobs, "finish", put_over)
    for _ in range(3):
        desk.wait(2_000)
        desk.sweep() if found_by == "the sweep" else desk.announce_file("liste.csv")
        desk.work_off("imports")

    assert [lead["name"] for lead in desk.leads()] == ["Änne Öztürk", "Jörg Müßig"]
    assert desk.world.object_keys("imports", "incoming/") == []
    assert {files.read("imports", key).decode() for key in desk.world.object_keys("imports", "kept/")} == {
        HEADER + AENNE, HEADER + JOERG,
    }  # fmt: skip


def test_a_row_that_was_an_enquiry_before_keeps_its_lead(desk: Desk) -> None:
    lead = desk.created(name="Jörg Müßig", phone="030 12345678")

    desk.drop("liste.csv", HEADER + JOERG)

    assert rows(desk) == {"total": 1, "done": 1, "attached": 1}
    after = desk.lead(lead["id"])
    assert (after["version"], after["emails"][0]["address"]) == (2, "joerg@example.org")


def test_rows_of_one_person_in_three_spellings_are_one_person(desk: Desk) -> None:
    spellings = ["Ute Weiß;0221 4710123;\n", "Weiss, Ute;+49 (0)221 / 4710-123;\n", "U. Weiß;00492214710123;\n"]

    desk.drop("liste.csv", HEADER + "".join(spellings))

    (lead,) = desk.leads()
    assert [phone["e164"] for phone in lead["phones"]] == ["+492214710123"]
    assert rows(desk) == {"total": 3, "done": 3, "created": 1, "attached": 2}


def test_a_value_that_cannot_be_used_costs_the_row_nothing(desk: Desk) -> None:
    desk.drop("liste.csv", HEADER + "Zoë Çelik;0221 4710 x;zoe@\n")

    (lead,) = desk.leads()
    (created,) = desk.timeline(lead["id"])
    assert (lead["name"], lead["emails"]) == ("Zoë Çelik", [])
    assert created["data"]["raw"]["emails"] == ["zoe@"]
    problems = json.loads(results(desk)["report.json"])["noted_rows"][0]["problems"]
    assert ("emails", "invalid_email", "zoe@") in {
        (p["field"].partition("[")[0], p["code"], p["value"]) for p in problems
    }


def test_a_file_with_ever_so_wide_a_header_is_imported(desk: Desk) -> None:
    columns = ["Name", *(f"{'Ä' * 170} {number}" for number in range(998))]

    desk.drop("breit.csv", ";".join(columns) + "\nÄnne" + ";x" * 5 + "\n")

    assert [lead["name"] for lead in desk.leads()] == ["Änne"]
    assert list(desk.job()["columns"])[:2] == columns[:2]
    assert 500 < len(desk.job()["columns"]) < 999


# What could not be imported and is tried again


def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> Any:
        raise ValueError("nobody thought of this")

    monkeypatch.setattr(csv_file, "count_rows", fail)


def test_a_file_that_breaks_its_reader_is_kept_for_a_person(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch)

    desk.drop("liste.csv", LIST)

    (receipt,) = desk.receipts()
    assert (receipt["outcome"], receipt["reason"], receipt["attempts"]) == ("needs_attention", "not_stored", 0)
    assert (desk.world.waiting("imports"), desk.leads()) == (0, [])
    (kept,) = desk.world.object_keys("imports")
    assert kept.startswith("kept/")
    assert kept in desk.receipt(receipt["id"])["raw"]["link"].replace("%20", " ")


def test_a_file_kept_for_a_person_is_imported_when_it_is_released(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        failing(broken)
        desk.drop("liste.csv", LIST)
    (receipt,) = desk.receipts()
    desk.wait(86_400)

    released = desk.client.post(f"/v1/intake/receipts/{receipt['id']}/release")
    again = desk.client.post(f"/v1/intake/receipts/{receipt['id']}/release")
    desk.work_off("imports")
    last = desk.client.post(f"/v1/intake/receipts/{receipt['id']}/release")

    assert (released.status, released.json["outcome"], released.json["reason"]) == (200, "pending", None)
    assert (again.json["outcome"], last.json["outcome"]) == ("pending", "accepted")
    assert rows(desk) == {"total": 4, "done": 4, "created": 2, "attached": 1, "rejected": 1}
    assert (desk.job()["deliveries"], desk.receipts()[0]["received_at"]) == (1, receipt["received_at"])
    assert [lead["received_at"] for lead in desk.leads()] == [receipt["received_at"]] * 2
    (kept,) = (key for key in desk.world.object_keys("imports") if not key.startswith("results/"))
    assert kept.startswith("kept/")


def test_a_released_file_whose_message_is_lost_is_taken_up_by_the_sweep(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        failing(broken)
        desk.drop("liste.csv", LIST)
    desk.wait(86_400)
    desk.client.post(f"/v1/intake/receipts/{desk.receipts()[0]['id']}/release")
    desk.world._take("imports")
    desk.wait(400)

    desk.sweep()
    desk.work_off("imports")

    assert desk.job()["status"] == "done"


def test_a_file_that_is_gone_cannot_be_released(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch)
    desk.drop("liste.csv", LIST)
    (kept,) = desk.world.object_keys("imports")
    files.client().delete_object(Bucket="imports", Key=kept)

    reply = desk.client.post(f"/v1/intake/receipts/{desk.receipts()[0]['id']}/release")

    assert (reply.status, reply.json["code"]) == (404, "object_gone")
    assert desk.receipts()[0]["outcome"] == "needs_attention"


def test_a_file_kept_for_a_person_is_imported_when_it_is_put_there_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        failing(broken)
        desk.drop("liste.csv", LIST)
    desk.wait(86_400)

    desk.drop("liste noch einmal.csv", LIST)

    assert (desk.job()["status"], desk.job()["deliveries"]) == ("done", 2)
    assert [receipt["outcome"] for receipt in desk.receipts()] == ["accepted"]
    assert desk.world.object_keys("imports", "incoming/") == []


def test_a_file_that_was_refused_is_read_anew_when_it_is_put_there_with_other_options(desk: Desk) -> None:
    desk.drop("liste.csv", "Wer;Ruf\nZoë Çelik;0221 4710123\n")
    (refused,) = desk.receipts()
    desk.wait(60)

    desk.drop("liste.csv", "Wer;Ruf\nZoë Çelik;0221 4710123\n", mapping=json.dumps({"Wer": "name", "Ruf": "phones"}))

    assert (refused["outcome"], refused["reason"]) == ("rejected", "no_known_column")
    assert [lead["name"] for lead in desk.leads()] == ["Zoë Çelik"]
    assert [(each["outcome"], each["reason"], each["problems"]) for each in desk.receipts()] == [("accepted", None, [])]


def test_our_own_reports_and_folders_start_no_import(desk: Desk) -> None:
    desk.drop("liste.csv", LIST)
    for key in ("results/imp_1/errors.csv", "kept/2026/11/23/x/liste.csv", "incoming/"):
        record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "imports"}, "object": {"key": key}}}
        desk.world.send("imports", {"Records": [record]})

    desk.work("imports")

    assert len(desk.get("/v1/imports")["data"]) == 1
    assert desk.world.waiting("imports") == 0


def test_of_two_records_one_object_is_gone(desk: Desk) -> None:
    desk.put_file("da.csv", HEADER + JOERG)
    records = [{"s3": {"object": {"key": f"incoming/{name}.csv"}}} for name in ("weg", "da")]
    desk.world.send("imports", {"Records": records})

    desk.work("imports")

    assert [lead["name"] for lead in desk.leads()] == ["Jörg Müßig"]
    assert desk.world.waiting("imports") == 0


def test_a_test_event_of_s3_is_no_file(desk: Desk) -> None:
    desk.world.send("imports", {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "imports"})

    desk.work("imports")

    assert desk.world.waiting("imports") == 0
    assert desk.get("/v1/imports")["data"] == []
