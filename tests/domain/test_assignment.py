"""Who gets a lead: by each mode, never who is away, and why."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.assignment import Assigned, Rule, available, choose, rule_for
from chalicelib.domain.user import User

NOW = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)
USERS = {name: User(f"usr_{name}", name) for name in "ABCDE"}
IDS = tuple(user.id for user in USERS.values())


def chosen(rule: Rule, count: int = 1, load: dict[str, int] | None = None, **others: User) -> list[str]:
    known = {user.id: user for user in (USERS | others).values()}
    turns = itertools.count()
    there = available(rule, known, NOW)
    made = [
        choose(rule, there, f"0J5Q2M8T{number:03}", turn=lambda: next(turns), load=load or {})
        for number in range(count)
    ]
    return [assigned.owner.removeprefix("usr_") if assigned else "-" for assigned in made]


def test_fixed_is_the_first_who_is_there() -> None:
    away = User("usr_A", "A", absent_until=NOW + timedelta(days=1))

    assert chosen(Rule("fixed", IDS), 2) == ["A", "A"]
    assert chosen(Rule("fixed", IDS), 2, A=away) == ["B", "B"]


def test_in_turn_goes_round() -> None:
    assert chosen(Rule("in_turn", IDS), 7) == ["A", "B", "C", "D", "E", "A", "B"]


def test_least_busy_is_who_has_least_to_do_and_of_equals_one_after_the_other() -> None:
    load = {"usr_A": 3, "usr_B": 1, "usr_C": 1, "usr_D": 9, "usr_E": 2}

    assert set(chosen(Rule("least_busy", IDS), 20, load)) == {"B", "C"}
    assert Counter(chosen(Rule("least_busy", IDS), 20)) == dict.fromkeys("ABCDE", 4)


def test_random_is_anybody_but_always_the_same_for_one_lead() -> None:
    counted = Counter(chosen(Rule("random", IDS), 1_000))

    assert set(counted) == set("ABCDE")
    assert min(counted.values()) > 130
    assert chosen(Rule("random", IDS), 50) == chosen(Rule("random", IDS), 50)


@pytest.mark.parametrize("mode", ["fixed", "in_turn", "least_busy", "random"])
def test_who_is_away_or_has_left_gets_nothing(mode: str) -> None:
    away = {"A": User("usr_A", "A", active=False), "B": User("usr_B", "B", absent_until=NOW + timedelta(seconds=1)),
            "C": User("usr_C", "C", absent_until=NOW), "D": User("usr_D", "D", active=False)}  # fmt: skip

    assert set(chosen(Rule(mode, (*IDS, "usr_gone")), 50, **away)) <= {"C", "E"}


def test_nobody_there_is_nobody_chosen() -> None:
    assert chosen(Rule("in_turn", ("usr_gone",))) == ["-"]


def test_the_reason_says_of_how_many_and_why() -> None:
    users = {user.id: user for user in USERS.values()} | {"usr_A": User("usr_A", "A", active=False)}
    rule = Rule("fixed", ("usr_A", "usr_B"), source="call")

    assert choose(rule, available(rule, users, NOW), "0", turn=lambda: 0, load={}) == Assigned(
        "usr_B", "fixed", "fixed for source 'call': one of 1; those before are away, 1 away"
    )


def test_a_rule_for_a_source_comes_before_the_one_for_all() -> None:
    setting = {"mode": "random", "users": ["usr_A"], "by_source": {"call": {"mode": "fixed", "users": ["usr_B"]}}}

    assert rule_for(setting, "call") == Rule("fixed", ("usr_B",), "call")
    assert rule_for(setting, "email") == Rule("random", ("usr_A",))
    assert rule_for({"by_source": setting["by_source"]}, "email") is None
    assert rule_for(None, "email") is None
