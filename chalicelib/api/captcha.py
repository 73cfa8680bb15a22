"""The captcha that needs nobody else: its challenge, and the script that solves it."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from chalicelib.api.http import PUBLIC, Answer, Door, Request
from chalicelib.domain.errors import NotFound
from chalicelib.services import workspace

door = Door()

#: The script changes with a deployment only; the ETag makes asking again cheap.
CACHED = "public, max-age=3600"


@door.get("/f/{form_id}/challenge", scope=PUBLIC, query=None)
def show_challenge(request: Request, form_id: str) -> Answer:
    """A sum for the visitor's browser, good for 20 minutes and one post."""
    form = workspace.form(form_id, request.now)
    if form is None or form.spam.captcha is None or form.spam.captcha.provider != "altcha":
        raise NotFound("There is no form of this id that asks for such a proof")
    from chalicelib.services import proofs

    return Answer(proofs.challenge(form, request.now))


@door.get("/embed/captcha.js", scope=PUBLIC, query=None)
def show_script(request: Request) -> Answer:
    """The script that solves the captcha of a form's page, while somebody fills it in."""
    script, tag = _script()
    headers = {"ETag": tag, "Cache-Control": CACHED, "Cross-Origin-Resource-Policy": "cross-origin"}
    return Answer(script, content_type="text/javascript; charset=utf-8", headers=headers)


@functools.cache
def _script() -> tuple[str, str]:
    script = Path(__file__).with_name("captcha.js").read_text(encoding="utf-8")
    return script, f'"{hashlib.sha256(script.encode()).hexdigest()[:16]}"'
