"""Pages about the API itself. `type` of every problem leads to one of them."""

from __future__ import annotations

import re
from html import escape

from chalicelib.api.http import PUBLIC, Answer, Door, Request, page
from chalicelib.api.problem_codes import CODES

door = Door()

_HEAD = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Problems</title></head>
<body>
<h1>Problems</h1>
"""


@door.get("/docs/problems", scope=PUBLIC)
def show_problems(request: Request) -> Answer:
    """What every problem code means; one anchor a code."""
    sections = (
        f'<h2 id="{code}">{escape(explanation.title)}</h2>\n'
        f"<p><code>{code}</code></p>\n<p>{_html(explanation.text)}</p>\n"
        for code, explanation in CODES.items()
    )
    return page(_HEAD + "".join(sections) + "</body>\n</html>\n")


def _html(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
