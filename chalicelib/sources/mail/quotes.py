"""What is new in a mail: its text without what it quotes and without signature.

Works on lines, whatever the language; the tables know German and English well and the neighbours a little. When in
doubt a line stays: a quote too much is a nuisance, a sentence too little is an enquiry lost. The whole text is kept
beside it anyway.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Characters of a text looked at, of a line matched.
TEXT_LIMIT = 200_000
_LINE_LIMIT = 400
#: An attribution is broken over at most so many lines.
_ATTRIBUTION_LINES = 4

_ATTRIBUTION_START = re.compile(
    r"(?:Am|On|Le|El|Il|Op|Den|Em|Dnia|W dniu)\b|\w{2,3}\.?,|\d{1,4}[./-]|.{0,100}\b(?:schrieb|wrote)\b", re.I
)
_ATTRIBUTION_END = re.compile(
    r"(?:schrieb|wrote|a écrit|escribió|ha scritto|schreef|skrev|escreveu|napisał\(a\)|написал\w*|пишет)(?!\w)"
    r".{0,120}:\s*$",
    re.I,
)
#: An attribution says when, or which address: `Am Freitag schrieb ich Ihnen:` is a sentence.
_WHEN_OR_WHO = re.compile(r"\d{4}|\d{1,2}:\d{2}|@")
#: `-----Ursprüngliche Nachricht-----`, `---------- Forwarded message ---------`
_RULE = re.compile(
    r"-{2,}\s*(?:original message|original-nachricht|originalnachricht|ursprüngliche nachricht"
    r"|urspr(?:üngl)?\. ?nachricht|message d'origine|forwarded message|weitergeleitete nachricht"
    r"|antwort|исходное сообщение)\b.{0,60}-{2,}\s*$",
    re.I,
)
_UNDERSCORES = re.compile(r"_{8,}$")
#: The head of what is quoted, by Outlook, GMX and others: a line of it, and soon two more, one of them the subject.
#: `Von: Köln, An: Bonn, Datum: 3.12.` is what a mover's customer writes.
_HEAD_FIRST = re.compile(r"\*?(?:von|from|de|от|gesendet|sent|envoyé|отправлено)\s*:\*?\s*\S", re.I)
_HEAD_OTHER = re.compile(
    r"\*?(?:von|from|de|от|gesendet|sent|datum|date|an|to|cc|envoyé|à|отправлено|кому)\s*:\*?(?:\s|$)", re.I
)
_HEAD_SUBJECT = re.compile(r"\*?(?:betreff|subject|objet|тема)\s*:\*?(?:\s|$)", re.I)
#: Lines in which the others must stand.
_HEAD_LINES = 7
#: What telephones and web mailers add.
_ADDED_LINE = re.compile(
    r"(?:von meinem .{1,60} gesendet|gesendet von (?:meinem )?.{1,60}|gesendet mit .{1,60}|sent from .{1,60}|"
    r"get outlook for .{1,60}|outlook für .{1,60}(?:herunterladen|beziehen).{0,80}|"
    r"diese nachricht wurde von .{1,60} gesendet)[.!]?$",
    re.I,
)
_SIGNATURE = re.compile(r"--\s?$")


@dataclass(frozen=True)
class NewText:
    """What the sender wrote this time.

    Attributes:
        text: may be empty when nothing is new.
        has_quote: whether something was quoted or forwarded below.
    """

    text: str
    has_quote: bool


def new_text(text: str) -> NewText:
    """The text without quotes, attribution, signature and `Sent from my …`."""
    lines = [line.rstrip() for line in text[:TEXT_LIMIT].replace("\u00a0", " ").splitlines()]
    kept: list[str] = []
    has_quote = False
    position = 0
    while position < len(lines):
        line = lines[position].strip()[:_LINE_LIMIT]
        if line.startswith(">"):
            has_quote = True
        elif taken := _attribution(lines, position):
            has_quote = True
            if not _quote_follows(lines, position + taken):
                break  # all below is the quote, as web mailers write it
            position += taken - 1
        elif _begins_quote(lines, position):
            has_quote = True
            break
        elif _SIGNATURE.fullmatch(line) and kept:
            has_quote = has_quote or any(below.lstrip().startswith(">") for below in lines[position:])
            break
        elif not _ADDED_LINE.match(line):
            kept.append(lines[position])
        position += 1
    return NewText(_tidy(kept), has_quote)


def _attribution(lines: list[str], position: int) -> int:
    """How many lines the attribution takes that begins here: `Am 23.11.2026 um 08:15 schrieb Änne Öztürk:`; else 0."""
    first = lines[position].strip()
    if not first or not _ATTRIBUTION_START.match(first):
        return 0
    whole = ""
    for count, line in enumerate(lines[position : position + _ATTRIBUTION_LINES], start=1):
        if not line.strip():
            return 0
        whole = f"{whole} {line.strip()[:_LINE_LIMIT]}"
        if whole.endswith(":") and _is_attribution(whole):
            return count
    return 0


def _is_attribution(text: str) -> bool:
    if _ATTRIBUTION_END.search(text):
        return bool(_WHEN_OR_WHO.search(text))
    # `23.11.2026, 08:15, "Änne Öztürk" <aenne@example.de>:` without a verb
    return "@" in text and bool(re.search(r"\d{1,2}:\d{2}", text)) and bool(re.search(r"\d{4}", text))


def _quote_follows(lines: list[str], position: int) -> bool:
    below = next((line.strip() for line in lines[position:] if line.strip()), "")
    return below.startswith(">")


def _begins_quote(lines: list[str], position: int) -> bool:
    line = lines[position].strip()[:_LINE_LIMIT]
    if _RULE.match(line):
        return True
    if _UNDERSCORES.match(line):
        following = (below for below in range(position + 1, min(position + 4, len(lines))) if lines[below].strip())
        return _is_head(lines, next(following, len(lines)))
    return _is_head(lines, position)


def _is_head(lines: list[str], position: int) -> bool:
    if position >= len(lines) or not _HEAD_FIRST.match(lines[position].strip()[:_LINE_LIMIT]):
        return False
    below = [line.strip()[:_LINE_LIMIT] for line in lines[position + 1 : position + _HEAD_LINES]]
    return any(map(_HEAD_SUBJECT.match, below)) and any(map(_HEAD_OTHER.match, below))


def _tidy(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
