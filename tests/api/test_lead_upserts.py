"""Leads under the ids of other systems, and many writes at once, over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import quote, unquote

import pytest

from tests.desk import Desk
from tests.faults import entries
from tests.faults.interleave import at_once

PATH = "/v1/leads/external/bitrix24/4711"


def test_put_makes_changes_and_leaves(desk: Desk) -> None:
    made = desk.client.put(PATH, json={"name": "Änne Öztürk", "email": "aenne@example.de"})
    changed = desk.client.put(PATH, json={"company": "Öztürk GmbH"})
    same = desk.client.put(PATH, json={"company": "Öztürk GmbH"})

    assert [(reply.status, reply.json["outcome"]) for reply in (made, changed, same)] == [
        (201, "created"), (200, "updated"), (200, "unchanged"),
    ]  # fmt: skip
    assert made.json["external_ids"] == {"bitrix24": "4711"}
    assert (changed.json["name"], changed.json["version"], same.json["version"]) == ("Änne Öztürk", 2, 2)
    assert [receipt["outcome"] for receipt in desk.receipts()] == ["unchanged", "updated", "created"]
    assert desk.get(PATH) == desk.lead(made.json["id"])


def test_any_id_goes_by_the_query(desk: Desk) -> None:
    query = "/v1/leads/external?system=crm&external_id=Abteilung%2FS%C3%BCd%3B%2012"

    made = desk.client.put(query, json={"name": "Jörg"})

    assert made.json["external_ids"] == {"crm": "Abteilung/Süd; 12"}
    assert desk.get(query)["id"] == made.json["id"]
    assert desk.client.put("/v1/leads/external?system=crm", json={"name": "Jörg"}).status == 422


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(" x ", "x"), ("a\nb", "a b"), ("a  b", "a b"), ("a\tb", "a b"), ("Ma\u0308rz", "M\u00e4rz"), ("a b", "a b")],
)
def test_an_id_has_one_spelling_wherever_it_is_stored_looked_up_or_filtered(desk: Desk, sent: str, kept: str) -> None:
    urls = [f"/v1/leads/external?system=crm&external_id={quote(text)}" for text in (sent, kept)]
    made = desk.client.put(urls[0], json={"name": "Jörg"})

    again = [desk.client.put(url, json={"name": "Jörg"}) for url in urls]

    assert (made.status, made.json["external_ids"]) == (201, {"crm": kept})
    assert [(reply.status, reply.json["outcome"], reply.json["id"]) for reply in again] == [
        (200, "unchanged", made.json["id"]),
    ] * 2  # fmt: skip
    for text in (sent, kept):
        assert desk.get(f"/v1/leads/external/crm/{quote(text)}")["id"] == made.json["id"]
        assert [card["id"] for card in desk.get(f"/v1/leads?external_id=crm:{quote(text)}")["data"]] == [
            made.json["id"],
        ]  # fmt: skip
        item = {"op": "update", "external_id": f"crm:{text}", "data": {}}
        assert desk.client.post("/v1/leads/batch", json={"items": [item]}).json["results"][0]["status"] == 200
    taken = desk.create(name="Zoë", external_ids={"crm": sent})
    assert (taken.status, taken.json["existing_id"]) == (409, made.json["id"])


@pytest.mark.parametrize("blank", ["%20", "%20%09%0A"])
def test_blanks_are_no_id(desk: Desk, blank: str) -> None:
    query, path = f"/v1/leads/external?system=crm&external_id={blank}", f"/v1/leads/external/crm/{blank}"

    replies = [desk.client.request(method, url, json={"name": "Jörg"}) for method in ("PUT", "GET")
               for url in (query, path)]  # fmt: skip
    replies.append(desk.client.get(f"/v1/leads?external_id=crm:{blank}"))

    for reply in replies:
        assert reply.status == 422
        assert [(each["field"], each["code"]) for each in reply.json["errors"]] == [("external_id", "required")]
    refused = desk.create(name="Jörg", external_ids={"crm": unquote(blank)})
    assert [(each["pointer"], each["code"]) for each in refused.json["errors"]] == [("/external_ids/crm", "required")]
    assert desk.leads() == []


def test_threads_and_calls_are_no_systems(desk: Desk) -> None:
    for url in ("/v1/leads/external/mail/x", "/v1/leads/external?system=call&external_id=x"):
        for method in ("GET", "PUT"):
            reply = desk.client.request(method, url, json={"name": "Jörg"})
            assert [(each["field"], each["code"]) for each in reply.json["errors"]] == [("system", "invalid_name")]
    reply = desk.client.get("/v1/leads?external_id=mail:x")
    assert [(each["field"], each["code"]) for each in reply.json["errors"]] == [("external_id", "invalid_name")]


@pytest.mark.parametrize(
    ("external_ids", "pointer"),
    [
        ({"bitrix24": "4712"}, "/external_ids/bitrix24"),
        ({"bitrix24": None, "crm": "1"}, "/external_ids/bitrix24"),
        ({"bitrix24": ""}, "/external_ids/bitrix24"),
        ({"bitrix24": ["4711"]}, "/external_ids/bitrix24"),
        (None, "/external_ids"),
    ],
)
def test_a_body_cannot_say_another_id_than_the_path(desk: Desk, external_ids: Any, pointer: str) -> None:
    body = {"name": "Jörg", "external_ids": external_ids}

    def refused() -> list[tuple[str, str]]:
        reply = desk.client.put(PATH, json=body)
        assert reply.status == 422
        return [(each["pointer"], each["code"]) for each in reply.json["errors"]]

    assert refused() == [(pointer, "read_only")]
    made = desk.client.put(PATH, json={"name": "Jörg"}).json
    assert refused() == [(pointer, "read_only")]
    assert desk.lead(made["id"])["version"] == 1


def test_a_body_may_say_the_id_of_the_path_and_others(desk: Desk) -> None:
    for number, said in enumerate(("4711", " 4711 ", 4711)):
        reply = desk.client.put(PATH, json={"name": "Jörg", "external_ids": {"bitrix24": said, "crm": str(number)}})
        assert reply.json["external_ids"] == {"bitrix24": "4711", "crm": str(number)}


def test_if_none_match_makes_and_never_changes(desk: Desk) -> None:
    headers = {"If-None-Match": "*"}
    made = desk.client.put(PATH, json={"name": "Jörg"}, headers=headers)

    again = desk.client.put(PATH, json={"name": "Georg"}, headers=headers)

    assert (made.status, again.status, again.json["code"]) == (201, 412, "lead_exists")
    assert again.json["current"]["name"] == "Jörg"


@pytest.mark.parametrize("header", ['"1"', "*", ""])
def test_if_match_never_makes(desk: Desk, header: str) -> None:
    reply = desk.client.put(PATH, json={"name": "Jörg"}, headers={"If-Match": header})

    assert (reply.status, reply.json["code"], reply.json["current"]) == (412, "version_mismatch", None)
    assert desk.leads() == []
    made = desk.client.put(PATH, json={"name": "Jörg"}).json
    assert desk.client.put(PATH, json={"company": "x"}, headers={"If-Match": "*"}).status == 200
    assert desk.lead(made["id"])["version"] == 2


def test_of_a_deleted_one_a_new_lead_is_made(desk: Desk) -> None:
    first = desk.client.put(PATH, json={"name": "Jörg"}).json
    desk.client.delete(f"/v1/leads/{first['id']}")

    second = desk.client.put(PATH, json={"name": "Jörg"})

    assert (second.status, second.json["id"] != first["id"]) == (201, True)


def test_twenty_at_once_make_one_lead(desk: Desk) -> None:
    entries.app()  # a current request for each thread

    replies = at_once([lambda: desk.client.put(PATH, json={"name": "Jörg"})] * 20)

    (lead,) = desk.leads()
    assert {reply.json["id"] for reply in replies} == {lead["id"]}
    assert sorted(reply.status for reply in replies) == [200] * 19 + [201]


def test_twenty_who_say_different_things_of_one_lead_are_all_heard(desk: Desk) -> None:
    entries.app()  # a current request for each thread

    replies = at_once([partial(desk.client.put, PATH, json={"comment": str(number)}) for number in range(20)])

    (lead,) = desk.leads()
    assert sorted(reply.status for reply in replies) == [200] * 19 + [201]
    assert sorted(reply.json["version"] for reply in replies) == list(range(1, 21))
    assert lead["version"] == 20
    assert len(desk.timeline(lead["id"])) == 20


def test_a_batch_answers_each_item_in_order_and_one_refusal_costs_the_others_nothing(desk: Desk) -> None:
    known = desk.created(name="Änne", email="aenne@example.de")
    items = [
        {"op": "create", "data": {"name": "Jörg"}},
        {"op": "update", "id": known["id"], "if_version": 1, "data": {"company": "Öztürk GmbH"}},
        {"op": "update", "id": known["id"], "if_version": 1, "data": {"company": "Andere"}},
        {"op": "upsert", "external_id": "crm:7", "data": {"name": "Zoë"}},
        {"op": "upsert", "external_id": "crm:7", "data": {"name": "Zoë"}},
        {"op": "create", "data": {"email": "kein"}},
        {"op": "delete", "external_id": "crm:7"},
        {"op": "delete", "id": "lead_00000000000"},
        {"op": "update", "data": {}},
        {"op": "create", "data": {"name": "groß", "amount": {"amount": 10**18}}},
    ]

    reply = desk.client.post("/v1/leads/batch", json={"items": items})

    results = reply.json["results"]
    assert reply.status == 207
    assert [result["status"] for result in results] == [201, 200, 412, 201, 200, 422, 204, 404, 422, 422]
    assert [result.get("outcome") for result in results[:5]] == ["created", "updated", None, "created", "unchanged"]
    assert results[1] == {"status": 200, "id": known["id"], "version": 2, "outcome": "updated"}
    assert results[5]["problem"]["errors"][0]["pointer"] == "/items/5/data/email"
    assert desk.lead(known["id"])["company"] == "Öztürk GmbH"


def test_a_repeated_batch_gets_its_answers_again(desk: Desk) -> None:
    body = {"items": [{"op": "create", "data": {"name": f"Nummer {number}"}} for number in range(5)]}
    headers = {"Idempotency-Key": "b-1"}

    first = desk.client.post("/v1/leads/batch", json=body, headers=headers)
    again = desk.client.post("/v1/leads/batch", json=body, headers=headers)

    assert again.json == first.json
    assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (False, "true")
    assert len(desk.leads()) == 5


def test_a_batch_repeated_after_its_half_was_done_does_the_rest_and_is_no_replay(desk: Desk) -> None:
    late = {"op": "upsert", "external_id": "crm:1", "if_version": 1, "data": {"comment": "x"}}
    body = {"items": [{"op": "create", "data": {"name": "Änne"}}, late]}
    headers = {"Idempotency-Key": "b-1"}
    first = desk.client.post("/v1/leads/batch", json=body, headers=headers)
    desk.created(name="Jörg", external_ids={"crm": "1"})

    again = desk.client.post("/v1/leads/batch", json=body, headers=headers)

    assert [[each["status"] for each in reply.json["results"]] for reply in (first, again)] == [[201, 412], [201, 200]]
    assert "Idempotent-Replayed" not in again.headers
    third = desk.client.post("/v1/leads/batch", json=body, headers=headers)
    assert (third.json, third.headers["Idempotent-Replayed"]) == (again.json, "true")
    assert len(desk.leads()) == 2


def test_the_key_of_a_batch_does_not_stand_for_another_one(desk: Desk) -> None:
    refused = {"op": "create", "data": {"email": "kein"}}
    items = [refused, {"op": "create", "data": {"name": "Änne"}}]
    headers = {"Idempotency-Key": "b-1"}
    desk.client.post("/v1/leads/batch", json={"items": items}, headers=headers)

    items[0] = {"op": "create", "data": {"email": "aenne@example.de"}}
    other = desk.client.post("/v1/leads/batch", json={"items": items}, headers=headers)

    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
    assert len(desk.leads()) == 1


def test_an_item_with_a_key_of_its_own_is_done_once_whatever_batch_it_comes_again_in(desk: Desk) -> None:
    def sent(*names: str) -> list[dict[str, Any]]:
        items = [{"op": "create", "data": {"name": name}, "idempotency_key": f"run-1:{ord(name[0])}"} for name in names]
        return desk.client.post("/v1/leads/batch", json={"items": items}).json["results"]

    first = sent("Änne", "Jörg")
    again = sent("Zoë", "Jörg")

    assert again[1] == first[1]
    assert [lead["name"] for lead in desk.leads()] == ["Änne", "Jörg", "Zoë"]


def test_the_key_of_an_item_does_not_stand_for_another_write(desk: Desk) -> None:
    def sent(key: str, **data: str) -> dict[str, Any]:
        item = {"op": "create", "data": data, "idempotency_key": key}
        return dict(desk.client.post("/v1/leads/batch", json={"items": [item]}).json["results"][0])

    assert sent("k", name="Änne")["status"] == 201
    assert sent("k", name="Jörg")["problem"]["code"] == "idempotency_key_reused"
    assert [sent(key, name="x")["status"] for key in ("", "zwei Wörter", "k\n", "k" * 256)] == [422] * 4


@pytest.mark.parametrize(
    ("item", "errors"),
    [
        ({"op": "explode", "data": {}}, [("/items/1/op", "invalid_choice")]),
        ({"op": "create", "data": [], "zz": 1}, [("/items/1/zz", "unknown_field"), ("/items/1/data", "invalid_type")]),
        ({"data": {"name": "x"}}, [("/items/1/op", "required")]),
        ("create", [("/items/1", "invalid_type")]),
        (None, [("/items/1", "invalid_type")]),
        ([{"op": "create"}], [("/items/1", "invalid_type")]),
        ({"op": "update", "id": "lead_1", "if_version": "1"}, [("/items/1/if_version", "invalid_type")]),
        ({"op": "create", "data": {}, "idempotency_key": "zwei W"}, [("/items/1/idempotency_key", "invalid_value")]),
        ({"op": "upsert", "data": {"name": "x"}}, [("/items/1/external_id", "required")]),
        ({"op": "delete"}, [("/items/1/id", "required")]),
        ({"op": "delete", "external_id": "crm"}, [("/items/1/external_id", "invalid_value")]),
        ({"op": "create", "data": {}}, [("/items/1/data", "says_nothing")]),
        ({"op": "create"}, [("/items/1/data", "says_nothing")]),
        ({"op": "upsert", "external_id": "crm:1", "data": {"external_ids": {"crm": "2"}}},
         [("/items/1/data/external_ids/crm", "read_only")]),
        ({"op": "create", "data": {"phones": ["12"], "zz": 1}},
         [("/items/1/data/phones/0", "invalid_phone"), ("/items/1/data/zz", "unknown_field")]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_item_is_that_items_result(desk: Desk, item: Any, errors: list[tuple[str, str]]) -> None:
    good = {"op": "create", "data": {"name": "Änne"}}

    reply = desk.client.post("/v1/leads/batch", json={"items": [good, item, good]})

    assert reply.status == 207
    first, refused, last = reply.json["results"]
    assert (first["status"], refused["status"], last["status"]) == (201, 422, 201)
    told = [(each["pointer"], each["code"]) for each in refused["problem"]["errors"]]
    assert sorted(told) == sorted(errors)


@pytest.mark.parametrize("body", [{"items": {}}, {"items": None}, {}, {"items": [], "zz": 1}])
def test_only_a_body_that_is_no_batch_is_refused_whole(desk: Desk, body: Any) -> None:
    assert desk.client.post("/v1/leads/batch", json=body).status == 422


def test_a_batch_of_more_than_a_hundred_is_refused_whole(desk: Desk) -> None:
    items = [{"op": "create", "data": {"name": "x"}}] * 101

    assert desk.client.post("/v1/leads/batch", json={"items": items}).status == 422
    assert desk.client.post("/v1/leads/batch", json={"items": []}).status == 422
    assert desk.leads() == []
