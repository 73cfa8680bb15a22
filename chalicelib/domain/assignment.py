"""Who gets a new lead: one, one after the other, who has least to do, anybody; never who is away.

`in_turn` takes a number that its caller counts up with every lead it gives away: a common counter would be an item
that every new lead has to write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import members
from chalicelib.domain.cleaning import Cleaned, below, wrong_type
from chalicelib.domain.errors import Problem
from chalicelib.domain.form import Form
from chalicelib.domain.paths import written
from chalicelib.domain.problems import problem
from chalicelib.domain.user import User

FIXED, IN_TURN, LEAST_BUSY, RANDOM = "fixed", "in_turn", "least_busy", "random"
MODES = (FIXED, IN_TURN, LEAST_BUSY, RANDOM)
MOST_USERS = 200


@dataclass(frozen=True)
class Rule:
    """One way to choose.

    Attributes:
        source: for whose leads it was made; None for all others.
        form: likewise, `frm_…`.
        users: ids in their order.
    """

    mode: str
    users: tuple[str, ...]
    source: str | None = None
    form: str | None = None


@dataclass(frozen=True)
class Assigned:
    """Who got a lead, and why."""

    owner: str
    mode: str
    reason: str

    @property
    def told(self) -> dict[str, str]:
        """As the timeline tells it."""
        return {"owner_id": self.owner, "mode": self.mode, "reason": self.reason}


def clean(value: object, is_user: Callable[[str], bool], is_source: Callable[[str], bool]) -> Cleaned:
    """The setting as it is stored. In `by_source` a user's id alone is a fixed one, a list of them goes by `mode`."""
    if not isinstance(value, Mapping):
        return None, [wrong_type(value, "an object")]
    by_source = value.get("by_source")
    rest = {name: each for name, each in value.items() if name != "by_source"}
    # without a rule for all, leads of other sources have no owner
    found, problems = clean_rule(rest, is_user) if rest or not by_source else ({}, [])
    if by_source is None:
        return (None, problems) if problems else (found, [])
    if not isinstance(by_source, Mapping):
        return None, [*problems, *below(".by_source", [wrong_type(by_source, "an object")])]
    rules = {}
    for source, given in by_source.items():
        place = f".{written(['by_source', source])}"
        if not is_source(source):
            problems.append(problem(place, "unknown_source", source))
            continue
        rules[source], wrong = clean_rule(_long_form(given, value.get("mode")), is_user)
        problems += below(place, wrong)
    return (None, problems) if problems else ({**found, "by_source": rules}, [])


def clean_rule(
    value: Mapping[str, object] | None, is_user: Callable[[str], bool]
) -> tuple[dict[str, Any], list[Problem]]:
    """One rule as it is stored: `{"mode", "users"}`."""
    if value is None:
        return {}, [problem("", "invalid_type", expected="an object, a user's id, or a list of them")]
    users = members.listed(lambda user: _user(user, is_user), MOST_USERS, unique="", shortest=1)
    found, problems = members.clean(value, {"mode": members.one_of(*MODES), "users": users}, needed=("mode", "users"))
    return found, below(".", problems)


def rule_for(setting: Mapping[str, Any] | None, source: str) -> Rule | None:
    """The rule that holds for leads of a source; None if nobody is to be chosen."""
    if not setting:
        return None
    own = setting.get("by_source", {}).get(source)
    chosen = own or setting
    if "mode" not in chosen:
        return None
    return Rule(chosen["mode"], tuple(chosen["users"]), source if own else None)


def rules_of_form(form: Form) -> list[Rule]:
    """Those that hold for a form's leads, before the workspace's: its owner, then its own rule."""
    owner = [Rule(FIXED, (form.owner,), form=form.id)] if form.owner else []
    own = [Rule(form.assignment["mode"], tuple(form.assignment["users"]), form=form.id)] if form.assignment else []
    return [*owner, *own]


def available(rule: Rule, users: Mapping[str, User], at: datetime) -> list[User]:
    """Those of the rule who are there now, in its order."""
    return [users[user] for user in rule.users if user in users and users[user].is_there(at)]


def choose(
    rule: Rule, there: Sequence[User], lead_id: str, *, turn: Callable[[], int], load: Mapping[str, int]
) -> Assigned | None:
    """Who gets the lead; None if nobody is there.

    Args:
        there: as `available` gives them.
        turn: the next number of whose turn it is; asked for only when one is used up.
        load: user → open leads; who is not named has none.
    """
    if not there:
        return None
    why = ""
    match rule.mode:
        case "fixed":
            chosen = there[0]
            if chosen.id != rule.users[0]:
                why = "; those before are away"
        case "in_turn":
            chosen = there[turn() % len(there)]
        case "least_busy":
            first = turn()
            # of equals not always the first in the list
            order = [there[(first + place) % len(there)] for place in range(len(there))]
            chosen = min(order, key=lambda user: load.get(user.id, 0))
            why = f" with {load.get(chosen.id, 0)} open leads"
        case _:
            chosen = there[_number_of(lead_id) % len(there)]
    away = len(rule.users) - len(there)
    for_whose = f" for source '{rule.source}'" if rule.source else f" for form '{rule.form}'" if rule.form else ""
    reason = f"{rule.mode}{for_whose}: one of {len(there)}{why}{f', {away} away' if away else ''}"
    return Assigned(chosen.id, rule.mode, reason)


def _long_form(given: object, mode: object) -> Mapping[str, object] | None:
    if isinstance(given, str):
        return {"mode": FIXED, "users": [given]}
    if isinstance(given, list):
        return {"mode": mode, "users": given}
    return {"mode": mode, **given} if isinstance(given, Mapping) else None


def _user(value: object, is_user: Callable[[str], bool]) -> Cleaned:
    if not isinstance(value, str):
        return None, [wrong_type(value, "a user's id")]
    return (value, []) if is_user(value) else (None, [problem("", "unknown_user", value)])


def _number_of(lead_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(lead_id.encode(), digest_size=8).digest(), "big")
