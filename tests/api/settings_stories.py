"""What is set, as somebody sets it: statuses, fields, sources, settings, users, keys; see `stories`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.api.client import Client
from tests.desk import Desk

CHOICES = [{"id": "flat", "label": "Flachdach"}, {"id": "gable", "label": "Satteldach"}]


def set_statuses(desk: Desk) -> None:
    """One more, put elsewhere, all in another order, and gone again; one whose leads go to another."""
    read(desk, "/v1/statuses")
    made = create(desk, "/v1/statuses", name="Vor Ort", kind="open", color="#0EA5E9", position=2)
    change(desk, f"/v1/statuses/{made['id']}", name="Beim Kunden", position=1)
    ids = [status["id"] for status in desk.get("/v1/statuses")["data"]]
    done(desk, "PUT", "/v1/statuses/order", ids=ids[::-1])
    remove(desk, f"/v1/statuses/{made['id']}")
    desk.created(name="Änne", status="processed")
    desk.client.delete("/v1/statuses/processed?move_to=junk&lost_reason=other")


def set_fields(desk: Desk) -> None:
    """Own ones of every kind of value, on a lead that is shown in every way; a standard one that is required."""
    create(desk, "/v1/fields", name="roof", type="choice", label={"de": "Dach", "en": "Roof"}, choices=CHOICES,
           default="flat")  # fmt: skip
    create(desk, "/v1/fields", name="area", type="number", label="Fläche", required={"from_status": "in_process"})
    create(desk, "/v1/fields", name="numbers", type="phone", multiple=True, label="Weitere", default=["069 901820"])
    create(desk, "/v1/fields", name="budget", type="money", label="Budget", default={"amount": "1"})
    change(desk, "/v1/fields/roof", label={"de": "Dachform"}, position=1, required="always", choices=CHOICES[:1])
    change(desk, "/v1/fields/phones", label="Telefone", required="always")
    lead = desk.created(name="Änne", phone="0176 04069012", custom={"area": 84.5})
    show(desk, lead["id"])
    remove(desk, "/v1/fields/area")
    show(desk, lead["id"])
    read(desk, "/v1/fields?limit=200", "/v1/fields/roof")


def show(desk: Desk, lead_id: str) -> None:
    """A lead with own fields, alone, in the list, and after a change."""
    desk.lead(lead_id)
    desk.get("/v1/leads?fields=name,custom")
    desk.client.patch(f"/v1/leads/{lead_id}", json={"custom": {"roof": "flat"}, "comment": "x"})
    desk.timeline(lead_id)


def set_sources(desk: Desk) -> None:
    """One more, renamed, and gone again; a built-in one renamed."""
    create(desk, "/v1/sources", id="messe_2026", name="Messe Köln")
    change(desk, "/v1/sources/messe_2026", name="Messe")
    change(desk, "/v1/sources/call", name="Anruf")
    desk.created(name="Änne", source="messe_2026")
    remove(desk, "/v1/sources/messe_2026")
    desk.leads()
    read(desk, "/v1/sources")


def set_settings(desk: Desk) -> None:
    """All of them set, and every default back."""
    user = create(desk, "/v1/users", name="Kim Käfer")["id"]
    assignment = {"mode": "in_turn", "users": [user], "by_source": {"call": user, "email": [user]}}
    hours = {"days": [0, 6], "from": "08:00", "until": "16:00"}
    settings = desk.get("/v1/settings")
    change(
        desk, "/v1/settings", mode="classic", default_region="AT", time_zone="Europe/Vienna", currency="CHF",
        business_hours=hours, holidays=["2026-12-25"], own_domains=["kaefer.example"],
        own_addresses=["info@kaefer.example"], our_numbers=["+43 1 60106123"], on_duplicate={"api": "attach"},
        languages=["de"], sections=[{"id": "house", "name": "Haus"}], repeat_leads="timeline", after_junk="reopen",
        retention={"junk_leads_days": 365, "receipts_days": 730}, assignment=assignment,
        lost_reasons=[{"id": "far", "name": "Zu weit"}],
    )  # fmt: skip
    read(desk, "/v1/settings")
    change(desk, "/v1/settings", **dict.fromkeys(settings.keys() - {"version"}))
    read(desk, "/v1/settings")


def set_users(desk: Desk) -> None:
    """One more, who is away for a while, and leaves."""
    user = create(desk, "/v1/users", name="Kim Käfer", email="kim@kaefer.example")
    change(desk, f"/v1/users/{user['id']}", absent_until="2027-01-04T00:00:00+01:00")
    change(desk, f"/v1/users/{user['id']}", active=False, email=None)
    read(desk, "/v1/users", f"/v1/users/{user['id']}")


def who_is_calling(desk: Desk) -> None:
    """The key that calls."""
    desk.get("/v1/me")


def give_keys(desk: Desk) -> None:
    """One that ends and was used, one that was not; one is revoked."""
    body = {"name": "Messe-App", "scopes": ["leads:write"]}
    first = create(desk, "/v1/api-keys", **body, expires_at="2027-01-01T00:00:00Z")
    create(desk, "/v1/api-keys", **body | {"name": "Auswertung"})
    Client(desk.app, key=first["secret"], watch=desk.contract).get("/v1/me")
    read(desk, "/v1/api-keys?limit=1", f"/v1/api-keys/{first['id']}")
    remove(desk, f"/v1/api-keys/{first['id']}")


def create(desk: Desk, path: str, **body: Any) -> dict[str, Any]:
    """One more; asked for twice with one Idempotency-Key."""
    headers = {"Idempotency-Key": f"{path}/{body['name']}".encode().hex()}
    replies = [desk.client.post(path, json=body, headers=headers) for _ in range(2)]
    assert [reply.status for reply in replies] == [201, 201], replies[0].text
    return dict(replies[0].json)


def change(desk: Desk, path: str, **body: Any) -> None:
    """A merge patch, and again, when it changes nothing."""
    for _ in range(2):
        done(desk, "PATCH", path, **body)


def make_forms(desk: Desk) -> None:
    """One with everything that a form can have, changed, put on a page, and gone again."""
    user = create(desk, "/v1/users", name="Kim Käfer")["id"]
    create(desk, "/v1/fields", name="roof", type="choice", label={"de": "Dach", "en": "Roof"}, choices=CHOICES)
    made = create(
        desk, "/v1/forms", name="Photovoltaik", owner_id=user, assignment={"mode": "in_turn", "users": [user]},
        fields=[
            {"field": "name", "label": {"de": "Ihr Name", "en": "Your name"}, "required": True},
            {"field": "email", "placeholder": "aenne@example.de"},
            {"field": "custom.roof", "preset": "flat"},
            {"field": "comment", "show_if": {"field": "custom.roof", "equals": "gable"}},
            {"field": "tags", "hidden": True, "preset": "pv"},
        ],
        texts={"title": "Ihr Dach"}, consents=[{"id": "privacy", "text": {"de": "Ja", "en": "Yes"}}],
        hosts=["*.example.de"], redirect_url="https://www.example.de/danke", status="in_process", default_region="AT",
        mapping={"feld7": "phone"}, spam={"most_links": None, "captcha": {"provider": "altcha"}},
    )  # fmt: skip
    path = f"/v1/forms/{made['id']}"
    change(desk, path, active=False, texts={"title": {"de": "Dach"}}, spam=None, consents=None, assignment=None)
    read(desk, "/v1/forms?limit=1", path)
    desk.get(f"{path}/snippets?lang=en")
    remove(desk, path)
    stays = create(desk, "/v1/forms", name="Messe")
    desk.get(f"/v1/forms/{stays['id']}/snippets")
    read(desk, "/v1/forms")


def remove(desk: Desk, path: str) -> None:
    """It goes."""
    reply = desk.client.delete(path)
    assert reply.status == 204, reply.text


def done(desk: Desk, method: str, path: str, **body: Any) -> None:
    """A write that must succeed."""
    reply = desk.client.request(method, path, json=body)
    assert reply.status == 200, reply.text


def read(desk: Desk, *paths: str) -> None:
    """Each, with all pages of a list and its first record, and nothing where it is known already."""
    for path in paths:
        reply = desk.client.get(path)
        if "ETag" in reply.headers:
            desk.client.get(path, headers={"If-None-Match": reply.headers["ETag"]})
        while reply.json.get("next_cursor"):
            reply = desk.client.get(f"{path}{'&' if '?' in path else '?'}cursor={reply.json['next_cursor']}")
        for record in reply.json.get("data", [])[:1]:
            read(desk, f"{path.partition('?')[0]}/{record.get('id') or record['name']}")


SETTINGS_STORIES: Mapping[str, Callable[[Desk], None]] = {
    "GET /v1/statuses": set_statuses,
    "GET /v1/statuses/{status_id}": set_statuses,
    "POST /v1/statuses": set_statuses,
    "PATCH /v1/statuses/{status_id}": set_statuses,
    "DELETE /v1/statuses/{status_id}": set_statuses,
    "PUT /v1/statuses/order": set_statuses,
    "GET /v1/fields": set_fields,
    "GET /v1/fields/{field_name}": set_fields,
    "POST /v1/fields": set_fields,
    "PATCH /v1/fields/{field_name}": set_fields,
    "DELETE /v1/fields/{field_name}": set_fields,
    "GET /v1/sources": set_sources,
    "GET /v1/sources/{source_id}": set_sources,
    "POST /v1/sources": set_sources,
    "PATCH /v1/sources/{source_id}": set_sources,
    "DELETE /v1/sources/{source_id}": set_sources,
    "GET /v1/settings": set_settings,
    "PATCH /v1/settings": set_settings,
    "GET /v1/users": set_users,
    "GET /v1/users/{user_id}": set_users,
    "POST /v1/users": set_users,
    "PATCH /v1/users/{user_id}": set_users,
    "GET /v1/me": who_is_calling,
    "GET /v1/forms": make_forms,
    "GET /v1/forms/{form_id}": make_forms,
    "GET /v1/forms/{form_id}/snippets": make_forms,
    "POST /v1/forms": make_forms,
    "PATCH /v1/forms/{form_id}": make_forms,
    "DELETE /v1/forms/{form_id}": make_forms,
    "GET /v1/api-keys": give_keys,
    "GET /v1/api-keys/{key_id}": give_keys,
    "POST /v1/api-keys": give_keys,
    "DELETE /v1/api-keys/{key_id}": give_keys,
}
