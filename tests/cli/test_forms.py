"""`leads forms` and `leads receipts`, against the app."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Leads
from tests.desk import Desk

BOT = {"name": "Robo", "email": "robo@example.org", "_hp": "x"}


def test_a_form_is_made_shown_and_listed(desk: Desk, leads: Leads) -> None:
    made = leads("forms", "create", "--name", "Photovoltaik", "--set", 'hosts=["www.example.de"]')
    shown = leads("forms", "show", made.json["id"])
    listed = leads("forms", "list")

    assert [ended.code for ended in (made, shown, listed)] == [0, 0, 0]
    assert made.json["hosts"] == ["www.example.de"]
    assert shown.json == made.json
    assert listed.lines == [made.json, desk.get("/v1/forms/frm_demo")]


def test_people_see_what_a_form_has(desk: Desk, leads: Leads, tmp_path: Path) -> None:
    body = {"fields": [{"field": "name", "required": True}], "texts": {"title": {"de": "Ihr Dach"}}}
    file = tmp_path / "form.json"
    file.write_text(json.dumps(body))

    made = leads("forms", "create", "--file", str(file), "--name", "Dach", "--table")
    form_id = made.out.split()[1]
    shown = leads("forms", "show", form_id, "--table")
    listed = leads("forms", "list", "--table")

    assert made.out == f"created {form_id} Dach {desk.get(f'/v1/forms/{form_id}')['url']}\n"
    assert made.err == f"What to paste into a page: leads forms embed {form_id}\n"
    assert shown.out.splitlines()[0] == f"Dach · {form_id} · version 1"
    assert "title: de: Ihr Dach" in shown.out
    assert listed.out.splitlines()[0].split()[:3] == ["id", "name", "active"]
    assert len(listed.out.splitlines()) == 4


def test_a_form_comes_from_standard_input_and_is_refused_with_all_that_is_wrong(desk: Desk, leads: Leads) -> None:
    made = leads("forms", "create", "--file", "-", given='{"name": "Über stdin"}')
    refused = leads("forms", "create", "--name", "x", "--set", "hosts=https://a.example", "--set", "farbe=rot")

    assert made.json["name"] == "Über stdin"
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.count(" · ") == 1
    assert "hosts: Expected a list." in refused.err
    assert "farbe: There is no field of this name." in refused.err


@pytest.mark.parametrize(
    ("arguments", "given", "complaint"),
    [
        ((), "", "Say what the form is to have"),
        (("--file", "-"), "{", "- is no JSON"),
        (("--file", "-"), "[]", "- is no JSON object"),
        (("--set", "hosts"), "", "--set takes field=value"),
    ],
)
def test_what_is_no_form_is_a_wrong_command(
    leads: Leads, arguments: tuple[str, ...], given: str, complaint: str
) -> None:
    ended = leads("forms", "create", *arguments, given=given)

    assert ended.code == 2
    assert complaint in ended.err


def test_what_to_paste_is_printed_as_it_is(desk: Desk, leads: Leads) -> None:
    snippets = desk.get("/v1/forms/frm_demo/snippets?lang=de")
    asked = ("forms", "embed", "frm_demo", "--lang", "de")

    one_by_one = {way: leads(*asked, f"--{way}") for way in ("html", "script", "iframe", "link")}
    everything, as_json = leads(*asked), leads(*asked, "--json")

    # the app is called under another address than the desk's
    base = as_json.json["link"].removesuffix("/f/frm_demo?lang=de")
    here = {name: text.replace("https://leads.example.de", base) for name, text in snippets.items()}
    assert as_json.json == here
    names = {"html": "html", "script": "embed", "iframe": "iframe", "link": "link"}
    assert {way: ended.out for way, ended in one_by_one.items()} == {
        way: f"{here[name]}\n" for way, name in names.items()
    }
    assert [ended.err for ended in one_by_one.values()] == [""] * 4
    assert everything.out == "".join(f"{here[name]}\n" for name in names.values())
    assert everything.err.count(":\n") == 4


def test_a_form_that_is_not_there_is_told(leads: Leads) -> None:
    for command in (("show",), ("embed", "--html")):
        ended = leads("forms", *command, "frm_nix")

        assert (ended.code, ended.out) == (1, "")
        assert "404 not_found: There is no such form" in ended.err


def test_both_ways_at_once_are_a_wrong_command(leads: Leads) -> None:
    assert leads("forms", "embed", "frm_demo", "--json", "--html").code == 2


def test_what_was_put_aside_is_listed_with_its_reason_and_let_in(desk: Desk, leads: Leads) -> None:
    desk.post({"name": "Änne", "email": "aenne@example.de"})
    desk.post(BOT)
    (receipt,) = desk.receipts("?outcome=quarantined")

    listed = leads("receipts", "list", "--outcome", "quarantined", "--source", "web_form")
    table = leads("receipts", "list", "--outcome", "quarantined", "--table")
    released = [leads("receipts", "release", receipt["id"], *more) for more in ((), ("--table",))]

    assert listed.lines == [receipt]
    assert table.out.splitlines()[0].split()[:5] == ["id", "received_at", "source", "outcome", "reason"]
    assert "quarantined   honeypot" in table.out
    lead = next(lead for lead in desk.leads() if lead["name"] == "Robo")
    assert [ended.code for ended in released] == [0, 0]
    assert (released[0].json["outcome"], released[0].json["lead_id"]) == ("created", lead["id"])
    assert released[1].out == f"created {receipt['id']} {lead['id']}\n"
    assert leads("receipts", "list", "--outcome", "quarantined", "--table").err == "No receipts\n"


def test_receipts_come_over_all_pages_and_no_further_than_asked(desk: Desk, leads: Leads) -> None:
    for number in range(3):
        desk.post({"name": f"Nr. {number}", "email": f"a{number}@example.de"})

    assert len(leads("receipts", "list", "--limit", "2").lines) == 2
    assert len(leads("receipts", "list", "--all", "--limit", "1").lines) == 3


def test_one_receipt_that_cannot_be_released_costs_the_others_nothing(desk: Desk, leads: Leads) -> None:
    desk.post(BOT)
    (receipt,) = desk.receipts("?outcome=quarantined")

    ended = leads("receipts", "release", "rcp_0000000000000000", receipt["id"])

    assert ended.code == 1
    assert [line["outcome"] for line in ended.lines] == ["created"]
    assert ended.err == "rcp_0000000000000000: 404 not_found: There is no such receipt\n"
