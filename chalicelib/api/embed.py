"""The scripts that put a form into somebody's page, and what some forms need besides."""

from __future__ import annotations

import hashlib

from chalicelib.api import pages
from chalicelib.api.http import PUBLIC, Answer, Door, Request

door = Door()

#: They are the same for everybody, and pages with a policy of their own (COEP, integrity) may load them, too.
OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


@door.get("/embed/leadger.js", scope=PUBLIC, query=None)
def show_script(request: Request) -> Answer:
    """The embed script: `<script async src="…/embed/leadger.js" data-form="frm_…"></script>`."""
    return _script("leadger.js")


@door.get("/embed/captcha.js", scope=PUBLIC, query=None)
def show_captcha(request: Request) -> Answer:
    """The script that solves the captcha of a form, while somebody fills it in."""
    return _script("captcha.js")


@door.get("/embed/uploads.js", scope=PUBLIC, query=None)
def show_uploads(request: Request) -> Answer:
    """The script that uploads files too large for a post; the embed script loads it where a form asks for files."""
    return _script("uploads.js")


def _script(name: str) -> Answer:
    text = pages.asset(name)
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'
    # an hour: after a deployment nobody runs an older one for longer
    headers = {"Cache-Control": "public, max-age=3600", "ETag": etag, **OPEN}
    return Answer(text, content_type="text/javascript; charset=utf-8", headers=headers)
