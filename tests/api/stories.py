"""Each operation as somebody uses it: what leads to every good answer that the document has for it.

The answers are held against the document by the desk's `contract`. A new operation needs a line in `STORIES`; a test
fails without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chalicelib.store import records
from tests.api.settings_stories import SETTINGS_STORIES
from tests.api.work_stories import WORK_STORIES, look_twice
from tests.desk import BROWSER, Desk

AENNE = {"name": "Änne Öztürk", "phone": "0176 04069012", "email": "aenne@example.de", "tags": ["messe-2026"]}
JOERG = {"name": "Jörg Müller", "email": "joerg@example.de", "message": "Bitte um Rückruf"}
FILE = "Name;E-Mail\nGörkem Şahin;goerkem@example.de\n;kein\n"


def create_leads(desk: Desk) -> None:
    """A new lead, a second one of the same person, and one that joins the first."""
    desk.created(**AENNE, amount={"amount": "12500", "currency": "EUR"}, address={"city": "Köln"})
    desk.created(**AENNE)
    desk.created("?on_duplicate=attach", **AENNE)


def list_leads(desk: Desk) -> None:
    """Two pages, some fields only, by words, and in the order of arrival in the status."""
    create_leads(desk)
    desk.world.catch_up()
    desk.get("/v1/leads?q=%C3%B6zt")
    desk.get("/v1/leads?status=new&sort=status_changed_at")
    follow(desk, "/v1/leads?limit=1")
    desk.get("/v1/leads?fields=name,comment,phone")


def show_lead(desk: Desk) -> None:
    """The lead, with its timeline, and nothing when it is known already."""
    lead = desk.created(**AENNE)
    desk.post(JOERG | {"email": "aenne@example.de"})
    desk.get(f"/v1/leads/{lead['id']}")
    desk.get(f"/v1/leads/{lead['id']}?include=timeline")
    desk.get(f"/v1/leads/{lead['id']}?include=timeline&fields=name,phones")
    desk.client.get(f"/v1/leads/{lead['id']}", headers={"If-None-Match": '"1"'})


def show_timeline(desk: Desk) -> None:
    """A lead that a call made, and whom another call joined."""
    desk.call("missed", "+493023125000")
    desk.call("voicemail", "+493023125000", "c-2")
    (lead,) = desk.leads()
    follow(desk, f"/v1/leads/{lead['id']}/timeline?limit=1")


def change_lead(desk: Desk) -> None:
    """Changed, and changed to what it is."""
    lead = desk.created(**AENNE)
    for _ in range(2):
        desk.client.patch(f"/v1/leads/{lead['id']}", json={"status": "in_process", "company": "Öztürk GmbH"})


def delete_lead(desk: Desk) -> None:
    """Deleted, restored beside one that has its id by now, and restored again."""
    lead = desk.created(**AENNE, external_ids={"crm": "7"})
    desk.client.delete(f"/v1/leads/{lead['id']}")
    desk.created(name="Jörg", external_ids={"crm": "7"})
    for _ in range(2):
        desk.client.post(f"/v1/leads/{lead['id']}/restore")


def add_entries(desk: Desk) -> None:
    """A note, a call and a task."""
    lead = desk.created(**AENNE)
    bodies = {
        "notes": {"text": "Ruft zurück"},
        "activities": {"type": "call", "direction": "out", "at": "2026-11-20T09:00:00Z"},
        "tasks": {"title": "Angebot", "due_at": "2026-11-30T09:00:00Z"},
    }
    for what, body in bodies.items():
        desk.client.post(f"/v1/leads/{lead['id']}/{what}", json=body)


def upsert_lead(desk: Desk) -> None:
    """Made, changed, read, and nothing when it is known already."""
    for url in ("/v1/leads/external/crm/7", "/v1/leads/external?system=crm&external_id=a%2F1"):
        for company in ("Öztürk GmbH", "Öztürk AG", "Öztürk AG"):
            desk.client.put(url, json={"name": "Änne", "company": company})
        desk.get(url)
        desk.client.get(url, headers={"If-None-Match": '"2"'})


def write_batch(desk: Desk) -> None:
    """One item that is done, and one that is refused."""
    items = [
        {"op": "create", "data": AENNE, "idempotency_key": "order-4711"},
        {"op": "create", "data": {"email": "kein"}},
    ]
    desk.client.post("/v1/leads/batch", json={"items": items})


def list_tasks(desk: Desk) -> None:
    """The call-back of a missed call."""
    desk.call("missed", "+493023125000")
    desk.get("/v1/tasks?owner_id=none")


def finish_task(desk: Desk) -> None:
    """Looked at, done, and done again."""
    desk.call("missed", "+493023125000")
    (task,) = desk.tasks()
    look_twice(desk, f"/v1/tasks/{task['id']}")
    for _ in range(2):
        desk.client.patch(f"/v1/tasks/{task['id']}", json={"done": True})


def import_file(desk: Desk) -> None:
    """A file with a row that is refused, and one that is refused as a whole."""
    desk.drop("messe.csv", FILE)
    import_id = desk.job()["id"]
    desk.client.get(f"/v1/imports/{import_id}/errors")
    desk.drop("foto.csv", b"\xff\xd8\xff\xe0\x00\x10JFIF")
    for listed in desk.get("/v1/imports")["data"]:
        look_twice(desk, f"/v1/imports/{listed['id']}")


def keep_receipts(desk: Desk) -> None:
    """Receipts of a form, of a file, of something that is none, and one that was quarantined and let in."""
    desk.drop("messe.csv", FILE)
    desk.drop("foto.csv", b"\xff\xd8\xff\xe0\x00\x10JFIF")
    desk.post({**JOERG, "_hp": "x"})
    desk.post(JOERG)
    follow(desk, "/v1/intake/receipts?limit=1")
    for receipt in desk.receipts():
        look_twice(desk, f"/v1/intake/receipts/{receipt['id']}")
    (quarantined,) = desk.receipts("?outcome=quarantined")
    desk.client.post(f"/v1/intake/receipts/{quarantined['id']}/release")
    desk.client.post(f"/v1/intake/receipts/{quarantined['id']}/replay")


def reconcile(desk: Desk) -> None:
    """Everything that can be unaccounted for: a letter, an object, an import that stands still."""
    desk.post(JOERG)
    desk.put_file("liegt.csv", FILE)
    desk.world.send_dead_letter("intake", {})
    desk.world.later(3_600)
    desk.reconciliation()


def post_form(desk: Desk) -> None:
    """By a script and by a browser."""
    desk.post(JOERG)
    desk.post(JOERG, accept=BROWSER)


def begin_upload(desk: Desk) -> None:
    """The script of a page asks where to put a file."""
    records.put("FORM", "frm_plans", {"name": "Plans", "fields": [{"field": "files"}]})
    desk.visitor.post("/f/frm_plans/uploads", json={"name": "Dachplan.pdf", "size": 5_242_880})


def ask_for_challenge(desk: Desk) -> None:
    """Of a form that has its own captcha."""
    records.put("FORM", "frm_captcha", {"name": "Messe", "spam": {"captcha": {"provider": "altcha"}}})
    visit("/f/frm_captcha/challenge")(desk)


def receive_call(desk: Desk) -> None:
    """A new call."""
    desk.call("missed", "+493023125000")


def visit(path: str) -> Callable[[Desk], None]:
    """Somebody without a key looks at it, and again with what he knows."""

    def look(desk: Desk) -> None:
        reply = desk.visitor.get(path)
        if "ETag" in reply.headers:
            desk.visitor.get(path, headers={"If-None-Match": reply.headers["ETag"]})

    return look


def follow(desk: Desk, url: str) -> None:
    """All pages of a list."""
    page = desk.get(url)
    while page["next_cursor"]:
        page = desk.get(f"{url}&cursor={page['next_cursor']}")


STORIES: Mapping[str, Callable[[Desk], None]] = {
    "POST /v1/leads": create_leads,
    "GET /v1/leads": list_leads,
    "GET /v1/leads/{lead_id}": show_lead,
    "PATCH /v1/leads/{lead_id}": change_lead,
    "DELETE /v1/leads/{lead_id}": delete_lead,
    "POST /v1/leads/{lead_id}/restore": delete_lead,
    "POST /v1/leads/{lead_id}/notes": add_entries,
    "POST /v1/leads/{lead_id}/activities": add_entries,
    "POST /v1/leads/{lead_id}/tasks": add_entries,
    "GET /v1/leads/external/{system}/{external_id}": upsert_lead,
    "PUT /v1/leads/external/{system}/{external_id}": upsert_lead,
    "GET /v1/leads/external": upsert_lead,
    "PUT /v1/leads/external": upsert_lead,
    "POST /v1/leads/batch": write_batch,
    "GET /v1/leads/{lead_id}/timeline": show_timeline,
    "GET /v1/tasks": list_tasks,
    "GET /v1/tasks/{task_id}": finish_task,
    "PATCH /v1/tasks/{task_id}": finish_task,
    "GET /v1/imports": lambda desk: (import_file(desk), desk.get("/v1/imports")),
    "GET /v1/imports/{import_id}": import_file,
    "GET /v1/imports/{import_id}/errors": import_file,
    "GET /v1/intake/receipts": keep_receipts,
    "GET /v1/intake/receipts/{receipt_id}": keep_receipts,
    "POST /v1/intake/receipts/{receipt_id}/replay": keep_receipts,
    "POST /v1/intake/receipts/{receipt_id}/release": keep_receipts,
    "GET /v1/intake/reconciliation": reconcile,
    "POST /f/{form_id}": post_form,
    "GET /f/{form_id}": visit("/f/frm_demo"),
    "POST /f/{form_id}/uploads": begin_upload,
    "GET /f/{form_id}/thanks": visit("/f/frm_demo/thanks"),
    "GET /f/{form_id}/challenge": ask_for_challenge,
    "GET /embed/captcha.js": visit("/embed/captcha.js"),
    "GET /embed/leadger.js": visit("/embed/leadger.js"),
    "GET /embed/uploads.js": visit("/embed/uploads.js"),
    "POST /hooks/{provider}/{channel_id}": receive_call,
    "GET /health": visit("/health"),
    "GET /docs": lambda desk: (visit("/docs")(desk), visit("/docs/")(desk)),
    "GET /docs/assets/{asset}": visit("/docs/assets/start.js"),
    "GET /docs/problems": visit("/docs/problems"),
    "GET /openapi.json": visit("/openapi.json"),
    **SETTINGS_STORIES,
    **WORK_STORIES,
}
