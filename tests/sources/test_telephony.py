"""Call webhooks: what providers send, and the Inbound it must become. Shared cases run over all providers."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.calls import call_result
from chalicelib.domain.inbound import CallBack, Inbound, Raw, Reading, Verdict
from chalicelib.sources import read
from chalicelib.sources.telephony import PROVIDERS, CallEvent, Request, identities

AT = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)
PAYLOADS = Path(__file__).parent / "payloads" / "telephony"
READING = Reading(our_numbers=frozenset({"+492214710100"}))
MISSED = {
    "call_id": "c-4711",
    "event": "missed",
    "direction": "in",
    "from": "+49 176 04069012",
    "to": "+492214710100",
    "at": "2026-11-23T09:14:58+01:00",
}


def delivery(body, provider="generic", **meta):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return Raw("call", "chn_demo", "", AT, body, "application/json", {"provider": provider, **meta})


def received(reading=READING, **changes):
    sent = {name: value for name, value in {**MISSED, **changes}.items() if value is not None}
    return read(delivery(sent), reading)


@pytest.mark.parametrize(
    "at", [1795421698, 1795421698.0, 1795421698000, "1795421698", "1795421698000", "2026-11-23T08:14:58Z"]
)
def test_the_time_of_an_event_may_be_in_seconds_or_milliseconds(at):
    assert received(at=at).occurred_at == datetime(2026, 11, 23, 8, 14, 58, tzinfo=UTC)


def test_a_missed_call_is_an_enquiry_and_a_task():
    assert received() == Inbound(
        raw=delivery(MISSED),
        values={"phones": ("+49 176 04069012",)},
        entry_type="call",
        entry={
            "call_id": "c-4711",
            "event": "missed",
            "direction": "in",
            "from": "+49 176 04069012",
            "to": "+492214710100",
            "at": "2026-11-23T08:14:58.000Z",
            "result": "missed",
        },
        follows=("call#chn_demo#c-4711",),
        leaves=("call#chn_demo#c-4711",),
        call_back=CallBack("Call back +49 176 04069012", "+4917604069012"),
        occurred_at=datetime(2026, 11, 23, 8, 14, 58, tzinfo=UTC),
        may_adopt=False,
    )


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*/*.json")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_sequence_of_deliveries_becomes_the_right_inbounds(path):
    case = json.loads(path.read_text("utf-8"))
    inbounds = [read(delivery(sent, path.parent.name), READING) for sent in case["deliveries"]]

    assert [
        {
            "verdict": inbound.verdict and inbound.verdict.reason,
            "values": {
                name: list(value) if isinstance(value, tuple) else value for name, value in inbound.values.items()
            },
            "call_back": bool(inbound.call_back),
            "follows": list(inbound.follows),
        }
        for inbound in inbounds
    ] == case["inbounds"]
    counted = [dict(inbound.entry) for inbound in inbounds if inbound.entry]
    assert call_result(counted) == case["result"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_has_five_sequences(provider):
    assert len(list((PAYLOADS / provider).glob("*.json"))) >= 5


@pytest.mark.parametrize(
    "caller", ["anonymous", "Restricted", "unknown", "", None, "+266696687", "+7378742833", "+2562533", "+8656696",
               "+86282452253", "sip:anonymous@anonymous.invalid"]
)  # fmt: skip
def test_a_withheld_number_is_an_enquiry_without_a_phone(caller):
    inbound = received(**{"from": caller})

    assert inbound.values == {"title": "Anonymous call"}
    assert inbound.verdict is None
    assert inbound.call_back is None


def test_a_caller_that_is_no_number_is_kept_as_he_stands():
    inbound = received(**{"from": "Empfang Halle"})

    assert inbound.values == {"title": "Call from Empfang Halle"}
    assert inbound.call_back == CallBack("Call back Empfang Halle", "Empfang Halle")


@pytest.mark.parametrize(
    ("caller", "phone"),
    [
        ("sip:+4917604069012@sip.example.net;user=phone", "+4917604069012"),
        ("tel:+4917604069012", "+4917604069012"),
        (4917604069012, "4917604069012"),
        ("0176 04069012", "0176 04069012"),
    ],
)
def test_a_caller_is_taken_out_of_its_address(caller, phone):
    inbound = received(**{"from": caller})

    assert inbound.values == {"phones": (phone,)}
    assert inbound.call_back is not None
    assert inbound.call_back.phone == "+4917604069012"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"event": "ringing"}, "ringing"),
        ({"direction": "out"}, "outgoing_call"),
        ({"direction": "outbound", "event": "answered"}, "outgoing_call"),
        ({"from": "+492214710100"}, "internal_call"),
        ({"from": "0221 4710100"}, "internal_call"),
        ({"from": "23"}, "internal_call"),
        ({"event": "transferred"}, "unknown_event"),
        ({"event": None}, "unknown_event"),
        ({"event": {"x": 1}}, "unknown_event"),
    ],
)
def test_what_is_no_enquiry_is_ignored_with_its_reason(changes, reason):
    verdict = received(**changes).verdict

    assert verdict is not None
    assert (verdict.outcome, verdict.reason) == ("ignored", reason)


@pytest.mark.parametrize("event", ["answered", "ended", "missed", "voicemail"])
def test_only_a_call_nobody_took_wants_a_call_back(event):
    assert bool(received(event=event).call_back) is (event in ("missed", "voicemail"))


def test_a_direction_nobody_told_is_an_incoming_call():
    assert received(direction=None).verdict is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"", "unreadable"), (b"call_id=1", "unreadable"), (b"[]", "unreadable"), (b"{}", "no_call_id"),
     (b'{"call_id": ""}', "no_call_id"), (b'{"call_id": {"x": 1}}', "no_call_id"), (b"\xff\xfe", "unreadable"),
     (b"[" * 100_000, "unreadable"), (b'{"call_id": ' + b"1" * 5_000 + b"}", "unreadable")],
)  # fmt: skip
def test_what_says_neither_which_call_nor_what_happened_needs_attention(body, reason):
    inbound = read(delivery(body), READING)

    assert inbound.verdict is not None
    assert (inbound.verdict.outcome, inbound.verdict.reason) == ("needs_attention", reason)
    assert inbound.raw.body == body


def test_a_call_without_an_id_is_an_enquiry_that_nothing_continues():
    named, nameless = received(), received(call_id=None)

    assert nameless == replace(
        named,
        raw=nameless.raw,
        entry={name: value for name, value in named.entry.items() if name != "call_id"},
        follows=(),
        leaves=(),
    )


@pytest.mark.parametrize(
    ("event", "reason"), [("ringing", "ringing"), ("missed", "outgoing_call"), ("transferred", "no_call_id")]
)
def test_a_call_without_an_id_is_judged_by_what_happened(event, reason):
    verdict = received(call_id="", event=event, direction="out" if reason == "outgoing_call" else "in").verdict

    assert verdict is not None
    assert verdict.reason == reason


def test_an_unknown_provider_needs_attention():
    assert read(delivery(MISSED, "pigeon"), READING).verdict == Verdict(
        "needs_attention", "unknown_provider", "There is no adapter for this provider."
    )


# --- identity -----------------------------------------------------------------------------------------------------


def test_the_same_delivery_twice_is_one_and_another_event_another():
    ringing, missed = ({**MISSED, "event": event} for event in ("ringing", "missed"))

    assert identities(delivery(missed)) == identities(delivery(dict(reversed(missed.items()))))
    assert identities(delivery(ringing)) != identities(delivery(missed))
    assert identities(delivery(missed)) == ("chn_demo:c-4711:missed:2026-11-23T08:14:58.000Z",)


def test_the_same_call_id_in_another_channel_is_another_call():
    other = replace(delivery(MISSED), detail="chn_other")

    assert identities(other) != identities(delivery(MISSED))


def test_what_cannot_be_read_is_known_by_its_bytes():
    assert identities(delivery(b"x")) != identities(delivery(b"y"))
    assert identities(delivery(b"x")) == identities(delivery(b"x"))


def test_calls_without_id_and_time_are_apart_when_they_come_apart():
    """A switchboard that tells neither sends the same bytes for each call of a number."""
    missed = delivery({name: value for name, value in MISSED.items() if name not in ("call_id", "at")})
    soon, next_day = (replace(missed, received_at=AT + timedelta(**later)) for later in ({"seconds": 5}, {"days": 1}))

    assert identities(soon) == identities(missed)
    assert identities(next_day) != identities(missed)


def test_a_call_without_id_that_tells_its_time_is_known_by_its_bytes():
    missed = delivery({name: value for name, value in MISSED.items() if name != "call_id"})

    assert identities(replace(missed, received_at=AT + timedelta(days=1))) == identities(missed)


def test_nameless_events_of_one_delivery_stay_apart(monkeypatch):
    monkeypatch.setattr(PROVIDERS["generic"], "parse", lambda raw: [CallEvent("", "missed"), CallEvent("", "ended")])

    assert len(set(identities(delivery(MISSED)))) == 2


def test_long_call_ids_stay_apart():
    one, other = ({**MISSED, "call_id": "c" * 500 + end} for end in "ab")

    assert identities(delivery(one)) != identities(delivery(other))
    assert len(received(call_id="c" * 500).entry["call_id"]) == 200


# --- the growing entry --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "result"),
    [
        (["ringing"], "ringing"),
        (["ringing", "answered", "ended"], "answered"),
        (["ringing", "missed"], "missed"),
        (["ringing", "missed", "ended"], "missed"),
        (["missed", "answered"], "answered"),
        (["ringing", "missed", "voicemail", "ended"], "voicemail"),
        (["ringing", "ended"], "ended"),
        ([], "ringing"),
    ],
)
def test_a_call_ends_the_same_in_whatever_order_its_events_come(events, result):
    for order in permutations(events):
        assert call_result([{"event": event} for event in (*order, *order[:1])]) == result


def test_a_duration_says_answered_only_where_nothing_contradicts():
    assert call_result([{"event": "ended", "duration": 30}]) == "answered"
    assert call_result([{"event": "missed"}, {"event": "ended", "duration": 30}]) == "missed"


# --- every provider -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
@given(st.binary(max_size=200) | st.dictionaries(st.sampled_from(sorted(MISSED)), st.text() | st.integers() | st.none()
       | st.floats() | st.lists(st.integers())).map(lambda sent: json.dumps(sent).encode()))  # fmt: skip
def test_garbage_never_raises_and_is_kept(provider, body):
    raw = delivery(body, provider.name)
    inbound = read(raw, READING)

    assert inbound.raw == raw
    assert inbound.verdict is not None or inbound.values
    assert all(identity.encode() for identity in identities(raw))
    json.dumps(inbound.entry, ensure_ascii=False).encode()


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
def test_unsigned_deliveries_are_refused(provider):
    request = Request("POST", f"https://leads.example/hooks/{provider.name}/chn_demo", body=b"{}")

    assert provider.verify(request, {"key": "k" * 32}) is False
    assert provider.verify(request, {}) is False
    assert provider.verify(replace(request, query={"key": ""}), {"key": ""}) is False


@pytest.mark.parametrize("key", ["", "K" * 32, "k" * 31, "k" * 33, "ключ", "\ud800"])
def test_a_wrong_key_is_refused(key):
    request = Request("POST", "https://leads.example/hooks/generic/chn_demo", query={"key": key})

    assert PROVIDERS["generic"].verify(request, {"key": "k" * 32}) is False


def test_the_right_key_is_accepted():
    request = Request("POST", "https://leads.example/hooks/generic/chn_demo?key=k", query={"key": "k" * 32})

    assert PROVIDERS["generic"].verify(request, {"key": "k" * 32}) is True
