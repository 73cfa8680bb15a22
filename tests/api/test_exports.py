"""A file of leads: made in the background, fetched by a link that expires, and readable by our own import."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.store import files, uploads
from tests import wire
from tests.api.client import Reply
from tests.desk import Desk
from tests.faults.harness import Injector

AENNE = {
    "name": "Änne Öztürk", "phones": ["0176 04069012", "030 901820"], "email": "aenne@example.de",
    "company": "=Müller AG",
    "amount": {"amount": "1234.50", "currency": "EUR"}, "birthdate": "1980-02-01", "comment": "Zeile 1\nZeile 2;\"x\"",
    "address": {"street": "Hauptstr. 1", "postal_code": "01067", "city": "Dresden", "country": "DE"},
    "tags": ["messe-2026", "A, B"], "title": "-5 Grad; Wärmepumpe",
}  # fmt: skip


def ask(desk: Desk, key: str = "", **sent: Any) -> Reply:
    headers = {"Idempotency-Key": key} if key else {}
    return desk.client.post("/v1/exports", json={"filters": {}, "format": "csv", **sent}, headers=headers)


def made(desk: Desk, looks: int = 1_000_000, **sent: Any) -> dict[str, Any]:
    """The export once it is done."""
    reply = ask(desk, **sent)
    assert reply.status == 202, reply.text
    desk.work_off("work", looks)
    return dict(desk.get(f"/v1/exports/{reply.json['id']}"))


def content(export: dict[str, Any]) -> bytes:
    """What is behind the link."""
    path = urlsplit(export["url"]).path.removeprefix("/")
    assert export["url"].split("/")[2].startswith("files.")
    return files.read("files", path)


def people(desk: Desk, count: int) -> list[str]:
    return [desk.created(name=f"Jörg Müßig {number}")["id"] for number in range(count)]


def test_an_export_is_a_job_with_a_link_at_its_end(desk: Desk) -> None:
    people(desk, 3)

    reply = ask(desk)
    export = reply.json["id"]
    assert reply.status == 202
    assert reply.headers["Location"].endswith(f"/v1/jobs/job_{export.removeprefix('exp_')}")
    assert (reply.json["status"], reply.json["url"]) == ("queued", None)
    desk.work_off("work")
    job, done = desk.get(f"/v1/jobs/{reply.json['job_id']}"), desk.get(f"/v1/exports/{export}")

    assert (job["kind"], job["status"], job["total"], job["result"]) == (
        "export", "done", 3, {"exported": 3, "export_id": export},
    )  # fmt: skip
    body = content(done)
    assert (done["status"], done["done"], done["bytes"], done["format"]) == ("done", 3, len(body), "csv")
    query = parse_qs(urlsplit(done["url"]).query)
    assert query["response-content-disposition"] == ['attachment; filename="leads-2026-11-23.csv"']
    assert query["X-Amz-Expires"] == ["900"]


#: Every kind of own field; `user`, `contact` and `company` are added where there is a user.
OWN = {
    "text": "=Süd; West", "long_text": "Zeile 1\nZeile 2", "integer": 4, "number": 84.5, "boolean": False,
    "date": "2027-03-01", "datetime": "2027-03-01T08:00:00.000Z",
    "money": {"amount": "1234.50", "currency": "CHF"}, "choice": "flat", "multi_choice": ["flat", "pv"],
    "url": "https://www.example.de/a;b,c", "email": "zwei@example.de", "phone": "+493090182000",
    "contact": "con_0J5Q2M8T3XA", "company": "com_0J5Q2M8T3XA",
}  # fmt: skip
CHOICES = [{"id": "flat", "label": "Flachdach"}, {"id": "pv", "label": "Photovoltaik"}]


def with_own_fields(desk: Desk) -> dict[str, Any]:
    """Own fields of every type, one and several, and values for them."""
    user = desk.client.post("/v1/users", json={"name": "Kim Käfer"}).json["id"]
    values: dict[str, Any] = {}
    for kind, value in (OWN | {"user": user}).items():
        choices = {"choices": CHOICES} if "choice" in kind else {}
        several = () if kind in ("boolean", "multi_choice") else (True,)
        for multiple in (False, *several):
            name = f"own_{kind}{'_list' if multiple else ''}"
            body = {"name": name, "type": kind, "label": f"Eigenes: {name}", "multiple": multiple, **choices}
            assert desk.client.post("/v1/fields", json=body).status == 201
            values[name] = [value, value] if multiple else value
    return values


@pytest.mark.parametrize("language", ["de", "en"])
def test_an_exported_file_makes_the_same_leads_again(desk: Desk, language: str) -> None:
    custom = with_own_fields(desk)
    rest = {name: value for name, value in AENNE.items() if name not in ("phones", "email")}
    before = desk.created(
        **rest,
        phones=[{"e164": "+4917604069012", "raw": "0176 / 04069012", "type": "work"}, "030 901820"],
        emails=["aenne@example.de", {"address": "a|b@example.de", "type": "home"}],
        websites=["example.de", {"url": "https://a.example.de/x", "type": "other"}],
        messengers=[{"service": "telegram", "handle": "@aenne"}, {"service": "icq: alt", "handle": "4711"}],
        external_ids={"bitrix24": "4711", "crm.neu": "=1"},
        click_ids={"gclid": "Cj0", "other_id": "x: y"},
        utm={"source": "newsletter"},
        consent=[{"text": "Ja, gern.\nGez. Änne", "version": "3", "at": "2026-11-23T08:00:00.000Z",
                  "page": "https://example.de"}],
        custom=custom,
        owner_id=custom["own_user"],
    )  # fmt: skip
    table = content(made(desk, language=language))
    desk.client.delete(f"/v1/leads/{before['id']}")
    desk.drop("zurück.csv", table)

    (after,) = desk.leads()

    assert desk.job()["rows"]["created"] == 1
    ours = {
        "id", "created_at", "created_by", "received_at", "updated_at", "status_changed_at", "last_activity_at",
        "source", "source_detail",
    }  # fmt: skip
    assert {name: after[name] for name in after if name not in ours} == {
        name: before[name] for name in after if name not in ours
    }
    assert "problems" not in desk.timeline(after["id"])[-1]["data"]


def test_a_users_absence_from_the_list_costs_no_row_and_is_told(desk: Desk) -> None:
    desk.client.post("/v1/fields", json={"name": "advisor", "type": "user", "label": "Berater"})
    desk.drop("fremd.csv", "Name;Zuständig [owner_id];Berater\nÄnne;usr_0J5Q2M8T3XA;usr_0J5Q2M8T3XB\n")

    (lead,) = desk.leads()

    assert (lead["owner_id"], lead["custom"]) == (None, {})
    problems = desk.timeline(lead["id"])[-1]["data"]["problems"]
    assert [(each["field"], each["code"]) for each in problems] == [
        ("custom.advisor", "unknown_user"), ("owner_id", "unknown_user"),
    ]  # fmt: skip


def test_the_columns_of_own_fields_are_those_there_were_when_it_was_asked_for(desk: Desk) -> None:
    for name in ("roof", "area"):
        desk.client.post("/v1/fields", json={"name": name, "type": "text", "label": name.title()})
    desk.created(name="Änne", custom={"roof": "Flachdach", "area": "groß"})

    export = ask(desk, fields=["custom", "name"]).json["id"]
    desk.client.delete("/v1/fields/area")
    desk.client.post("/v1/fields", json={"name": "cellar", "type": "text", "label": "Keller"})
    desk.work_off("work")

    assert content(desk.get(f"/v1/exports/{export}")).decode("utf-8-sig") == (
        "Roof [custom.roof];custom.area;Name\r\nFlachdach;;Änne\r\n"
    )


def test_json_lines_are_leads_as_the_api_shows_them(desk: Desk) -> None:
    desk.client.post("/v1/fields", json={"name": "area", "type": "number", "label": "Fläche"})
    lead = desk.created(**AENNE, custom={"area": 84.5})["id"]
    people(desk, 1)

    lines = content(made(desk, format="jsonl")).decode().splitlines()

    assert len(lines) == 2
    assert json.loads(lines[0]) == desk.lead(lead)
    few = content(made(desk, format="jsonl", fields=["id", "name", "version"])).decode().splitlines()
    assert json.loads(few[0]) == {"id": lead, "name": "Änne Öztürk", "version": 1}


def test_filters_choose_the_leads_and_fields_the_columns(desk: Desk) -> None:
    people(desk, 2)
    desk.created(**AENNE)

    export = made(desk, filters={"tag": "messe-2026"}, fields=["name", "id", "name"], language="en")

    (lead,) = (lead["id"] for lead in desk.leads() if lead["tags"])
    assert content(export).decode("utf-8-sig") == f"Name;id\r\nÄnne Öztürk;{lead}\r\n"


def test_an_export_of_nobody_is_a_header(desk: Desk) -> None:
    export = made(desk, fields=["name"])

    assert (export["status"], export["total"], content(export).decode("utf-8-sig")) == ("done", 0, "Name\r\n")
    assert content(made(desk, format="jsonl")) == b""


def test_deleted_leads_are_not_exported_even_if_an_index_still_has_them(desk: Desk) -> None:
    kept, gone = people(desk, 2)
    desk.world.shim.lagging = True
    desk.client.delete(f"/v1/leads/{gone}")

    export = made(desk, fields=["id"])
    desk.world.shim.lagging = False

    assert content(export).decode("utf-8-sig") == f"id\r\n{kept}\r\n"
    assert (export["total"], export["done"]) == (1, 1)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("looks", [1, 2, 1_000_000])
def test_a_large_file_is_made_of_parts_and_is_the_same_whenever_the_time_was_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, looks: int, form: str
) -> None:
    ids = people(desk, 23)
    whole = content(made(desk, format=form))
    monkeypatch.setattr("chalicelib.services.exports.PAGE", 2)
    monkeypatch.setattr(uploads, "PART_BYTES", 1_500)

    with wire.standing_at_the_wire(injector := Injector()):
        export = made(desk, looks, format=form)

    assert injector.operations.count("UploadPart") >= 3
    assert content(export) == whole
    assert (export["done"], export["bytes"]) == (len(ids), len(whole))


def test_what_cannot_be_exported_is_named(desk: Desk) -> None:
    filters, fields = ask(desk, filters={"status": "nirgends"}), ask(desk, fields=["name", "nirgends"])
    form, words = ask(desk, format="xlsx", language="fr"), ask(desk, filters={"q": "Öztürk"})

    assert [each["pointer"] for each in filters.json["errors"]] == ["/filters/status"]
    assert [(each["pointer"], each["code"]) for each in fields.json["errors"]] == [("/fields/1", "unknown_field")]
    assert {each["pointer"] for each in form.json["errors"]} == {"/format", "/language"}
    assert [(each["pointer"], each["code"]) for each in words.json["errors"]] == [("/filters/q", "unsupported_filter")]
    assert desk.get("/v1/jobs")["data"] == []


def test_a_file_is_kept_for_a_week_and_then_there_is_no_link(desk: Desk) -> None:
    people(desk, 1)
    export = made(desk)

    desk.wait(7 * 24 * 3600)
    late = desk.get(f"/v1/exports/{export['id']}")

    assert export["kept_until"] == late["kept_until"]
    assert (late["status"], late["url"], late["url_expires_at"]) == ("done", None, None)


def test_the_same_key_makes_one_export(desk: Desk) -> None:
    first, again = ask(desk, key="k-1"), ask(desk, key="k-1")

    assert (again.json, again.headers["Idempotent-Replayed"]) == (first.json, "true")
    assert len(desk.get("/v1/jobs")["data"]) == 1
    desk.work_off("work")


def test_only_an_export_is_found_as_one(desk: Desk) -> None:
    job = desk.client.post("/v1/leads/bulk", json={"filters": {}, "set": {"company": "Neu AG"}}).json["id"]
    desk.work_off("work")

    for export in ("exp_1", "exp_0SARTXT7M8X", job, f"exp_{job.removeprefix('job_')}"):
        assert desk.client.get(f"/v1/exports/{export}").status == 404
