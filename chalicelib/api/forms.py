"""Definitions of website forms over HTTP, and what to paste into a page. Where visitors post to: `web_forms`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from chalicelib.api import http, listing
from chalicelib.api.http import Answer, Door, Request
from chalicelib.api.parameters import PAGE, choice
from chalicelib.domain.form import LANGUAGES
from chalicelib.domain.forms import shown
from chalicelib.services import forms, own_fields, workspace
from chalicelib.store import forms as stored

door = Door()

#: Bytes of a page; with one more form it may have 350 KB more. Lambda answers at most 6 MB.
MOST_BYTES = 2 * 1024 * 1024
AT_ONCE = 25


@door.get("/v1/forms", scope="leads:read", query=PAGE)
def show_all(request: Request) -> Answer:
    """All forms, oldest first; a page of large ones is short."""

    def show(listed: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], int]:
        return _as_many_as_fit([each["id"] for each in listed], request.base_url)

    return listing.page(request, [{"id": form_id} for form_id in stored.ids()], show=show)


@door.get("/v1/forms/{form_id}", scope="leads:read")
def show_one(request: Request, form_id: str) -> Answer:
    """One form."""
    form = forms.get(form_id)
    return Answer(shown(form.form, request.base_url), version=form.version)


@door.post("/v1/forms", scope="settings:admin")
def create(request: Request) -> Answer:
    """One more form. Its address is random, and takes posts at once."""
    return http.of_write(forms.create(request.json(), request.write, request.base_url))


@door.patch("/v1/forms/{form_id}", scope="settings:admin")
def change(request: Request, form_id: str) -> Answer:
    """A merge patch; null brings a default back. In force within 30 seconds."""
    return http.of_write(forms.change(form_id, request.json(), request.write, request.base_url))


@door.delete("/v1/forms/{form_id}", scope="settings:admin")
def remove(request: Request, form_id: str) -> Answer:
    """Delete a form: what is posted to it is 404 from then on; its receipts and leads stay."""
    return http.of_write(forms.remove(form_id, request.write, request.base_url))


@door.get("/v1/forms/{form_id}/snippets", scope="leads:read", query={"lang": choice(*LANGUAGES)})
def show_snippets(request: Request, form_id: str) -> Answer:
    """The ways to put it on a page, as text to paste."""
    from chalicelib.api import snippets

    form = forms.get(form_id).form
    asked = request.params["lang"]
    language = asked or next(filter(LANGUAGES.__contains__, workspace.settings(request.now)["languages"]), LANGUAGES[0])
    asked_for = {
        field.field.removeprefix("custom."): None for field in form.fields if field.field.startswith("custom.")
    }
    custom = own_fields.by_name(request.now, asked_for)
    return Answer(snippets.of(form, request.base_url, language, custom, chosen=bool(asked)))


def _as_many_as_fit(form_ids: Sequence[str], base_url: str) -> tuple[list[Mapping[str, Any]], int]:
    """The first of them, and how many were looked at; one that was deleted meanwhile is passed over."""
    found: list[Mapping[str, Any]] = []
    size = 0
    for start in range(0, len(form_ids), AT_ONCE):
        some = form_ids[start : start + AT_ONCE]
        by_id = {form.id: form for form in stored.several(some)}
        for place, form_id in enumerate(some, start):
            if size > MOST_BYTES:
                return found, place
            if form_id in by_id:
                found.append(shown(by_id[form_id].form, base_url))
                size += len(orjson.dumps(found[-1]))
    return found, len(form_ids)
