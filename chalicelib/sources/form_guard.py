"""What makes a form post spam: a table of rules, each with its reason in words. Pure.

The rules see what was posted, and what the door noted in `Raw.meta` before the receipt: a replay decides the same.
Keys of it: `seconds` since the form was shown (or `forged`), `origin` of the page, `repeated_text`, `captcha` (`ok` or
what speaks against it), `address_hash`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from chalicelib.domain import origins
from chalicelib.domain.form import Form
from chalicelib.domain.inbound import Verdict

#: `meta["seconds"]` where the time that came along is none of ours.
FORGED = "forged"
YES = "yes"
#: `meta["captcha"]` where nothing speaks against the proof.
PROVEN = "ok"

#: Words beside the link that make a text.
FEWEST_WORDS = 3

#: A link: an address, a link of HTML or of a forum. One in a tag counts once; what it shows may count again.
_LINK = re.compile(
    r"<a\s[^>]{0,2000}|\[(?:url|link)(?:=|\]\s*)[^\s\[\]]{1,2000}|(?:https?|ftp)://[^\s<>\"'\[\]]{1,2000}"
    r"|(?<![\w@.])www\.[^\s<>\"'\[\]]{1,2000}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Post:
    """What the rules look at.

    Attributes:
        honeypot: a field that people do not see was filled in.
        values: of its fields, but of those that say which page it was sent from.
        meta: see the module.
    """

    honeypot: bool
    values: tuple[str, ...]
    meta: Mapping[str, str]


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        detail: the reason, a sentence for people.
        applies: whether it does; nothing is said where the form has switched it off.
    """

    detail: str
    applies: Callable[[Post, Form], bool]


def verdict(post: Post, form: Form) -> Verdict | None:
    """Why a post is put aside: the first reason, and all of them in words; None where nothing speaks against it."""
    found = {reason: rule.detail for reason, rule in RULES.items() if rule.applies(post, form)}
    return Verdict("quarantined", next(iter(found)), " ".join(found.values())) if found else None


def count_links(values: Iterable[str]) -> int:
    """How many links there are in some texts."""
    return sum(sum(1 for _ in _LINK.finditer(value)) for value in values)


def repeatable(values: Iterable[str]) -> str:
    """The longest text, if there are a link and words in it, in the form that it is compared in; else nothing.

    A link alone is what pages put into hidden fields: everybody sends the same.
    """
    longest = max(values, key=len, default="")
    without_links, links = _LINK.subn(" ", longest)
    return " ".join(longest.casefold().split()) if links and len(without_links.split()) >= FEWEST_WORDS else ""


def senders(values: Mapping[str, object], key: str) -> set[str]:
    """What tells who sent something from others: ways to reach him, else his names; and the key of the submission.

    Args:
        values: as of an Inbound.
        key: empty if it has none.
    """
    reach = _texts(values, "emails", "phones")
    found = reach or _texts(values, "name", "given_name", "family_name", "company")
    return found | ({f"_key {key}"} if key else set())


def _texts(values: Mapping[str, object], *fields: str) -> set[str]:
    found = [value for field in fields for value in _listed(values.get(field))]
    return {text.casefold().strip() for text in found[:6]}


def _listed(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, tuple) else ()


def _is_too_fast(post: Post, form: Form) -> bool:
    seconds = post.meta.get("seconds", "")
    return seconds.isdecimal() and int(seconds[:12]) < form.spam.least_seconds


def _has_many_links(post: Post, form: Form) -> bool:
    return form.spam.most_links is not None and count_links(post.values) > form.spam.most_links


def _is_of_another_host(post: Post, form: Form) -> bool:
    origin = post.meta.get("origin")
    if not form.hosts or not origin:
        return False
    place = origins.place(origin)
    return place is None or not origins.is_among(place, form.hosts)


def _captcha(reason: str) -> Callable[[Post, Form], bool]:
    return lambda post, form: form.spam.captcha is not None and _against(post.meta.get("captcha", "")) == reason


def _against(noted: str) -> str:
    """What was never looked at, since the settings could not be read when it came, was not found good."""
    return noted if noted == PROVEN or noted in RULES else "captcha_unavailable"


#: Reason → rule, the strongest first. Reasons are part of the contract.
RULES: Mapping[str, Rule] = {
    "honeypot": Rule(
        "A field that people do not see was filled in.", lambda post, form: form.spam.honeypot and post.honeypot
    ),
    "bad_time": Rule(
        "The time at which the form was shown is forged.",
        lambda post, form: form.spam.least_seconds > 0 and post.meta.get("seconds") == FORGED,
    ),
    "too_fast": Rule("It was filled in faster than people can.", _is_too_fast),
    "other_host": Rule("It was sent from a page on another host than those of the form.", _is_of_another_host),
    "captcha_missing": Rule("It came without the captcha's proof.", _captcha("captcha_missing")),
    "captcha_failed": Rule("The captcha's proof is not right.", _captcha("captcha_failed")),
    "captcha_reused": Rule("The captcha's proof was used before, or came too late.", _captcha("captcha_reused")),
    "captcha_expired": Rule("The captcha's proof was too old.", _captcha("captcha_expired")),
    "captcha_wrong_host": Rule(
        "The captcha's proof was given on another host than those of the form.", _captcha("captcha_wrong_host")
    ),
    "captcha_unavailable": Rule(
        "Whoever checks the captcha's proof could not be asked.", _captcha("captcha_unavailable")
    ),
    "repeated_text": Rule(
        "The same text with a link came from somebody else within a day.",
        lambda post, form: form.spam.repeated_text and post.meta.get("repeated_text") == YES,
    ),
    "many_links": Rule("It has more links than the form allows.", _has_many_links),
}
