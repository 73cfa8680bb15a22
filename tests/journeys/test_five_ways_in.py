"""Five ways in, one lead each; the same again: no second; by another way: attached. On the local cloud."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.business_time import Hours, due
from chalicelib.domain.times import rfc3339
from tests.journeys.desk import Desk, eventually

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

#: The business hours of a new workspace.
NINE_TO_FIVE = Hours.parse(range(5), "09:00", "17:00", "Europe/Berlin")


@dataclass(frozen=True)
class Way:
    """One way in, and another one by which the same person comes back.

    Attributes:
        deliver: the same delivery whenever it is called.
        phone, email: as the lead shall show them; None where this way brings none.
        again: a second enquiry of the same person by another way.
        entry: the type of entry that this leaves.
        source: of the lead.
        counted: whether the ledger counts a repeated delivery (an API write's answer is replayed instead).
        pause: seconds before it is delivered again. Two uploads of one file within a second are one: an object's time
            is the second.
    """

    name: str | None
    phone: str | None
    email: str | None
    deliver: Callable[[Desk], object]
    again: Callable[[Desk], object]
    entry: str
    source: str
    counted: bool = True
    pause: float = 0


LIST = "Name;Telefon;E-Mail;Bemerkung\nZoë Çelik;0221 4710123;zoe@example.com;Fußböden prüfen\n;;;\n"
WAYS = {
    "API": Way(
        "Änne Öztürk", "+4917604069012", "aenne@example.de",
        lambda desk: desk.create(key="auftrag-1", name="Änne Öztürk", phone="0176 04069012", email="aenne@example.de"),
        lambda desk: desk.call("c-änne", "017604069012", "answered"),
        "call", "api", counted=False,
    ),
    "form": Way(
        "Jörg Müßig", "+493012345678", "joerg@example.org",
        lambda desk: desk.post_form(**{"vorname": "Jörg", "nachname": "Müßig", "telefon": "030 / 12345678",
                                       "e-mail": "joerg@example.org", "nachricht": "Größe: 3 m²", "_key": "k-1"}),
        lambda desk: desk.drop("joerg.csv", "Name;Telefon\nJ. Müßig;+49 30 12345678\n".encode()),
        "import_row", "web_form",
    ),
    "CSV": Way(
        "Zoë Çelik", "+492214710123", "zoe@example.com",
        lambda desk: desk.drop("Messe Köln (1).csv", LIST.encode("cp1252")),
        lambda desk: desk.post_form(name="Zoe Celik", tel="0221 4710 123", message="Ich war auf der Messe"),
        "form_submission", "csv", pause=1.1,
    ),
    "mail": Way(
        "Łukasz Wójcik", None, "lukasz@example.pl",
        lambda desk: desk.mail("Guten Tag, ich hätte gern ein Angebot für Türen.", sender="Łukasz Wójcik",
                               address="lukasz@example.pl", subject="Türen für Łódź", message_id="<1@example.pl>"),
        lambda desk: desk.create("?on_duplicate=attach", name="L. Wojcik", email="Lukasz@Example.pl"),
        "form_submission", "email",
    ),
    "call": Way(
        None, "+4940987654", None,
        lambda desk: desk.call("c-1", "040 987654"),
        lambda desk: desk.create("?on_duplicate=attach", name="Frau Groß", phone="+49 40 987654"),
        "form_submission", "call",
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_each_way_in_gives_one_lead_once_and_a_second_enquiry_joins_it(desk: Desk, way: str) -> None:
    how = WAYS[way]
    name, phone, email = how.name or how.phone, how.phone, how.email

    how.deliver(desk)
    found = eventually(lambda: desk.leads_of(name=how.name or "", phone=phone or "", email=email or ""), bool)
    assert len(found) == 1
    (lead,) = found
    assert (how.name is None or lead["name"] == how.name, lead["source"]) == (True, how.source)
    assert [each["e164"] for each in lead["phones"]] == ([phone] if phone else [])
    assert [each["address"] for each in lead["emails"]] == ([email] if email else [])

    before = desk.everything_is_accounted_for()
    time.sleep(how.pause)
    how.deliver(desk)
    if how.counted:
        twice = eventually(lambda: [r for r in desk.receipts(f"&source={how.source}") if r["deliveries"] == 2], bool)
        assert len(twice) == 1
    after = desk.everything_is_accounted_for()
    assert desk.leads_of(name=how.name or "", phone=phone or "", email=email or "") == [lead]
    assert after["received"] == before["received"]

    entries = len(desk.timeline(lead["id"]))
    how.again(desk)
    timeline = eventually(lambda: desk.timeline(lead["id"]), lambda timeline: len(timeline) > entries)
    assert timeline[0]["type"] == how.entry
    assert len(timeline) == entries + 1
    (joined,) = desk.leads_of(name=how.name or "", phone=phone or "", email=email or "")
    assert joined["id"] == lead["id"]
    sums = desk.everything_is_accounted_for()
    assert sums["outcomes"]["attached"] == after["outcomes"].get("attached", 0) + 1
    print(f"{way:4} → 1 lead: {name}, {phone or '-'}, {email or '-'}; again → 0 more; by another way → {how.entry}")


def test_a_missed_call_leaves_a_task_to_call_back(desk: Desk) -> None:
    called_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)  # much older clocks are not believed
    desk.call("c-task", "0341 555123", at=rfc3339(called_at))

    tasks = eventually(lambda: desk.get("/v1/tasks?owner_id=none")["data"],
                       lambda tasks: any("0341 555123" in task["title"] for task in tasks))  # fmt: skip

    (task,) = [task for task in tasks if "0341 555123" in task["title"]]
    assert task["due_at"] == rfc3339(due(called_at, NINE_TO_FIVE))


def test_a_dropped_file_has_a_report_beside_it(desk: Desk) -> None:
    desk.drop("bericht.csv", b"Name;Telefon\nUte Wei\xdf;0228 1234567\n;keine\n")

    s3, bucket = desk.cloud.client("s3"), desk.dev["imports_bucket"]
    jobs = eventually(lambda: [job for job in desk.get("/v1/imports")["data"] if "bericht" in job["object_key"]],
                      lambda jobs: bool(jobs) and jobs[0]["status"] == "done")  # fmt: skip

    (job,) = jobs
    assert {name: number for name, number in job["rows"].items() if number} == {
        "total": 2, "done": 2, "created": 1, "rejected": 1,
    }  # fmt: skip
    keys = {entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket, Prefix=f"results/{job['id']}/")["Contents"]}
    assert keys == {f"results/{job['id']}/report.json", f"results/{job['id']}/errors.csv"}
    errors = s3.get_object(Bucket=bucket, Key=f"results/{job['id']}/errors.csv")["Body"].read().decode("cp1252")
    assert errors.splitlines()[1].startswith(";keine;3;says_nothing;")
