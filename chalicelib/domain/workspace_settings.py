"""What a workspace can set, and what each setting may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.domain import assignment, members
from chalicelib.domain.cleaning import Cleaned, Way, read_text
from chalicelib.domain.codes import COUNTRIES, CURRENCIES, LANGUAGES
from chalicelib.domain.emails import email_key
from chalicelib.domain.errors import Invalid
from chalicelib.domain.field_types import Date, Phone
from chalicelib.domain.members import Rule
from chalicelib.domain.problems import problem

MOST_LISTED = 1_000
MOST_REASONS, MOST_SECTIONS, MOST_LANGUAGES = 100, 50, 20
#: Ids of reasons and sections; a time of day.
NAMED_ID, TIME = "[A-Za-z0-9_-]{1,40}", "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
MODES = ("classic",)
REPEAT_LEADS, AFTER_JUNK = ("lead", "timeline"), ("new", "reopen")
#: Source → what may happen by it with someone who has an open lead; what is planned is refused as such.
ON_DUPLICATE = {
    **dict.fromkeys(("web_form", "csv", "email", "call", "ads"), ("create", "attach", "update", "overwrite")),
    **dict.fromkeys(("api", "manual"), ("create", "attach", "update", "overwrite", "reject")),
}
PLANNED = ("skip",)
#: Days for which something may be kept.
SHORTEST, LONGEST = 1, 36_500
KEPT_FOR = ("junk_leads_days", "receipts_days")
_HOURS = ("days", "from", "until")
#: Setting → the members it has, of those that are objects.
_MEMBERS = {
    "business_hours": _HOURS,
    "on_duplicate": tuple(ON_DUPLICATE),
    "retention": KEPT_FOR,
    "assignment": ("mode", "users", "by_source"),
}


@dataclass(frozen=True)
class Surroundings:
    """What settings may refer to: whether there is a user, a source of an id."""

    is_user: Callable[[str], bool]
    is_source: Callable[[str], bool]


def patched(
    stored: Mapping[str, Any], defaults: Mapping[str, Any], patch: Mapping[str, Any], version: int, around: Surroundings
) -> dict[str, Any]:
    """The stored settings with a merge patch applied; null brings a default back.

    Args:
        stored: those that are not as by default.
        version: of the settings; read-only.
    Raises:
        Invalid: with all problems.
    """
    current = {**defaults, **stored}
    region = patch.get("default_region") or current["default_region"]
    rules = {name: _merging(name, rule, current[name]) for name, rule in _rules(str(region), around).items()}
    values, problems = members.clean(patch, rules, kept={**current, "version": version})
    if problems:
        raise Invalid(problems)
    result = dict(stored)
    for name, value in values.items():
        if value is None:
            result.pop(name, None)
        elif value != current[name]:
            result[name] = value
    return result


def _merging(name: str, rule: Rule, current: object) -> Rule:
    def merging(value: object) -> Cleaned:
        if value is None:
            return None, []
        after = members.merged(current, value)
        if isinstance(value, Mapping) and isinstance(after, Mapping) and name in _MEMBERS:
            # null would take away what cannot be there: left in, the rule says that it is unknown
            after = {**after, **{each: value[each] for each in value if each not in _MEMBERS[name]}}
        return rule(after)

    return merging


def _rules(region: str, around: Surroundings) -> dict[str, Rule]:
    named = members.shaped({"id": members.matching(NAMED_ID), "name": members.text()}, ("id", "name"))
    return {
        "mode": _mode,
        "default_region": _among(COUNTRIES, "invalid_country"),
        "currency": _among(CURRENCIES, "invalid_currency"),
        "time_zone": _time_zone,
        "business_hours": _business_hours,
        "holidays": members.listed(_day, MOST_LISTED, unique=""),
        "languages": members.listed(_language, MOST_LANGUAGES, unique="", shortest=1),
        "lost_reasons": members.listed(named, MOST_REASONS, unique="id", shortest=1),
        "sections": members.listed(named, MOST_SECTIONS, unique="id"),
        "on_duplicate": members.shaped({source: _policy(source) for source in ON_DUPLICATE}),
        "repeat_leads": members.one_of(*REPEAT_LEADS),
        "after_junk": members.one_of(*AFTER_JUNK),
        "retention": members.shaped({name: members.whole(SHORTEST, LONGEST) for name in KEPT_FOR}),
        "own_domains": members.listed(_domain, MOST_LISTED, unique=""),
        "own_addresses": members.listed(_address, MOST_LISTED, unique=""),
        "our_numbers": members.listed(lambda value: Phone().clean(value, Way(region=region)), MOST_LISTED, unique=""),
        "assignment": lambda value: assignment.clean(value, around.is_user, around.is_source),
    }


def _mode(value: object) -> Cleaned:
    if value == "simple":
        return None, [problem("", "unsupported", value, what="the simple mode needs contacts and deals")]
    return members.one_of(*MODES)(value)


def _policy(source: str) -> Rule:
    allowed = ON_DUPLICATE[source]

    def rule(value: object) -> Cleaned:
        if isinstance(value, str) and value in PLANNED:
            return None, [problem("", "unsupported", value, what=f"'{value}' comes later")]
        return members.one_of(*allowed)(value)

    return rule


def _among(codes: object, code: str) -> Rule:
    assert isinstance(codes, set | frozenset | Mapping | tuple)

    def rule(value: object) -> Cleaned:
        text, problems = read_text(value, Way())
        if not text:
            return None, problems or [problem("", "required")]
        # `ß` is not the country `SS`
        known = text.isascii() and text.upper() in codes
        return (text.upper(), []) if known else (None, [problem("", code, value)])

    return rule


def _language(value: object) -> Cleaned:
    text, problems = read_text(value, Way())
    return (text, []) if text in LANGUAGES else (None, problems or [problem("", "invalid_language", value)])


def _time_zone(value: object) -> Cleaned:
    text, problems = read_text(value, Way())
    if not text:
        return None, problems or [problem("", "required")]
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        return None, [problem("", "invalid_time_zone", value)]
    return text, []


def _business_hours(value: object) -> Cleaned:
    time = members.matching(TIME, "invalid_time")
    days = members.listed(members.whole(0, 6), 7, unique="")
    hours, problems = members.shaped({"days": days, "from": time, "until": time}, _HOURS)(value)
    if not problems and hours["from"] >= hours["until"]:
        problems = [problem(".until", "out_of_range", hours["until"], range="what comes after 'from'")]
    return (None, problems) if problems else ({**hours, "days": sorted(hours["days"])}, [])


def _day(value: object) -> Cleaned:
    return Date().clean(value, Way())


def _domain(value: object) -> Cleaned:
    return _lowered(value, members.matching(r"(?=.{1,253}$)[^\s@/:.]+(?:\.[^\s@/:.]+)+", "invalid_domain"))


def _address(value: object) -> Cleaned:
    address, problems = members.email(value)
    return (email_key(address) if address else None), problems


def _lowered(value: object, rule: Rule) -> Cleaned:
    text, problems = rule(value)
    return (text.lower() if text else None), problems
