"""Hosts as people write them, and what they are told where it is none."""

from __future__ import annotations

import pytest

from chalicelib.domain.hosts import clean_host


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("www.example.de", "www.example.de"),
        (" WWW.Example.DE. ", "www.example.de"),
        ("*.Example.de", "*.example.de"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("intranet", "intranet"),
        ("my_shop.example.de", "my_shop.example.de"),
        ("Käfer.example", "xn--kfer-loa.example"),
        ("ka\u0308fer.example", "xn--kfer-loa.example"),
        # as browsers do since 2023 (UTS 46, non-transitional), not as Python's codec: strasse.example is another host
        ("straße.example", "xn--strae-oqa.example"),
        ("*.КАФЕ.рф", "*.xn--80akn5b.xn--p1ai"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("xn--kfer-loa.example", "xn--kfer-loa.example"),
    ],
)
def test_a_host_is_stored_as_browsers_name_it(written: str, host: str) -> None:
    assert clean_host(written) == (host, "")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "it is empty"),
        ("https://www.example.de/kontakt", "'https://' does not belong here; write www.example.de"),
        ("http://", "'http://' does not belong here; write www.example.de"),
        ("www.example.de/kontakt?a=b", "a path does not belong here; write www.example.de"),
        ("www.example.de\\@evil.example", "what stands in front of the @ does not belong here; write evil.example"),
        ("info@example.de", "what stands in front of the @ does not belong here; write example.de"),
        ("www.example.de:8443", "a port does not belong here: every port counts; write www.example.de"),
        ("example.de, example.at", "one host each; several are several elements of the list"),
        ("example.de example.at", "one host each; several are several elements of the list"),
        ("*", "an empty list allows all hosts"),
        ("www.*.de", "a * stands in front only: *.example.de is all below example.de"),
        ("*example.de", "a * stands in front only: *.example.de is all below example.de"),
        ("*.de", "all below 'de' is nobody's own; write *.example.de"),
        ("example..de", "a host consists of letters, digits and hyphens with dots between, like www.example.de"),
        ("-example.de", "a host consists of letters, digits and hyphens with dots between, like www.example.de"),
        ("a\u2100b.de", "a host consists of letters, digits and hyphens with dots between, like www.example.de"),
        ("x" * 64 + ".de", "a host consists of letters, digits and hyphens with dots between, like www.example.de"),
        ("a." * 130 + "de", "a host consists of letters, digits and hyphens with dots between, like www.example.de"),
        ("1.2.3", "a number at the end is that of an address like 192.0.2.1"),
        ("300.1.1.1", "a number at the end is that of an address like 192.0.2.1"),
        ("*.127.0.0.1", "a number at the end is that of an address like 192.0.2.1"),
    ],
)
def test_what_is_no_host_is_told_with_the_likely_mistake(written: str, why: str) -> None:
    assert clean_host(written) == ("", why)
