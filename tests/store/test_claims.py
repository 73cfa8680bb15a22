"""The one formula of the claims, as a table: what is added, what is taken off, and when a claim says no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib.domain.lead import Lead
from chalicelib.domain.matching import SHARED_AT, Claim, Identity
from chalicelib.store import claims, transport
from chalicelib.store.transport import Committed, Refused
from tests.faults.world import World

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PHONE, MAIL = Identity("phone", "+4917604069012"), Identity("email", "aenne@example.de")
OFFICE = Identity("phone", "+493012345678")
WITH_BOTH = {"phones": [{"e164": PHONE.value}], "emails": [{"address": "Aenne@Example.de"}]}

pytestmark = pytest.mark.usefixtures("world")


def lead(lead_id: str = "00000000001", values: Mapping[str, object] = WITH_BOTH, **changes: object) -> Lead:
    made = Lead(
        id=lead_id, version=1, origin="rcp_1", status="new", kind="open", status_changed_at=NOON, source="api",
        received_at=NOON, updated_at=NOON, values=values,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def commit(before: Lead | None, after: Lead | None, seen: Mapping[Identity, Claim] | None = None) -> object:
    return transport.transact(claims.follow(before, after, seen or {}))


def stored(*identities: Identity) -> dict[Identity, Claim]:
    found, _ = claims.read(identities or (PHONE, MAIL, OFFICE))
    return found


def holding(*leads: str, **more: object) -> Claim:
    return Claim(open_leads=frozenset(leads), **more)  # type: ignore[arg-type]


LET_GO = Claim(last_lead="00000000001", last_closed=NOON)
JUNK = {"status": "junk", "kind": "junk", "closed_at": NOON}
FORMULA = {
    "a new lead holds what it has": (None, {}, {PHONE: holding("00000000001"), MAIL: holding("00000000001")}),
    "an edit that touches neither changes nothing": (
        {}, {"owner": "usr_1"}, {PHONE: holding("00000000001"), MAIL: holding("00000000001")},
    ),
    "an edit takes off what is gone and adds what is new": (
        {}, {"values": {"phones": [{"e164": OFFICE.value}], "emails": WITH_BOTH["emails"]}},
        {PHONE: Claim(), MAIL: holding("00000000001"), OFFICE: holding("00000000001")},
    ),
    "junk lets go, and leaves its name": (
        {}, JUNK,
        {PHONE: LET_GO, MAIL: LET_GO},
    ),
    "deleted lets go": ({}, {"deleted_at": NOON}, {PHONE: Claim(), MAIL: Claim()}),
    "merged lets go": ({}, {"merged_into": "00000000002"}, {PHONE: Claim(), MAIL: Claim()}),
    "reopened holds again": (
        JUNK, {},
        {PHONE: holding("00000000001"), MAIL: holding("00000000001")},
    ),
    "restored holds again": ({"deleted_at": NOON}, {}, {PHONE: holding("00000000001"), MAIL: holding("00000000001")}),
}  # fmt: skip


@pytest.mark.parametrize("case", FORMULA)
def test_a_change_moves_exactly_what_the_lead_holds(case: str) -> None:
    before, after, expected = FORMULA[case]
    if before == {}:
        commit(None, lead())

    result = commit(None if before is None else lead(**before), lead(**after)) if case not in NOTHING else Committed()

    assert result == Committed()
    assert stored() == expected


#: Where held(after) = held(before) there is nothing to commit.
NOTHING = {"an edit that touches neither changes nothing"}


def test_an_edit_that_touches_neither_costs_nothing() -> None:
    assert claims.follow(lead(), lead(owner="usr_1"), {}) == []
    assert claims.follow(lead(kind="junk"), lead(kind="junk", values={}), {}) == []


@pytest.mark.parametrize(
    ("stands", "seen", "fits"),
    [
        pytest.param(None, None, True, id="free, taken for free"),
        pytest.param("A", None, False, id="held, taken for free"),
        pytest.param("A", holding("A"), True, id="held, and seen so"),
        pytest.param("B", holding("A"), False, id="held by another than seen"),
        pytest.param(None, holding("A"), False, id="let go since it was seen"),
        pytest.param("A", Claim(), False, id="seen as free, taken since"),
        pytest.param("contact", None, False, id="a contact's, taken for free"),
        pytest.param("contact", Claim(contact="C#1"), True, id="a contact's, and seen so"),
        pytest.param("contact", Claim(contact="C#2"), False, id="another contact's"),
        pytest.param("A", holding("A", contact="C#1"), False, id="a contact's no more"),
        pytest.param("shared", holding("A"), False, id="shared since it was seen"),
        pytest.param("shared", None, False, id="shared, taken for free"),
        pytest.param("last", None, True, id="free after somebody was closed"),
    ],
)
def test_an_addition_holds_only_while_the_claim_is_as_it_was_seen(
    stands: str | None, seen: Claim | None, fits: bool
) -> None:
    put(stands)
    only_phone = {"phones": [{"e164": PHONE.value}]}

    result = commit(None, lead("00000000009", only_phone), {PHONE: seen} if seen else {})

    if fits:
        assert result == Committed()
        assert "00000000009" in stored()[PHONE].open_leads
    else:
        assert isinstance(result, Refused)
        (name,) = result.found
        assert claims.identity_of(name) == PHONE
        # what came back is the claim as it stands: with it the next attempt fits
        assert claims.claim_of(result.found[name]) == stored().get(PHONE, Claim())


def put(stands: str | None) -> None:
    """A claim on the phone as it may be found."""
    states: dict[str, dict[str, object]] = {
        "A": {"open_leads": {"A"}},
        "B": {"open_leads": {"B"}},
        "contact": {"contact": "C#1"},
        "shared": {"open_leads": {"A"}, "shared": True},
        "last": {"last_lead": "A", "last_closed": "2026-11-23T12:00:00.000Z"},
    }
    if stands:
        transport.put({"pk": f"P#{PHONE.value}", "sk": "#", "type": "claim", **states[stands]})


def test_of_two_leads_with_one_phone_both_are_listed() -> None:
    commit(None, lead("00000000001"))

    commit(None, lead("00000000002"), stored())

    assert stored()[PHONE] == holding("00000000001", "00000000002")


@pytest.mark.parametrize(
    ("stands", "seen", "holds"),
    [
        pytest.param(None, None, True, id="free, and seen so"),
        pytest.param("last", None, True, id="free after somebody was closed"),
        pytest.param("A", None, False, id="taken since"),
        pytest.param("A", holding("A"), True, id="held, and seen so"),
        pytest.param(None, holding("A"), False, id="let go since"),
        pytest.param("contact", None, False, id="a contact's since"),
        pytest.param("shared", Claim(open_leads=frozenset("A"), shared=True), True, id="shared: decides nothing"),
    ],
)
def test_who_adds_nothing_can_still_depend_on_what_was_seen(
    stands: str | None, seen: Claim | None, holds: bool
) -> None:
    put(stands)
    checks = claims.unchanged([PHONE], {PHONE: seen} if seen else {})
    beside = transport.Put("receipt", {"pk": "R#1", "sk": "#", "type": "receipt"})

    result = transport.transact([*checks, beside])

    assert result == Committed() if holds else isinstance(result, Refused)
    assert stored(OFFICE) == {}


ONLY_PHONE = {"phones": [{"e164": PHONE.value}]}


def crowd(size: int) -> frozenset[str]:
    """So many open leads that hold the phone."""
    leads = frozenset(f"{number:011}" for number in range(size))
    transport.put({"pk": f"P#{PHONE.value}", "sk": "#", "type": "claim", "open_leads": leads})
    return leads


def test_the_fiftieth_open_lead_makes_a_value_shared_and_none_is_added_after_it() -> None:
    others = crowd(SHARED_AT - 1)

    fiftieth = commit(None, lead("0000000009A", ONLY_PHONE), stored())
    after = stored()[PHONE]

    assert fiftieth == Committed()
    assert (after.shared, after.open_leads) == (True, others | {"0000000009A"})
    assert claims.follow(None, lead("0000000009B", ONLY_PHONE), stored()) == []


def test_the_forty_ninth_open_lead_shares_nothing_yet() -> None:
    others = crowd(SHARED_AT - 2)

    commit(None, lead("0000000009A", ONLY_PHONE), stored())

    assert stored()[PHONE] == holding(*others, "0000000009A")


def test_a_crowd_that_came_at_once_is_marked_by_the_next() -> None:
    """Two that saw 48 make 50 without the mark."""
    others = crowd(SHARED_AT)

    one_more = commit(None, lead("0000000009A", ONLY_PHONE), stored())

    assert one_more == Committed()
    assert (stored()[PHONE].shared, stored()[PHONE].open_leads) == (True, others)


def test_a_call_back_task_stands_on_the_claim_once() -> None:
    only_phone = {"phones": [{"e164": PHONE.value}]}
    task, later, latest = ("00000000001" + letter * 11 for letter in "TUV")
    transport.transact(claims.follow(None, lead(values=only_phone), {}, {PHONE: task}))

    second = transport.transact([claims.call_back("00000000001", PHONE, later, None)])
    wrong_one = transport.transact([claims.called_back(PHONE, later)])
    done = transport.transact([claims.called_back(PHONE, task)])
    again = transport.transact([claims.call_back("00000000001", PHONE, latest, None)])

    assert isinstance(second, Refused)
    assert isinstance(wrong_one, Refused)
    assert (done, again) == (Committed(), Committed())
    assert stored()[PHONE].call_back == latest


def test_a_task_of_a_lead_that_is_closed_makes_room_for_a_new_one() -> None:
    only_phone = {"phones": [{"e164": PHONE.value}]}
    stale, task = "00000000001" + "T" * 11, "00000000002" + "U" * 11
    transport.transact(claims.follow(None, lead(values=only_phone), {}, {PHONE: stale}))
    transport.transact(claims.follow(lead(values=only_phone), lead(values=only_phone, **JUNK), stored()))

    transport.transact(claims.follow(None, lead("00000000002", only_phone), stored(), {PHONE: task}))

    assert stored()[PHONE].open_leads == {"00000000002"}
    assert stored()[PHONE].call_back == task


def test_a_task_is_noted_only_while_the_claim_lists_the_lead() -> None:
    assert isinstance(transport.transact([claims.call_back("00000000001", PHONE, "x" * 22, None)]), Refused)
    assert isinstance(transport.transact([claims.still_held("00000000001", PHONE)]), Refused)
    commit(None, lead())

    assert transport.transact([claims.still_held("00000000001", PHONE)]) == Committed()


def test_a_claim_is_known_by_the_name_of_its_action() -> None:
    for identity in (PHONE, MAIL, Identity("email", "a:b@example.de")):
        assert claims.identity_of(claims.name_of(identity)) == identity
    assert claims.identity_of("receipt") is None


def test_claims_and_pointers_are_read_in_one_request(world: World) -> None:
    from tests.meter import metered

    commit(None, lead())
    with metered() as cost:
        found, pointers = claims.read([PHONE, MAIL, OFFICE], ["call#chn_demo#c-1"])

    assert (set(found), pointers) == ({PHONE, MAIL}, {})
    assert cost.requests == 1
