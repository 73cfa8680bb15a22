"""Leadger and somebody's website, each on a port of its own: two origins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import Any

from chalicelib.services import workspace
from chalicelib.store import records
from tests.api.client import Client
from tests.desk import Desk
from tests.serving import listening, wsgi

FIELDS = [
    {"field": "name", "required": True},
    {"field": "email", "required": True},
    {"field": "phone"},
    {"field": "custom.topic", "label": {"de": "Thema", "en": "Topic"}, "required": True},
    {"field": "custom.roof_area", "label": {"de": "Dachfläche in m²", "en": "Roof area in m²"}, "required": True,
     "show_if": {"field": "custom.topic", "equals": "solar"}},
    {"field": "comment", "placeholder": {"de": "Wie können wir helfen?", "en": "How can we help?"}},
]  # fmt: skip
CONSENTS = [
    {"id": "privacy", "text": {"de": "Ich habe die Datenschutzerklärung gelesen: https://kaefer.example/datenschutz",
                               "en": "I have read the privacy notice: https://kaefer.example/privacy"}},
]  # fmt: skip
FORM = {
    "name": "Website",
    "fields": FIELDS,
    "consents": CONSENTS,
    "spam": {"least_seconds": 0},
    "texts": {
        "title": {"de": "Angebot anfordern", "en": "Ask for an offer"},
        "intro": {"de": "Wir melden uns am nächsten Werktag.", "en": "We will answer on the next working day."},
        "thanks": {"de": "Danke, Ihre Anfrage ist da.", "en": "Thanks, we have your request."},
    },
}


class Leadger:
    """The app over HTTP.

    Attributes:
        url: without a slash at its end.
        seen: (method, path) of every request.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.seen: list[tuple[str, str]] = []
        self._inside = wsgi(Client(desk.app, watch=desk.contract))
        self._listening: AbstractContextManager[int] | None = None
        self._port = 0
        desk.client.post("/v1/fields", json={
            "name": "topic", "type": "choice", "label": "Thema",
            "choices": [{"id": "solar", "label": "Photovoltaik"}, {"id": "heat", "label": "Wärmepumpe"}],
        })  # fmt: skip
        desk.client.post("/v1/fields", json={"name": "roof_area", "type": "number", "label": "Dachfläche"})
        self.has_form("frm_web", FORM)
        self.has_form("frm_demo", {"name": "Demo form", "spam": {"least_seconds": 0}})

    def __enter__(self) -> Leadger:
        self.answers_again()
        return self

    def __exit__(self, *_: object) -> None:
        self.falls_silent()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def has_form(self, form_id: str, record: Mapping[str, Any]) -> None:
        """A form is made or changed."""
        records.put("FORM", form_id, dict(record))
        workspace.forget()

    def falls_silent(self) -> None:
        """Nothing listens any more."""
        if self._listening:
            self._listening.__exit__(None, None, None)
        self._listening = None

    def answers_again(self) -> None:
        """It listens where it did."""
        self._listening = listening(self._answer, self._port)
        self._port = self._listening.__enter__()

    def _answer(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        self.seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        return self._inside(environ, start)


class Website:
    """Pages of somebody else; styles, images and scripts but Leadger's are forbidden on them.

    Attributes:
        pages: path → HTML of the body.
        policy: Content-Security-Policy of every page.
    """

    def __init__(self, leadger: Leadger) -> None:
        self.leadger = leadger
        self.pages: dict[str, str] = {}
        self.language = "de"
        self.policy = (
            f"default-src 'none'; script-src {leadger.url}; connect-src {leadger.url}; style-src 'none'; "
            f"frame-src {leadger.url}; form-action {leadger.url}; base-uri 'none'"
        )
        self._open = ExitStack()

    def __enter__(self) -> Website:
        self.url = f"http://127.0.0.1:{self._open.enter_context(listening(self._answer))}"
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def embeds(self, *forms: str, more: str = "") -> None:
        """Its first page has these forms."""
        self.pages["/"] = "<h1>Käfer Solar</h1>" + "".join(
            f'<script async src="{self.leadger.url}/embed/leadger.js" data-form="{form}" {more}></script>'
            for form in forms
        )

    def _answer(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        body = self.pages.get(environ["PATH_INFO"])
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", self.policy)]
        start("200 OK" if body is not None else "404 Not Found", headers)
        head = '<meta name="viewport" content="width=device-width"><title>Käfer</title>'
        return [f'<!doctype html><html lang="{self.language}"><head>{head}</head><body><main>{body}</main>'.encode()]
