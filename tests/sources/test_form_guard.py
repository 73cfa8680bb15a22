"""The rules by which a form post is put aside."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from chalicelib.domain.form import Captcha, Form, Spam
from chalicelib.domain.inbound import Raw, Reading, Verdict
from chalicelib.sources.form_guard import RULES, Post, count_links, repeatable, senders, verdict
from chalicelib.sources.web_form import read

FORM = Form("frm_1", hosts=("kaefer.example", "*.kaefer.example"), spam=Spam(captcha=Captcha("altcha")))
GOOD = Post(False, ("Jörg Müßig", "Bitte um Rückruf"), {"captcha": "ok", "seconds": "12"})
#: Reason → a post that it alone applies to.
BROKEN = {
    "honeypot": replace(GOOD, honeypot=True),
    "bad_time": replace(GOOD, meta={**GOOD.meta, "seconds": "forged"}),
    "too_fast": replace(GOOD, meta={**GOOD.meta, "seconds": "0"}),
    "other_host": replace(GOOD, meta={**GOOD.meta, "origin": "https://evil.example"}),
    "repeated_text": replace(GOOD, meta={**GOOD.meta, "repeated_text": "yes"}),
    "many_links": replace(GOOD, values=("http://a.example " * 5,)),
    **{
        reason: replace(GOOD, meta={**GOOD.meta, "captcha": reason})
        for reason in RULES
        if reason.startswith("captcha_")
    },
}
#: Reason → the form with this rule switched off.
OFF = {
    "honeypot": replace(FORM, spam=replace(FORM.spam, honeypot=False)),
    "bad_time": replace(FORM, spam=replace(FORM.spam, least_seconds=0)),
    "too_fast": replace(FORM, spam=replace(FORM.spam, least_seconds=0)),
    "other_host": replace(FORM, hosts=()),
    "repeated_text": replace(FORM, spam=replace(FORM.spam, repeated_text=False)),
    "many_links": replace(FORM, spam=replace(FORM.spam, most_links=None)),
    **{reason: replace(FORM, spam=replace(FORM.spam, captcha=None)) for reason in BROKEN if "captcha" in reason},
}


def test_every_rule_is_tried() -> None:
    assert BROKEN.keys() == OFF.keys() == RULES.keys()


def test_nothing_speaks_against_what_a_person_sends() -> None:
    assert verdict(GOOD, FORM) is None


@pytest.mark.parametrize("reason", RULES)
def test_a_rule_says_its_reason(reason: str) -> None:
    assert verdict(BROKEN[reason], FORM) == Verdict("quarantined", reason, RULES[reason].detail)


@pytest.mark.parametrize("reason", RULES)
def test_a_rule_that_is_switched_off_says_nothing(reason: str) -> None:
    assert verdict(BROKEN[reason], OFF[reason]) is None


def test_of_several_the_strongest_is_the_reason_and_all_are_explained() -> None:
    found = verdict(replace(BROKEN["many_links"], honeypot=True), FORM)

    assert found == Verdict(
        "quarantined",
        "honeypot",
        "A field that people do not see was filled in. It has more links than the form allows.",
    )


@pytest.mark.parametrize(
    ("seconds", "is_spam"),
    [("0", True), ("1", False), ("2", False), ("3", False), ("86401", False), ("9" * 40, False), ("", False)],
)
def test_filled_in_faster_than_people_can(seconds: str, is_spam: bool) -> None:
    assert (verdict(replace(GOOD, meta={"captcha": "ok", "seconds": seconds}), FORM) is not None) is is_spam


@pytest.mark.parametrize(
    ("origin", "is_spam"),
    [
        ("https://kaefer.example", False),
        ("http://www.kaefer.example:8080", False),
        ("https://kaefer.example.evil.example", True),
        ("file://", True),
        ("chrome-extension://abc", True),
        ("", False),
    ],
)
def test_sent_from_a_page_on_another_host(origin: str, is_spam: bool) -> None:
    assert (verdict(replace(GOOD, meta={"captcha": "ok", "origin": origin}), FORM) is not None) is is_spam


def test_a_proof_that_nobody_looked_at_is_not_good() -> None:
    never_looked_at, unknown = (replace(GOOD, meta=meta) for meta in ({}, {"captcha": "whatever"}))

    assert verdict(never_looked_at, FORM) == verdict(unknown, FORM)
    assert verdict(unknown, FORM) == Verdict("quarantined", "captcha_unavailable", RULES["captcha_unavailable"].detail)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Bitte um Rückruf", 0),
        ("info@www.example", 0),
        ("joerg@example.de, example.de", 0),
        ("https://kaefer.example", 1),
        ("HTTP://KAEFER.EXAMPLE und ftp://b.example", 2),
        ("siehe www.kaefer.example.", 1),
        ("https://www.kaefer.example/www.html", 1),
        ('<a href="https://a.example">Uhren</a>', 1),
        ("<A\nHREF=//a.example>Uhren</A>", 1),
        ("[url=https://a.example]Uhren[/url]", 1),
        ("[URL]a.example[/URL]", 1),
        ("[link=a.example]x[/link]", 1),
        ("https://a.example,https://b.example", 1),
        ("https://a.example https://b.example\nhttps://c.example", 3),
        ("<abbr>", 0),
    ],
)
def test_links_are_counted_however_they_are_written(text: str, links: int) -> None:
    assert count_links([text]) == links


@pytest.mark.parametrize(("links", "is_spam"), [(3, False), (4, False), (5, True)])
def test_as_many_links_as_the_form_allows(links: int, is_spam: bool) -> None:
    values = tuple(f"https://{number}.example" for number in range(links))

    assert (verdict(replace(GOOD, values=values), FORM) is not None) is is_spam


@pytest.mark.parametrize(
    "text", ["<a " * 60_000, "[url=" * 60_000, "http://" * 60_000, "www." * 60_000, "[url] " * 60_000]
)
def test_counting_takes_time_in_proportion(text: str) -> None:
    def seconds(text: str) -> float:
        begun = time.process_time()
        count_links([text])
        return time.process_time() - begun

    half = min(seconds(text[: len(text) // 2]) for _ in range(3))

    assert min(seconds(text) for _ in range(3)) <= 2.6 * half + 0.02


@pytest.mark.parametrize(
    ("values", "compared"),
    [
        (("Jörg", "Kaufen Sie  JETZT\nhier: https://a.example"), "kaufen sie jetzt hier: https://a.example"),
        (("Kaufen Sie jetzt hier", "https://a.example"), ""),
        (("Jörg", "https://kaefer.example/objekt/4711"), ""),
        (("Zwei Worte https://a.example",), ""),
        ((), ""),
    ],
)
def test_a_text_is_compared_if_there_are_a_link_and_words_in_it(values: tuple[str, ...], compared: str) -> None:
    assert repeatable(values) == compared


def test_who_sent_it_is_told_by_ways_to_reach_him_else_by_name() -> None:
    by_mail = {"emails": ("A@example.de",), "phones": ("030 1",), "name": ("Jörg",)}

    assert senders(by_mail, "") == {"a@example.de", "030 1"}
    assert senders({"name": ("Jörg",), "company": "Käfer"}, "k1") == {"jörg", "käfer", "_key k1"}
    assert senders({}, "") == set()


def test_a_post_is_read_by_the_rules_of_its_form() -> None:
    def reason(form: Form | None, meta: dict[str, str], **fields: str) -> str | None:
        body = urlencode(fields).encode()
        raw = Raw("web_form", "frm_1", "x", datetime(2026, 11, 23, tzinfo=UTC), body, "", meta)
        found = read(raw, Reading(form=form)).verdict
        return found.reason if found else None

    lenient = Form("frm_1", spam=Spam(honeypot=False))
    assert reason(None, {}, name="Jörg", _hp="x") == "honeypot"
    assert reason(lenient, {}, name="Jörg", _hp="x") is None
    assert reason(FORM, {}, name="Jörg", _captcha="proof") == "captcha_unavailable"
    assert reason(lenient, {"seconds": "0"}, name="Jörg") == "too_fast"
    # which page it was sent from is no link of the visitor's
    pages = {"page_url": "https://a.example/" + "b" * 50, "referer_url": "https://c.example/"}
    links = " ".join(f"https://{number}.example" for number in range(4))
    assert reason(lenient, {}, name="Jörg", message=links, **pages) is None
    assert reason(lenient, {}, name="Jörg", message=links, website="https://5.example") == "many_links"
