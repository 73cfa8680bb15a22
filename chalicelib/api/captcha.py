"""The captcha that needs nobody else: its challenge."""

from __future__ import annotations

from chalicelib.api.http import PUBLIC, Answer, Door, Request
from chalicelib.domain.errors import NotFound
from chalicelib.services import workspace

door = Door()


@door.get("/f/{form_id}/challenge", scope=PUBLIC, query=None)
def show_challenge(request: Request, form_id: str) -> Answer:
    """A sum for the visitor's browser, good for 20 minutes and one post."""
    form = workspace.form(form_id, request.now)
    if form is None or form.spam.captcha is None or form.spam.captcha.provider != "altcha":
        raise NotFound("There is no form of this id that asks for such a proof")
    from chalicelib.services import proofs

    return Answer(proofs.challenge(form, request.now))
