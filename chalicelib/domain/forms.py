"""Definitions of website forms: what each member may be, how they change, and how they are shown. See `domain.form`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from chalicelib.domain import assignment, members
from chalicelib.domain.cleaning import Cleaned, Way, below, read_text, step, wrong_type
from chalicelib.domain.codes import COUNTRIES
from chalicelib.domain.errors import Invalid, Problem
from chalicelib.domain.field_types import LONG_TEXT, URL
from chalicelib.domain.form import Captcha, Form, FormField, of_record
from chalicelib.domain.form_fields import Surroundings, fields, target, text
from chalicelib.domain.hosts import clean_host
from chalicelib.domain.pipeline import OPEN
from chalicelib.domain.problems import problem
from chalicelib.domain.times import rfc3339

MOST_CONSENTS, MOST_HOSTS, MOST_MAPPED = 20, 100, 200
LONGEST_CONSENT, LONGEST_TEXT, LONGEST_MAPPED = 5_000, 5_000, 255
CONSENT_ID = "[A-Za-z0-9_-]{1,40}"
#: Words of a form that its owner can choose → several lines.
TEXTS = {"title": False, "intro": True, "send": False, "thanks_title": False, "thanks": True}
ALTCHA = "altcha"
PROVIDERS = (ALTCHA, "turnstile", "hcaptcha")
#: Member of `spam` → first and last number it can be.
NUMBERS = {
    "least_seconds": (0, 3_600),
    "most_links": (0, 1_000),
    "per_minute": (1, 10_000),
    "at_most_per_minute": (1, 100_000),
}
#: Those that null switches off.
SWITCHED_OFF = frozenset({"most_links", "per_minute"})
#: Stored, not shown: the last versions of consents that are gone, so that none of theirs is used again.
GONE = "consents_gone"


def new(body: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:
    """The record of a new form. Raises Invalid with all problems."""
    return _patched({}, body, around, None)


def changed(record: Mapping[str, Any], patch: Mapping[str, Any], form: Mapping[str, Any], around: Surroundings) -> Any:
    """The record with a merge patch applied; what is sent back as it is shown is not looked at.

    Args:
        form: as it is shown.
    Raises:
        Invalid: with all problems.
    """
    said = {name: each for name, each in patch.items() if name not in form or not _is_the_same(each, form[name])}
    return _patched(record, said, around, form)


def _is_the_same(sent: object, kept: object) -> bool:
    """As JSON, where 1 is not true."""
    return json.dumps(sent, sort_keys=True) == json.dumps(kept, sort_keys=True)


def shown(form: Form, base_url: str) -> dict[str, Any]:
    """A form as the API shows it.

    Args:
        base_url: what our paths come after.
    """
    spam = {**asdict(form.spam), "captcha": _shown_captcha(form.spam.captcha)}
    return {
        "id": form.id,
        "name": form.name,
        "active": form.active,
        "fields": [_shown_field(each) for each in form.fields],
        "texts": form.texts,
        "consents": [asdict(each) for each in form.consents],
        "redirect_url": form.redirect_url or None,
        "hosts": list(form.hosts),
        "owner_id": form.owner,
        "assignment": form.assignment,
        "source": form.source,
        "status": form.status,
        "default_region": form.default_region or None,
        "mapping": form.mapping,
        "spam": spam,
        "url": f"{base_url}/f/{form.id}",
        "version": form.version,
        "created_at": rfc3339(form.created_at) if form.created_at else None,
        "updated_at": rfc3339(form.updated_at) if form.updated_at else None,
    }


def _shown_field(field: FormField) -> dict[str, Any]:
    words = {name: getattr(field, name) or None for name in ("label", "preset", "placeholder")}
    condition = asdict(field.show_if) if field.show_if else None
    return {"field": field.field, "required": field.required, "hidden": field.hidden, **words, "show_if": condition}


def _shown_captcha(captcha: Captcha | None) -> dict[str, Any] | None:
    if captcha is None:
        return None
    return {
        "provider": captcha.provider,
        "site_key": captcha.site_key or None,
        "has_secret": bool(captcha.secret),
    }


def _patched(
    record: Mapping[str, Any], patch: Mapping[str, Any], around: Surroundings, form: Mapping[str, Any] | None
) -> dict[str, Any]:
    rules: dict[str, members.Rule] = {
        "name": members.text(),
        "active": members.flag,
        "fields": fields(around),
        "texts": lambda value: _texts(value, record.get("texts", {}), around),
        "consents": _consents(around, record.get("consents", [])),
        "redirect_url": _redirect,
        "hosts": members.listed(_host, MOST_HOSTS, unique=""),
        "owner_id": lambda value: _known(value, around.is_user, "unknown_user"),
        "assignment": lambda value: _assignment(value, record.get("assignment"), around),
        "source": lambda value: _known(value, around.is_source, "unknown_source"),
        "status": lambda value: _status(value, around),
        "default_region": _region,
        "mapping": lambda value: _mapping(value, record.get("mapping", {}), around),
        "spam": lambda value: _spam(value, record.get("spam", {}), around.new_secret),
    }
    values, problems = members.clean(patch, rules, needed=("name",), kept=form)
    if problems:
        raise Invalid(problems)
    after = {**record, **values}
    if "consents" in values:
        after["consents"], after[GONE] = _versions(values["consents"] or [], record)
    return {name: value for name, value in after.items() if value is not None and value not in ({}, [])}


def _texts(value: object, current: Mapping[str, Any], around: Surroundings) -> Cleaned:
    if value is None:
        return None, []
    if not isinstance(value, Mapping):
        return None, [wrong_type(value, "an object of texts")]
    rules = {
        name: text(around.languages, LONGEST_TEXT, LONG_TEXT) if long else text(around.languages)
        for name, long in TEXTS.items()
    }
    patch = {name: members.merged(current.get(name), each) if name in TEXTS else each for name, each in value.items()}
    found, problems = members.clean(patch, rules)
    return (None, below(".", problems)) if problems else (_applied(current, found) or None, [])


def _applied(current: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """Members with what was found of some; None takes away."""
    return {name: each for name, each in {**current, **found}.items() if each is not None}


def _consents(around: Surroundings, before: list[dict[str, Any]]) -> members.Rule:
    current = {each["id"]: each.get("version", 1) for each in before}
    shape = members.shaped(
        {
            "id": members.matching(CONSENT_ID),
            "text": text(around.languages, LONGEST_CONSENT, LONG_TEXT),
            "required": members.flag,
            "version": members.whole(1, 1_000_000),
        },
        needed=("id", "text"),
    )

    def one(value: object) -> Cleaned:
        found, problems = shape(value)
        version = (found or {}).pop("version", None)
        if version is not None and version != current.get(found["id"], 1):
            problems = [problem(".version", "read_only", version)]
        return (None, problems) if problems else (found, [])

    return members.listed(one, MOST_CONSENTS, unique="id")


def _versions(consents: list[dict[str, Any]], record: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The consents with their versions, and the last versions of those that are gone: another text, another version."""
    before = {each["id"]: each for each in record.get("consents", [])}
    gone = dict(record.get(GONE, {}))
    result = []
    for consent in consents:
        old = before.get(consent["id"])
        last = old.get("version", 1) if old else gone.pop(consent["id"], 0)
        same = old is not None and old["text"] == consent["text"]
        result.append({**consent, "version": last if same else last + 1})
    left = before.keys() - {each["id"] for each in consents}
    return result, gone | {name: before[name].get("version", 1) for name in sorted(left)}


