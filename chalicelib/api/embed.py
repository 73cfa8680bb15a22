"""The script that puts a form into somebody's page."""

from __future__ import annotations

import hashlib

from chalicelib.api import pages
from chalicelib.api.http import PUBLIC, Answer, Door, Request

door = Door()

#: It is the same for everybody, and pages with a policy of their own (COEP, integrity) may load it, too.
OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


@door.get("/embed/leadger.js", scope=PUBLIC, query=None)
def show_script(request: Request) -> Answer:
    """The embed script: `<script async src="…/embed/leadger.js" data-form="frm_…"></script>`."""
    text = pages.script()
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'
    # an hour: after a deployment nobody runs an older one for longer
    headers = {"Cache-Control": "public, max-age=3600", "ETag": etag, **OPEN}
    return Answer(text, content_type="text/javascript; charset=utf-8", headers=headers)
