"""Our way of reading DynamoDB's answers gives what botocore's gives, and costs less."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest
from botocore.parsers import ResponseParserFactory
from urllib3 import HTTPHeaderDict

from benchmarks import page_cpu
from chalicelib.store import items
from chalicelib.store.answer_parser import AnswerParsers

ITEM = {
    "pk": {"S": "L#0SARQYMNHMY"}, "name": {"S": "Änne Öztürk"}, "version": {"N": "7"}, "half": {"N": "0.5"},
    "body": {"B": "w6TDtsO8"}, "repeat": {"BOOL": True}, "nothing": {"NULL": True}, "open_leads": {"SS": ["b", "a"]},
    "details": {"M": {"phones": {"L": [{"M": {"e164": {"S": "+49301234567"}}}]}, "raw": {"B": ""}}},
}  # fmt: skip


def shape(operation: str) -> Any:
    return botocore.session.get_session().get_service_model("dynamodb").operation_model(operation).output_shape


def parsed(factory: Any, operation: str, content: Any, status: int = 200) -> dict[str, Any]:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    response = {"status_code": status, "headers": HTTPHeaderDict({"x-amzn-RequestId": "r-1"}), "body": body}
    return dict(factory.create_parser("json").parse(response, shape(operation)))


def both(operation: str, content: Any, status: int = 200) -> list[dict[str, Any]]:
    original = ResponseParserFactory()
    return [parsed(factory, operation, content, status) for factory in (original, AnswerParsers(original))]


@pytest.mark.parametrize(
    ("operation", "content", "found"),
    [
        ("GetItem", {"Item": ITEM}, lambda answer: [answer["Item"]]),
        ("GetItem", {}, lambda answer: []),
        ("Query", {"Items": [ITEM, ITEM], "Count": 2, "LastEvaluatedKey": {"pk": {"S": "a"}}},
         lambda answer: [*answer["Items"], answer["LastEvaluatedKey"]]),
        ("BatchGetItem", {"Responses": {"crm": [ITEM]}, "UnprocessedKeys": {}},
         lambda answer: answer["Responses"]["crm"]),
    ],
)  # fmt: skip
def test_items_are_what_botocore_makes_of_them(operation: str, content: Any, found: Any) -> None:
    theirs, ours = both(operation, content)

    assert [items.decode(item) for item in found(ours)] == [items.decode(item) for item in found(theirs)]
    assert ours["ResponseMetadata"] == theirs["ResponseMetadata"]


@pytest.mark.parametrize(("content", "status"), [({"__type": "x#ThrottlingException", "message": "später"}, 400)])
def test_errors_go_botocores_way(content: Any, status: int) -> None:
    theirs, ours = both("Query", content, status)

    assert ours == theirs


def test_an_answer_that_is_no_json_goes_botocores_way() -> None:
    outcomes = []
    for factory in (ResponseParserFactory(), AnswerParsers(ResponseParserFactory())):
        try:
            outcomes.append(repr(parsed(factory, "Query", b"<html>")))
        except Exception as error:
            outcomes.append(type(error).__name__)

    assert outcomes[0] == outcomes[1]


def test_a_page_takes_half_the_cpu_of_pynamodbs_own_path_at_most() -> None:
    ours, theirs = page_cpu.measure()

    print(f"page of {page_cpu.CARDS} cards: {ours / theirs:.2f} of PynamoDB's CPU")
    assert ours / theirs <= page_cpu.GOAL
