"""Captchas of others: whatever their provider says or does, there is a reason, and never an exception."""

from __future__ import annotations

import io
import json
import socket
import time
from typing import Any

import pytest

from chalicelib import log
from chalicelib.domain.form import Captcha
from chalicelib.outbound import captcha as providers
from chalicelib.outbound.captcha import LONGEST_ANSWER, LONGEST_PROOF, REASONS, check
from tests.captcha_provider import Provider

SECRET = "0x_secret_of_the_site"
TURNSTILE, HCAPTCHA = Captcha("turnstile", "site", SECRET), Captcha("hcaptcha", "site", SECRET)
HOSTS = ("kaefer.example", "*.shop.example")
GOOD = {"success": True, "challenge_ts": "2026-11-23T08:15:00Z", "hostname": "kaefer.example"}


def refused(*codes: str) -> dict[str, Any]:
    return {"success": False, "error-codes": list(codes)}


@pytest.mark.parametrize(
    ("captcha", "body", "reason"),
    [
        (TURNSTILE, GOOD, ""),
        (HCAPTCHA, GOOD, ""),
        (TURNSTILE, GOOD | {"hostname": "a.shop.example"}, ""),
        (TURNSTILE, GOOD | {"hostname": "evil.example"}, "captcha_wrong_host"),
        (HCAPTCHA, GOOD | {"hostname": "shop.example"}, "captcha_wrong_host"),
        (HCAPTCHA, {"success": True}, ""),
        (TURNSTILE, refused("timeout-or-duplicate"), "captcha_reused"),
        (HCAPTCHA, refused("already-seen-response"), "captcha_reused"),
        (HCAPTCHA, refused("expired-input-response"), "captcha_expired"),
        (TURNSTILE, refused("invalid-input-response"), "captcha_failed"),
        (TURNSTILE, refused("missing-input-response"), "captcha_missing"),
        (TURNSTILE, refused("invalid-input-secret"), "captcha_unavailable"),
        (HCAPTCHA, refused("sitekey-secret-mismatch"), "captcha_unavailable"),
        (TURNSTILE, refused("internal-error"), "captcha_unavailable"),
        (TURNSTILE, refused("something-new"), "captcha_failed"),
        (TURNSTILE, refused(), "captcha_failed"),
        (TURNSTILE, {"success": False, "error-codes": "x"}, "captcha_failed"),
        (TURNSTILE, {"success": "true"}, "captcha_unavailable"),
        (TURNSTILE, {}, "captcha_unavailable"),
        (TURNSTILE, [True], "captcha_unavailable"),
        (TURNSTILE, b"", "captcha_unavailable"),
        (TURNSTILE, b"<html>Bad gateway</html>", "captcha_unavailable"),
        (TURNSTILE, b"\xff\xfe\x00", "captcha_unavailable"),
        (TURNSTILE, b"[" * 50_000, "captcha_unavailable"),
        (TURNSTILE, json.dumps(GOOD).encode() + b" " * LONGEST_ANSWER, "captcha_unavailable"),
    ],
)
def test_what_a_provider_says_is_a_reason(provider: Provider, captcha: Captcha, body: object, reason: str) -> None:
    provider.body = body

    assert check(captcha, "proof", "frm_1:x", HOSTS) == reason


@pytest.mark.parametrize("status", [500, 502, 503, 301, 302, 307])
def test_a_provider_that_is_down_or_sends_elsewhere_is_unavailable(provider: Provider, status: int) -> None:
    provider.status, provider.body = status, b"" if status < 500 else GOOD
    provider.headers = {"Location": f"{provider.url}/elsewhere"} if status < 500 else {}

    assert check(TURNSTILE, "proof", "frm_1:x", HOSTS) == "captcha_unavailable"
    assert [path for path, _ in provider.asked] == ["/turnstile/v0/siteverify"]


def test_a_provider_is_asked_with_the_secret_and_nothing_of_the_visitor(provider: Provider) -> None:
    provider.body = GOOD

    check(HCAPTCHA, "proof", "frm_1:x", HOSTS)
    check(TURNSTILE, "proof", "frm_1:x", HOSTS)
    check(TURNSTILE, "proof", "frm_1:x", HOSTS)
    check(TURNSTILE, "proof", "frm_1:y", HOSTS)

    (hcaptcha, first, again, other) = provider.asked
    assert hcaptcha == ("/siteverify", {"secret": SECRET, "response": "proof"})
    assert first == again
    assert first[1].keys() == {"secret", "response", "idempotency_key"}
    assert other[1]["idempotency_key"] != first[1]["idempotency_key"]


def test_without_hosts_a_proof_may_come_from_anywhere(provider: Provider) -> None:
    provider.body = GOOD | {"hostname": "anywhere.example"}

    assert check(TURNSTILE, "proof", "frm_1:x", ()) == ""


def test_a_provider_that_does_not_answer_is_given_up(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "READ_TIMEOUT", 0.2)
    providers._connections.cache_clear()
    provider.silent_for, provider.body = 2, GOOD
    begun = time.monotonic()

    reason = check(TURNSTILE, "proof", "frm_1:x", HOSTS)

    assert (reason, len(provider.asked)) == ("captcha_unavailable", 1)
    assert time.monotonic() - begun < 1.5
    providers._connections.cache_clear()


def test_where_nobody_listens_it_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("LEADGER_HCAPTCHA_URL", f"http://127.0.0.1:{free.getsockname()[1]}")

    assert check(HCAPTCHA, "proof", "frm_1:x", HOSTS) == "captcha_unavailable"


def test_a_proof_that_is_far_too_long_is_not_passed_on(provider: Provider) -> None:
    assert check(TURNSTILE, "x" * (LONGEST_PROOF + 1), "frm_1:x", HOSTS) == "captcha_failed"
    assert check(Captcha("unheard-of"), "proof", "frm_1:x", HOSTS) == "captcha_unavailable"
    assert provider.asked == []


def test_neither_secret_nor_proof_is_in_the_log(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    logger = log._new_logger("test-captcha", written)
    monkeypatch.setattr(log, "_logger", lambda: logger)

    for body in (refused("invalid-input-secret", SECRET), b"nonsense", {"success": SECRET}):
        provider.body = body
        check(TURNSTILE, "proof-of-a-person", "frm_1:x", HOSTS)

    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["message"] for line in lines] == ["captcha_unusable", "captcha_not_asked", "captcha_unusable"]
    assert lines[0]["codes"] == ["invalid-input-secret"]
    assert SECRET not in written.getvalue()
    assert "proof-of-a-person" not in written.getvalue()


def test_every_reason_is_one_of_the_rules() -> None:
    from chalicelib.sources.form_guard import RULES

    assert set(REASONS.values()) <= RULES.keys()
