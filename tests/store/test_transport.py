"""On the wire: errors told apart by whether the write may have happened, and patience where nothing was written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from chalicelib import deadline
from chalicelib.domain.errors import Busy, TooLarge
from chalicelib.store import transport
from chalicelib.store.transport import (
    Check,
    Committed,
    Contended,
    Delete,
    Mismatch,
    Put,
    Refused,
    Unanswered,
    Unavailable,
    Unprocessable,
    Update,
)
from tests import wire
from tests.faults.world import World
from tests.wire import Call, Reply

KEY = ("L#1", "~")
ITEM = {"pk": "L#1", "sk": "~", "type": "lead", "name": "Änne Öztürk", "version": 1}

pytestmark = pytest.mark.usefixtures("world")


class Answering:
    """A layer that answers the first `times` calls itself; counts all of them."""

    def __init__(self, answer: Callable[[Call], Reply], times: int = 1_000_000) -> None:
        self.calls: list[Call] = []
        self._answer, self._times = answer, times

    def __call__(self, call: Call, go: Callable[[], Reply]) -> Reply:
        self.calls.append(call)
        return self._answer(call) if len(self.calls) <= self._times else go()


def refusing(code: str, status: int = 400, **members: Any) -> Callable[[Call], Reply]:
    return lambda call: call.refuse(code, "no", status, **members)


def cancelled(*reasons: str) -> Callable[[Call], Reply]:
    return refusing("TransactionCanceledException", CancellationReasons=[{"Code": reason} for reason in reasons])


def time_out(error: type[Exception]) -> Callable[[Call], Reply]:
    return lambda call: (None, error(endpoint_url=call.request.url))


# Transactions


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        pytest.param(cancelled("TransactionConflict", "None"), Contended(raced=True), id="conflict"),
        pytest.param(cancelled("TransactionConflict", "ThrottlingError"), Contended(), id="conflict and throttle"),
        pytest.param(cancelled("None", "ThrottlingError"), Contended(), id="throttled in the transaction"),
        pytest.param(cancelled("ProvisionedThroughputExceeded", "None"), Contended(), id="over capacity"),
        pytest.param(refusing("ThrottlingException"), Contended(), id="throttled"),
        pytest.param(refusing("ProvisionedThroughputExceededException"), Contended(), id="over the table's capacity"),
        pytest.param(refusing("RequestLimitExceeded"), Contended(), id="over the account's capacity"),
        pytest.param(refusing("TransactionInProgressException"), Contended(), id="the same one is under way"),
        pytest.param(refusing("InternalServerError", 500), Unanswered(), id="internal error: it may be written"),
        pytest.param(refusing("ServiceUnavailable", 503), Unanswered(), id="unavailable: it may be written"),
        pytest.param(time_out(ReadTimeoutError), Unanswered(), id="no answer: it may be written"),
        pytest.param(time_out(ConnectTimeoutError), Unanswered(), id="no connection"),
        pytest.param(time_out(EndpointConnectionError), Unanswered(), id="nobody there"),
    ],
)
def test_what_came_of_a_transaction_is_told_apart(answer: Callable[[Call], Reply], result: object) -> None:
    layer = Answering(answer)
    with wire.standing_at_the_wire(layer):
        assert transport.transact([Put("lead", ITEM), Check("claim", ("P#1", "#"), "attribute_exists(pk)")]) == result

    assert len(layer.calls) == 1  # one attempt; what next is for `settle`


@pytest.mark.parametrize(
    "answer", [refusing("ValidationException"), cancelled("ValidationError", "None"), cancelled("ItemCollectionSize")]
)
def test_a_transaction_that_can_never_go_through_is_said_to_be_one(answer: Callable[[Call], Reply]) -> None:
    with wire.standing_at_the_wire(Answering(answer)), pytest.raises(Unprocessable):
        transport.transact([Put("lead", ITEM), Delete("entry", ("L#1", "T#1"))])


def test_a_wrong_permission_is_nobody_elses_error() -> None:
    with wire.standing_at_the_wire(Answering(refusing("AccessDeniedException"))), pytest.raises(ClientError):
        transport.transact([Put("lead", ITEM)])


def test_a_refusal_names_every_condition_that_failed_with_its_item() -> None:
    transport.put(ITEM)
    actions = [
        Put("free", {"pk": "L#2", "sk": "~"}),
        Put("taken", {"pk": "L#1", "sk": "~"}),
        Check("missing", ("P#1", "#"), "contains(#open_leads, :lead)", {":lead": "1"}),
    ]

    result = transport.transact(actions)

    assert result == Refused({"taken": ITEM, "missing": None})
    assert transport.get(("L#2", "~")) is None


def test_a_conflict_beside_a_failed_condition_is_a_refusal() -> None:
    reasons = [{"Code": "TransactionConflict"}, {"Code": "ConditionalCheckFailed", "Item": {"pk": {"S": "P#1"}}}]
    answer = refusing("TransactionCanceledException", CancellationReasons=reasons)

    with wire.standing_at_the_wire(Answering(answer)):
        result = transport.transact([Put("lead", ITEM), Check("claim", ("P#1", "#"), "attribute_exists(pk)")])

    assert result == Refused({"claim": {"pk": "P#1"}})


def test_every_kind_of_action_is_committed_together() -> None:
    transport.put({**ITEM, "owner": "usr_1"})
    transport.put({"pk": "L#1", "sk": "T#1", "type": "note"})

    result = transport.transact(
        [
            Update("lead", KEY, "SET #name = :name, #version = :next REMOVE #owner", "#version = :seen",
                   {":name": "Zoë", ":next": 2, ":seen": 1}),
            Delete("entry", ("L#1", "T#1"), "#type = :note", {":note": "note"}),
            Put("other", {"pk": "L#2", "sk": "~"}),
            Check("free", ("P#1", "#"), "attribute_not_exists(pk)"),
        ]
    )  # fmt: skip

    assert result == Committed()
    assert transport.get(KEY) == {"pk": "L#1", "sk": "~", "type": "lead", "name": "Zoë", "version": 2}
    assert transport.get(("L#1", "T#1")) is None
    assert transport.get(("L#2", "~")) == {"pk": "L#2", "sk": "~"}


def test_the_same_actions_sent_again_carry_the_same_token_and_others_another() -> None:
    layer = Answering(time_out(ReadTimeoutError))
    with wire.standing_at_the_wire(layer):
        for name in ("Änne", "Änne", "Zoë"):
            transport.transact([Put("lead", {**ITEM, "name": name, "body": b"\xff"})])

    first, again, other = (json.loads(call.request.body)["ClientRequestToken"] for call in layer.calls)
    assert first == again != other
    assert len(first) <= 36


def test_attribute_names_are_always_aliased() -> None:
    layer = Answering(lambda call: call.answer(200, b"{}"))
    with wire.standing_at_the_wire(layer):
        transport.transact(
            [Update("lead", KEY, "SET #data.#events = list_append(#data.#events, :e)", "attribute_exists(#status)",
                    {":e": ["x"]})]
        )  # fmt: skip

    (action,) = layer.calls[0].body["TransactItems"]
    assert action["Update"]["ExpressionAttributeNames"] == {
        "#data": "data", "#events": "events", "#status": "status",
    }  # fmt: skip


@pytest.mark.parametrize(("kilobytes", "fits"), [(340, True), (351, False)])
def test_an_item_near_the_limit_is_refused_before_the_call(kilobytes: int, fits: bool) -> None:
    item = {"pk": "L#1", "sk": "~", "comment": "x" * (kilobytes * 1024)}

    if fits:
        assert transport.transact([Put("lead", item)]) == Committed()
    else:
        with pytest.raises(TooLarge):
            transport.transact([Put("lead", item)])


# Single requests


@pytest.mark.parametrize(
    "answer",
    [
        refusing("ProvisionedThroughputExceededException"),
        refusing("ThrottlingException"),
        refusing("InternalServerError", 500),
        time_out(ReadTimeoutError),
        time_out(ConnectTimeoutError),
    ],
)
def test_a_request_is_repeated_up_to_four_times(answer: Callable[[Call], Reply]) -> None:
    transport.put(ITEM)
    patient, hopeless = Answering(answer, 3), Answering(answer)

    with wire.standing_at_the_wire(patient):
        found = transport.get(KEY)
    with wire.standing_at_the_wire(hopeless), pytest.raises(Unavailable) as caught:
        transport.get(KEY)

    assert (found, len(patient.calls), len(hopeless.calls)) == (ITEM, 4, 4)
    assert isinstance(caught.value, Busy)


def test_nothing_is_repeated_when_nobody_waits_any_more() -> None:
    layer = Answering(refusing("ThrottlingException"))

    with wire.standing_at_the_wire(layer), deadline.within(-1), pytest.raises(Unavailable):
        transport.get(KEY)

    assert len(layer.calls) == 1


def test_a_write_whose_condition_fails_shows_the_item_as_it_is() -> None:
    transport.put(ITEM)

    with pytest.raises(Mismatch) as taken:
        transport.put({"pk": "L#1", "sk": "~", "name": "Zoë"})
    with pytest.raises(Mismatch) as missing:
        transport.update(("L#2", "~"), "SET #name = :name", "attribute_exists(pk)", {":name": "Zoë"})

    assert (taken.value.found, missing.value.found) == (ITEM, None)


def test_unprocessed_keys_are_asked_for_again() -> None:
    wanted = [("L#1", f"T#{number}") for number in range(3)]
    for pk, sk in wanted:
        transport.put({"pk": pk, "sk": sk})
    left = {"UnprocessedKeys": {"crm": {"Keys": [{"pk": {"S": "L#1"}, "sk": {"S": "T#2"}}]}}, "Responses": {}}
    layer = Answering(lambda call: call.answer(200, json.dumps(left).encode()), 2)

    with wire.standing_at_the_wire(layer):
        found = transport.batch_get(wanted)

    assert list(found) == [("L#1", "T#2")]
    assert [len(call.body["RequestItems"]["crm"]["Keys"]) for call in layer.calls] == [3, 1, 1]


def test_keys_that_stay_unprocessed_are_said_to_be_unavailable() -> None:
    left = {"UnprocessedKeys": {"crm": {"Keys": [{"pk": {"S": "L#1"}, "sk": {"S": "~"}}]}}, "Responses": {}}

    with (
        wire.standing_at_the_wire(Answering(lambda call: call.answer(200, json.dumps(left).encode()))),
        pytest.raises(Unavailable),
    ):
        transport.batch_get([KEY])


def test_more_than_a_hundred_keys_are_read_in_hundreds() -> None:
    layer = Answering(lambda call: call.answer(200, b'{"Responses": {}}'))

    with wire.standing_at_the_wire(layer):
        transport.batch_get([("L#1", f"T#{number % 205}") for number in range(300)])

    assert [len(call.body["RequestItems"]["crm"]["Keys"]) for call in layer.calls] == [100, 100, 5]


def test_a_query_goes_on_where_its_page_ended() -> None:
    for number in range(5):
        transport.put({"pk": "L#1", "sk": f"T#{number}"})
    condition, values = "#pk = :pk AND begins_with(#sk, :t)", {":pk": "L#1", ":t": "T#"}

    first = transport.query(condition, values, limit=2, descending=True)
    second = transport.query(condition, values, limit=9, descending=True, start=first.next)

    assert [item["sk"] for item in first.items + second.items] == ["T#4", "T#3", "T#2", "T#1", "T#0"]
    assert (first.next, second.next) == ({"pk": "L#1", "sk": "T#3"}, None)


def test_a_scan_reads_everything(world: World) -> None:
    transport.put(ITEM)

    assert {item["pk"] for item in transport.scan()} == {item["pk"] for item in world.items()}