def _redirect(value: object) -> Cleaned:
    address, problems = URL.clean(value, Way())
    if address is None:
        return None, problems
    scheme, _, rest = address.partition("://")
    authority, slash, path = re.match(r"([^/?#]*)([/?#]?)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    host, colon, port = authority.partition(":")
    name, why = clean_host(host)
    if "@" in authority or why or "*" in host:
        return None, [problem("", "invalid_url", value)]
    return f"{scheme.lower()}://{name}{colon}{port}{slash}{path}", []


def _host(value: object) -> Cleaned:
    given, problems = read_text(value, Way())
    if given is None:
        return None, problems
    host, why = clean_host(given)
    return (None, [problem("", "invalid_host", given, why=why)]) if why else (host, [])


def _known(value: object, is_known: Any, code: str) -> Cleaned:
    given, problems = read_text(value, Way())
    if not given:
        return None, problems
    return (given, []) if is_known(given) else (None, [problem("", code, given)])


def _assignment(value: object, current: Mapping[str, Any] | None, around: Surroundings) -> Cleaned:
    if not isinstance(value, Mapping):
        return (None, []) if value is None else (None, [wrong_type(value, "an object")])
    return assignment.clean_rule({**(current or {}), **value}, around.is_user)


def _status(value: object, around: Surroundings) -> Cleaned:
    given, problems = read_text(value, Way())
    if not given:
        return None, problems
    status = around.status(given)
    if status is None:
        return None, [problem("", "unknown_status", given)]
    if status.kind != OPEN:
        choices = ", ".join(each.id for each in around.statuses if each.kind == OPEN)
        return None, [problem("", "invalid_choice", given, choices=choices)]
    return given, []


def _region(value: object) -> Cleaned:
    given, problems = read_text(value, Way())
    if not given:
        return None, problems
    return (given.upper(), []) if given.upper() in COUNTRIES else (None, [problem("", "invalid_country", given)])


def _mapping(value: object, current: Mapping[str, str], around: Surroundings) -> Cleaned:
    """Field of a post → lead field; empty keeps it on the timeline only, null takes it away."""
    if value is None:
        return None, []
    if not isinstance(value, Mapping):
        return None, [wrong_type(value, "an object of texts")]
    writable = target(around)
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, each in value.items():
        wrong: list[Problem] = []
        if each is None or each == "":
            found[name] = each
        elif name.startswith("_") or len(name) > LONGEST_MAPPED:
            wrong = [problem("", "invalid_name", name)]
        else:
            found[name], wrong = writable(each)
        problems += below(step(name), wrong)
    after = _applied(current, found)
    if len(after) > MOST_MAPPED:
        problems.append(problem("", "too_many", limit=MOST_MAPPED))
    return (None, problems) if problems else (after or None, [])


def _spam(value: object, current: Mapping[str, Any], new_secret: str) -> Cleaned:
    if value is None:
        return None, []
    if not isinstance(value, Mapping):
        return None, [wrong_type(value, "an object")]
    rules: dict[str, members.Rule] = {
        "honeypot": members.flag,
        "repeated_text": members.flag,
        **{name: members.whole(*between) for name, between in NUMBERS.items()},
        "captcha": lambda each: _captcha(each, current.get("captcha") or {}, new_secret),
    }
    found, problems = members.clean(value, rules)
    problems = below(".", problems)
    after = {**current, **found}
    after = {name: each for name, each in after.items() if each is not None or name in SWITCHED_OFF}
    whole = of_record("", {"spam": after}).spam if not problems else None
    if whole and whole.per_minute is not None and whole.at_most_per_minute < whole.per_minute:
        least = f"per_minute ({whole.per_minute}) and more"
        problems.append(problem(".at_most_per_minute", "out_of_range", whole.at_most_per_minute, range=least))
    return (None, problems) if problems else (after or None, [])


def _captcha(value: object, current: Mapping[str, Any], new_secret: str) -> Cleaned:
    if value is None:
        return None, []
    if not isinstance(value, Mapping):
        return None, [wrong_type(value, "an object")]
    has_secret = bool(current.get("secret"))
    rules: dict[str, members.Rule] = {
        "provider": members.one_of(*PROVIDERS),
        "site_key": members.text(),
        "secret": members.text(200),
        "has_secret": lambda each: (None, [] if each is has_secret else [problem("", "read_only", each)]),
    }
    found, problems = members.clean({"provider": current.get("provider"), **value}, rules, needed=("provider",))
    if problems:
        return None, below(".", problems)
    # another provider's keys are of no use
    after = _applied(current if found["provider"] == current.get("provider") else {}, found)
    if after["provider"] == ALTCHA:
        if "site_key" in after:
            return None, [problem(".site_key", "invalid_value", after["site_key"])]
        return {"secret": new_secret, **after}, []
    missing = [problem(f".{name}", "required") for name in ("site_key", "secret") if name not in after]
    return (None, missing) if missing else (after, [])
