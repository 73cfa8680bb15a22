"""Pages about the API itself: the OpenAPI document, a page that renders it, and what every problem code means."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

import orjson

from chalicelib import settings
from chalicelib.api.http import PUBLIC, Answer, Door, Request, page, see_other
from chalicelib.api.problem_codes import CODES
from chalicelib.domain.errors import NotFound

door = Door()

#: Name in the address → media type. The two large ones come with Powertools, whose wheel holds Swagger UI.
ASSETS: Mapping[str, str] = {
    "swagger-ui-bundle.min.js": "text/javascript; charset=utf-8",
    "swagger-ui.min.css": "text/css; charset=utf-8",
    "start.js": "text/javascript; charset=utf-8",
}
#: Assets change with a deployment only; the ETag makes asking again cheap.
CACHED = "public, max-age=86400"
#: The document changes with a deployment, and clients are generated from it.
CACHED_BRIEFLY = "public, max-age=300"
#: Images are icons in the style sheet; requests go to this API only.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

#: Its addresses are relative: a stage or a base path may stand before `/docs`.
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Leadger API</title>
<link rel="stylesheet" href="docs/assets/swagger-ui.min.css"></head>
<body>
<div id="swagger-ui"></div>
<noscript><p>This page needs JavaScript; the <a href="openapi.json">document</a> itself does not.</p></noscript>
<script src="docs/assets/swagger-ui-bundle.min.js"></script>
<script src="docs/assets/start.js"></script>
</body>
</html>
"""
#: A file of its own, because a script in the page would need a weaker policy. The key stays in the page's memory.
_START = """"use strict";
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  persistAuthorization: false,
});
"""
_PROBLEMS_HEAD = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Problems</title></head>
<body>
<h1>Problems</h1>
"""


@door.get("/openapi.json", scope=PUBLIC)
def show_document(request: Request) -> Answer:
    """This document: OpenAPI 3.1 of every operation."""
    body = _document()
    return Answer(body, headers=_cached(body, CACHED_BRIEFLY))


@door.get("/docs", scope=PUBLIC)
def show(request: Request) -> Answer:
    """The document as a page to read and try out; a setting takes it away."""
    _check_shown()
    if request.path.endswith("/"):  # the gateway passes over it, relative addresses do not
        return see_other("/docs")
    return page(_PAGE, headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"})


@door.get("/docs/assets/{asset}", scope=PUBLIC)
def show_asset(request: Request, asset: str) -> Answer:
    """A script or style sheet of the page."""
    _check_shown()
    if asset not in ASSETS:
        raise NotFound("There is no such file")
    text = _asset(asset)
    return Answer(text, content_type=ASSETS[asset], headers=_cached(text.encode(), CACHED))


@door.get("/docs/problems", scope=PUBLIC)
def show_problems(request: Request) -> Answer:
    """What every problem code means; one anchor a code."""
    sections = (
        f'<h2 id="{code}">{escape(explanation.title)}</h2>\n'
        f"<p><code>{code}</code></p>\n<p>{_html(explanation.text)}</p>\n"
        for code, explanation in CODES.items()
    )
    return page(_PROBLEMS_HEAD + "".join(sections) + "</body>\n</html>\n")


def _check_shown() -> None:
    if not settings.shows_docs():
        raise NotFound("This page is switched off here")


@functools.cache
def _document() -> bytes:
    from chalicelib.api import openapi

    return orjson.dumps(openapi.document())


@functools.cache
def _asset(name: str) -> str:
    return _START if name == "start.js" else (_swagger_ui() / name).read_text(encoding="utf-8")


def _swagger_ui() -> Path:
    import aws_lambda_powertools

    # by its place: importing the package that holds it would bring pydantic along
    return Path(aws_lambda_powertools.__file__).parent / "event_handler" / "openapi" / "swagger_ui"


def _cached(content: bytes, how: str) -> dict[str, str]:
    return {"Cache-Control": how, "ETag": f'"{hashlib.sha256(content).hexdigest()[:16]}"'}


def _html(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
