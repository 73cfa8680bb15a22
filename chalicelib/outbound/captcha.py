"""Captchas of others: whether a proof that a browser brings is good, asked of who gave it.

Turnstile: developers.cloudflare.com/turnstile/get-started/server-side-validation · hCaptcha: docs.hcaptcha.com,
*Verify the user response server side* (both read in 2026). Visitors' addresses are not passed on.
"""

from __future__ import annotations

import functools
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib import log, settings
from chalicelib.domain import origins
from chalicelib.domain.form import Captcha

#: Seconds.
CONNECT_TIMEOUT, READ_TIMEOUT = 3, 3
LONGEST_PROOF = 8_192
LONGEST_ANSWER = 64 * 1024

#: What a provider says against a proof → our reason. Whatever is said of our own request is not the visitor's fault.
REASONS: Mapping[str, str] = {
    "missing-input-response": "captcha_missing",
    "invalid-input-response": "captcha_failed",
    "timeout-or-duplicate": "captcha_reused",
    "already-seen-response": "captcha_reused",
    "expired-input-response": "captcha_expired",
    "missing-input-secret": "captcha_unavailable",
    "invalid-input-secret": "captcha_unavailable",
    "sitekey-secret-mismatch": "captcha_unavailable",
    "not-using-dummy-passcode": "captcha_unavailable",
    "bad-request": "captcha_unavailable",
    "internal-error": "captcha_unavailable",
}


@dataclass(frozen=True)
class Provider:
    """Who is asked.

    Attributes:
        path: behind the base address.
        base_url: without trailing slash.
        names_requests: it takes a name for the request, under which the same proof may be asked for again.
    """

    base_url: Callable[[], str]
    path: str
    names_requests: bool = False


PROVIDERS: Mapping[str, Provider] = {
    "turnstile": Provider(settings.turnstile_url, "/turnstile/v0/siteverify", names_requests=True),
    "hcaptcha": Provider(settings.hcaptcha_url, "/siteverify"),
}


def check(captcha: Captcha, proof: str, by: str, hosts: Iterable[str]) -> str:
    """What speaks against a proof: a reason, or nothing. Never raises.

    Args:
        by: names the submission: a retry of the same one may bring the same proof.
        hosts: that the proof may have been given on, see `origins`; none: any.
    """
    try:
        if len(proof) > LONGEST_PROOF:
            return "captcha_failed"
        answer = _asked(PROVIDERS[captcha.provider], captcha, proof, by)
    except Exception as error:
        log.failure("captcha_not_asked", error, provider=captcha.provider)
        return "captcha_unavailable"
    reason = _read(answer, tuple(hosts))
    if reason == "captcha_unavailable":
        known = [code for code in _codes(answer) if code in REASONS]
        log.event("captcha_unusable", provider=captcha.provider, codes=known)
    return reason


def _asked(provider: Provider, captcha: Captcha, proof: str, by: str) -> object:
    fields = {"secret": captcha.secret, "response": proof}
    if provider.names_requests:
        fields["idempotency_key"] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{by}\n{proof}"))
    answer = _connections().request(
        "POST",
        provider.base_url() + provider.path,
        fields=fields,
        encode_multipart=False,
        redirect=False,
        preload_content=False,
    )
    content = answer.read(LONGEST_ANSWER + 1)
    if len(content) > LONGEST_ANSWER:
        answer.close()
        return None
    answer.release_conn()
    return json.loads(content) if answer.status < 500 else None


def _read(answer: object, hosts: tuple[str, ...]) -> str:
    if not isinstance(answer, dict) or not isinstance(answer.get("success"), bool):
        return "captcha_unavailable"
    if not answer["success"]:
        codes = _codes(answer)
        return next((REASONS[code] for code in codes if code in REASONS), "captcha_failed")
    name = answer.get("hostname")
    known = not hosts or not isinstance(name, str) or origins.is_named(name, hosts)
    return "" if known else "captcha_wrong_host"


def _codes(answer: object) -> list[str]:
    found = answer.get("error-codes") if isinstance(answer, dict) else None
    return [code for code in found if isinstance(code, str)] if isinstance(found, list) else []


@functools.cache
def _connections() -> Any:
    """With the certificates that botocore brings; no proxy, no redirect, one more attempt where nothing was sent."""
    import urllib3
    from botocore.httpsession import get_cert_path

    return urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT),
        retries=urllib3.Retry(total=1, connect=1, read=0, status=0, other=0),
        ca_certs=get_cert_path(True),
        maxsize=4,
    )
