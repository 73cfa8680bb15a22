"""`leads create`: from options, and from lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.api import lead_batches
from cli import batches
from cli.lines import Line
from tests.cli.conftest import Leads
from tests.desk import Desk


def lines(*leads: Any) -> str:
    return "".join((lead if isinstance(lead, str) else json.dumps(lead, ensure_ascii=False)) + "\n" for lead in leads)


def test_a_lead_is_made_from_options(leads: Leads, desk: Desk) -> None:
    ended = leads("create", "--name", "Änne Öztürk", "--email", "aenne@example.de", "--phone", "0176 04069012",
                  "--tag", "messe-2026", "--set", 'amount={"amount": "12500", "currency": "EUR"}',
                  "--set", "position=Leiterin")  # fmt: skip

    (lead,) = desk.leads()
    assert (ended.code, ended.err) == (0, "")
    assert ended.json == {**lead, "outcome": "created", "receipt_id": ended.json["receipt_id"]}
    assert (lead["name"], lead["position"], lead["tags"]) == ("Änne Öztürk", "Leiterin", ["messe-2026"])
    assert lead["amount"] == {"amount": "12500.00", "currency": "EUR"}
    assert lead["phones"][0]["e164"] == "+4917604069012"


def test_several_numbers_and_addresses_are_lists(leads: Leads, desk: Desk) -> None:
    leads(
        "create",
        "--phone",
        "030 901820",
        "--phone",
        "0176 04069012",
        "--email",
        "a@example.de",
        "--email",
        "b@example.de",
    )

    (lead,) = desk.leads()
    assert [phone["e164"] for phone in lead["phones"]] == ["+4930901820", "+4917604069012"]
    assert [email["address"] for email in lead["emails"]] == ["a@example.de", "b@example.de"]


def test_people_see_one_line(leads: Leads, desk: Desk) -> None:
    ended = leads("create", "--name", "Jörg Müßig", "--table")

    assert ended.out == f"created {desk.leads()[0]['id']} Jörg Müßig\n"


def test_a_refusal_names_every_field_and_ends_with_1(leads: Leads, desk: Desk) -> None:
    ended = leads("create", "--name", "x", "--phone", "12", "--email", "kein")

    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "Error: 422 validation_failed: email: Not an e-mail address. "
        "· phone: Not a phone number that could be dialled (one per entry).\n"
    )
    assert desk.leads() == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--set", "amount"], "--set takes field=value"),
        (["--name", "x", "--set", "name=y"], "name is given twice"),
        (["--name", "x", "--run-id", "r"], "--file and --run-id are for many leads"),
        (["--idempotency-key", "k"], "--idempotency-key is for one lead"),
        (["--name", "x", "--idempotency-key", "zwei Wörter"], "1 to 255 visible ASCII"),
        (["--file", "nirgends.jsonl"], "does not exist"),
        (["--on-duplicate", "explode"], "'explode' is not one of"),
    ],
)
def test_what_is_typed_wrong_ends_with_2_and_sends_nothing(
    leads: Leads, desk: Desk, arguments: list[str], sentence: str
) -> None:
    ended = leads("create", *arguments)

    assert (ended.code, ended.out) == (2, "")
    assert sentence in ended.err
    assert desk.leads() == []


def test_the_same_idempotency_key_makes_one_lead(leads: Leads, desk: Desk) -> None:
    first = leads("create", "--name", "Änne", "--idempotency-key", "order-4711")
    again = leads("create", "--name", "Änne", "--idempotency-key", "order-4711")

    assert again == first
    assert len(desk.leads()) == 1


def test_on_duplicate_joins_the_open_lead(leads: Leads, desk: Desk) -> None:
    known = desk.created(name="Änne", email="aenne@example.de")

    ended = leads("create", "--email", "aenne@example.de", "--on-duplicate", "attach")

    assert (ended.json["id"], ended.json["outcome"]) == (known["id"], "attached")


def test_each_line_is_answered_in_order_and_a_bad_one_costs_the_others_nothing(leads: Leads, desk: Desk) -> None:
    twice, huge, half = '{"name": "a", "name": "b"}', '{"amount": NaN}', '{"name": "\\ud800"}'
    given = lines({"name": "Änne"}, {"email": "kein"}, "", "{broken", [1], twice, {"name": "Zoë"},
                  {"name": "NUL \0 darin"}, {"name": "Jörg"}, huge, half)  # fmt: skip

    ended = leads("create", given=given)

    told = [(line["line"], line["status"], line.get("outcome") or line["problem"]["code"]) for line in ended.lines]
    assert told == [
        (1, 201, "created"),
        (2, 422, "validation_failed"),
        (4, 400, "broken_json"),
        (5, 400, "invalid_type"),
        (6, 400, "duplicate_key"),
        (7, 201, "created"),
        (8, 422, "validation_failed"),
        (9, 201, "created"),
        (10, 400, "broken_json"),
        (11, 400, "invalid_utf8"),
    ]
    (error,) = ended.lines[1]["problem"]["errors"]
    assert (error["field"], error["pointer"]) == ("email", "/email")
    assert ended.code == 1
    assert [lead["name"] for lead in desk.leads()] == ["Änne", "Zoë", "Jörg"]
    assert ended.err.startswith("Correct what failed and run it again with --run-id ")


def test_the_same_run_with_a_corrected_line_doubles_nothing(leads: Leads, desk: Desk) -> None:
    first = leads("create", "--run-id", "messe", given=lines({"name": "Änne"}, {"email": "kein"}, {"name": "Jörg"}))
    again = leads(
        "create", "--run-id", "messe", given=lines({"name": "Änne"}, {"email": "zoe@example.de"}, {"name": "Jörg"})
    )

    assert (first.code, again.code) == (1, 0)
    assert (again.lines[0], again.lines[2]) == (first.lines[0], first.lines[2])
    assert [lead["title"] for lead in desk.leads()] == ["Änne", "Jörg", "zoe@example.de"]


def test_two_equal_lines_are_two_leads_and_another_run_two_more(leads: Leads, desk: Desk) -> None:
    given = lines({"name": "Änne"}, {"name": "Änne"})

    for _ in range(2):
        leads("create", "--run-id", "a", given=given)
    assert len(desk.leads()) == 2
    leads("create", given=given)
    assert len(desk.leads()) == 4


def test_many_lines_come_from_a_file_whatever_wrote_it(leads: Leads, desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "leads.jsonl"
    text = lines(*({"name": f"Nummer {number}"} for number in range(120)))
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode().rstrip())

    ended = leads("create", "--file", str(file), "--table")

    assert (ended.code, ended.out) == (0, "120 created\n")
    assert sorted(lead["name"] for lead in desk.leads()) == sorted(f"Nummer {number}" for number in range(120))


def test_many_with_on_duplicate_join_too(leads: Leads, desk: Desk) -> None:
    desk.created(name="Änne", email="aenne@example.de")
    given = lines({"email": "aenne@example.de"}, {"email": "zoe@example.de"}, {"email": "kein"})

    ended = leads("create", "--on-duplicate", "attach", given=given)

    assert [line["status"] for line in ended.lines] == [200, 201, 422]
    assert [line.get("outcome") for line in ended.lines] == ["attached", "created", None]


def test_batches_stay_below_what_the_api_takes() -> None:
    assert batches.MOST_ITEMS == lead_batches.MOST_ITEMS
    wide = {f"f{number}": number for number in range(200)}
    sender = batches.Sender(None, "r", None)

    def sizes(*many: Line) -> list[int]:
        return [len(batch) for batch in sender.batches(many)]

    assert sizes(*[Line(1, 50, {"name": "x"})] * 250) == [100, 100, 50]
    assert sizes(*[Line(1, 50, wide)] * 10) == [4, 4, 2]
    assert sizes(*[Line(1, 120_000, {"name": "x"})] * 3) == [2, 1]
    assert sizes(Line(1, 600_000, {"name": "x"}), Line(2, 50, {"name": "y"})) == [1, 1]
    assert sizes() == []


class BusyApi:
    """There is time for one item a request; then for none."""

    def __init__(self, lets_in: int) -> None:
        self.sent: list[list[str]] = []
        self.left = lets_in

    def post(self, path: str, body: Any) -> Any:
        from types import SimpleNamespace

        self.sent.append([item["data"]["name"] for item in body["items"]])
        results = [{"status": 503, "problem": {"code": "busy"}} for _ in body["items"]]
        if self.left:
            self.left -= 1
            results[0] = {"status": 201, "id": "lead_1", "outcome": "created"}
        return SimpleNamespace(body={"results": results})


def test_an_item_there_was_no_time_for_comes_again_until_nothing_moves() -> None:
    api, waited = BusyApi(2), []
    sender = batches.Sender(api, "r", None, waited.append)

    results = sender.send([Line(number, 10, {"name": str(number)}) for number in (1, 2, 3)])

    assert [result.status for result in results] == [201, 201, 503]
    assert api.sent[:3] == [["1", "2", "3"], ["2", "3"], ["3"]]
    assert len(api.sent) == 2 + batches.MOST_STALLS + 1
    assert waited == [0.5, 0.5, 1, 2, 4, 8, 16]
