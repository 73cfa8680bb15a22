"""Where a visitor may be sent on to: each spelling that is allowed leads to an allowed host, as browsers read it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.redirects import LONGEST, allowed

HOSTS = ("kaefer.example", "*.shop.example", "müller.example", "localhost:3000")
#: As sent → as answered.
ALLOWED = {
    "https://kaefer.example/danke?form=1": "https://kaefer.example/danke?form=1",
    "http://kaefer.example/danke": "http://kaefer.example/danke",
    "https://kaefer.example": "https://kaefer.example",
    "HTTPS://KAEFER.EXAMPLE/Danke": "https://kaefer.example/Danke",
    "https://kaefer.example./danke": "https://kaefer.example/danke",
    "https://kaefer.example:443/danke": "https://kaefer.example/danke",
    "http://kaefer.example:80": "http://kaefer.example",
    "https://kaefer.example:8443/danke": "https://kaefer.example:8443/danke",
    "https://kaefer.example:/danke": "https://kaefer.example/danke",
    "https://kaefer.example?x=//evil.example": "https://kaefer.example?x=//evil.example",
    "https://kaefer.example#@evil.example": "https://kaefer.example#@evil.example",
    "https://kaefer.example/@evil.example": "https://kaefer.example/@evil.example",
    "https://kaefer.example//evil.example/": "https://kaefer.example//evil.example/",
    "https://kaefer.example/..//evil.example": "https://kaefer.example/..//evil.example",
    "https://kaefer.example/%0d%0aSet-Cookie:%20a=b": "https://kaefer.example/%0d%0aSet-Cookie:%20a=b",
    "https://kaefer.example/grüße?an=Jörg": "https://kaefer.example/gr%C3%BC%C3%9Fe?an=J%C3%B6rg",
    "https://kaefer.example/<script>": "https://kaefer.example/%3Cscript%3E",
    "https://kaefer.example/\ud800": "https://kaefer.example/?",
    "https://a.shop.example/danke": "https://a.shop.example/danke",
    "https://a.b.shop.example/": "https://a.b.shop.example/",
    "https://müller.example/": "https://xn--mller-kva.example/",
    "https://MU\u0308LLER.example/": "https://xn--mller-kva.example/",
    "https://xn--mller-kva.example/": "https://xn--mller-kva.example/",
    "https://\u212aaefer.example/": "https://kaefer.example/",  # the Kelvin sign, lower case: k
    "http://localhost:3000/danke": "http://localhost:3000/danke",
}
REFUSED = (
    "",
    "/f/frm_demo",
    "danke.html",
    "?danke",
    "//evil.example/",
    "//kaefer.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https:kaefer.example",
    "https:/kaefer.example",
    "https:///evil.example",
    "https:///kaefer.example",
    "https:////kaefer.example",
    "https:\\\\evil.example\\",
    "https:\\\\kaefer.example",
    "https://evil.example/danke",
    "https://evil.example/https://kaefer.example/",
    "https://evil.example?kaefer.example",
    "https://evil.example#kaefer.example",
    "https://evil.example\\@kaefer.example/",
    "https://evil.example\\.kaefer.example",
    "https://kaefer.example\\@evil.example",
    "https://kaefer.example\\.evil.example",
    "https://kaefer.example.evil.example/",
    "https://evilkaefer.example/",
    "https://kaefer.example@evil.example/",
    "https://kaefer.example:443@evil.example/",
    "https://user:pw@kaefer.example/",
    "https://@kaefer.example/",
    "https://:@kaefer.example/",
    "https://kaefer.example%40evil.example/",
    "https://kaefer.example%2eevil.example/",
    "https://kaefer%2eexample/",
    "https://kaefer.example%00.evil.example/",
    "https://kaefer.example%2f@evil.example",
    "https://kaefer.example%23@evil.example",
    "https://evil.example%2f.shop.example/",
    "https://evil.example/.shop.example",
    "https://evil.example\uff0f.shop.example/",
    "https://evil.example\u2044.shop.example/",
    "https://evil.example\uff1f.shop.example/",
    "https://evil.example\uff03.shop.example/",
    "https://evil.example\u3002shop.example/",
    "https://kaefer\u3002example/",
    "https://kaefer\uff0eexample/",
    "https://\uff4baefer.example/",
    "https://kae\u00adfer.example/",
    "https://kaefer.example\u200b/",
    "https://kaefer.example\u00a0.evil.example/",
    "https://\u202ekaefer.example/",
    "https://kaefer..example/",
    "https://kaefer.example../",
    "https://.kaefer.example/",
    "https://shop.example/",
    "https://.shop.example/",
    "https://*.shop.example/",
    "https://evilshop.example/",
    "https://kaefer.example:443.evil.example/",
    "https://kaefer.example:99999/",
    "https://kaefer.example:4_43/",
    "https://kaefer.example:４４３/",
    "http://localhost/",
    "https://localhost:3001/",
    "https://[::1",
    "https://[::1]/",
    "https://[kaefer.example]/",
    "https://127.1/",
    "https://2130706433/",
    "ftp://kaefer.example/",
    "file://kaefer.example/etc/passwd",
    "javascript:alert(1)//kaefer.example",
    "javascript://kaefer.example/%0Aalert(1)",
    "java\tscript://kaefer.example/",
    "data:text/html,<script>alert(1)</script>",
    "blob:https://kaefer.example/1",
    "view-source:https://kaefer.example/",
    "https://kaefer.example\r\nSet-Cookie: a=b",
    "https://kaefer.example/\r\nSet-Cookie: a=b",
    "https://kaefer.example/\u2028x",
    "https://kaefer.example/a b",
    "https://kaefer.example /",
    " https://kaefer.example/",
    "\x00https://kaefer.example/",
    "\x01https://evil.example/",
    "ht\ntps://kaefer.example/",
    "https://\tkaefer.example/",
    "https:/\t/evil.example/",
    "https://kaefer.example\t.evil.example/",
    "https://kaefer.example/\x7f",
    "https://kaefer.example/" + "a" * LONGEST,
    "https://" + "a." * 200 + "shop.example/",
)


@pytest.mark.parametrize(("target", "answered"), ALLOWED.items())
def test_an_address_on_a_host_of_the_form_is_allowed_and_written_anew(target: str, answered: str) -> None:
    assert allowed(target, HOSTS) == answered


@pytest.mark.parametrize("target", REFUSED)
def test_whatever_else_is_asked_for_is_no_address(target: str) -> None:
    assert allowed(target, HOSTS) == ""


def test_without_hosts_nobody_is_sent_anywhere() -> None:
    assert [target for target in ALLOWED if allowed(target, ())] == []


@given(st.one_of(st.text(max_size=60), st.sampled_from([*ALLOWED, *REFUSED]).flatmap(
    lambda text: st.tuples(st.integers(0, len(text)), st.characters()).map(
        lambda at: text[: at[0]] + at[1] + text[at[0] :]))))  # fmt: skip
def test_whatever_is_allowed_leads_to_an_allowed_host(target: str) -> None:
    answered = allowed(target, HOSTS)

    if answered:
        parts = urlsplit(answered)
        assert answered.isascii()
        assert not any(sign <= " " or sign in '\\<>"' for sign in answered)
        assert parts.scheme in ("http", "https")
        assert "@" not in parts.netloc
        assert parts.hostname
        assert parts.hostname in ("kaefer.example", "xn--mller-kva.example", "localhost") or parts.hostname.endswith(
            ".shop.example"
        )
