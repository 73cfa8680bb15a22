"""Each operation as somebody uses it: what leads to every good answer that the document has for it.

The answers are held against the document by the desk's `contract`. A new operation needs a line in `STORIES`; a test
fails without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
    """Two pages."""
    create_leads(desk)
    follow(desk, "/v1/leads?limit=1")


def show_lead(desk: Desk) -> None:
    """The lead, with its timeline, and nothing when it is known already."""
    lead = desk.created(**AENNE)
    desk.post(JOERG | {"email": "aenne@example.de"})
    desk.get(f"/v1/leads/{lead['id']}")
    desk.get(f"/v1/leads/{lead['id']}?include=timeline")
    desk.client.get(f"/v1/leads/{lead['id']}", headers={"If-None-Match": '"1"'})


def show_timeline(desk: Desk) -> None:
    """A lead that a call made, and whom another call joined."""
    desk.call("missed", "+493023125000")
    desk.call("voicemail", "+493023125000", "c-2")
    (lead,) = desk.leads()
    follow(desk, f"/v1/leads/{lead['id']}/timeline?limit=1")


def list_tasks(desk: Desk) -> None:
    """The call-back of a missed call."""
    desk.call("missed", "+493023125000")
    desk.get("/v1/tasks?owner_id=none")


def finish_task(desk: Desk) -> None:
    """Done, and done again."""
    desk.call("missed", "+493023125000")
    (task,) = desk.tasks()
    for _ in range(2):
        desk.client.patch(f"/v1/tasks/{task['id']}", json={"done": True})


def import_file(desk: Desk) -> None:
    """A file with a row that is refused."""
    desk.drop("messe.csv", FILE)
    import_id = desk.job()["id"]
    desk.client.get(f"/v1/imports/{import_id}/errors")


def keep_receipts(desk: Desk) -> None:
    """Receipts of a form, of a file, of something that is none, and one that was quarantined and let in."""
    desk.drop("messe.csv", FILE)
    desk.drop("foto.csv", b"\xff\xd8\xff\xe0\x00\x10JFIF")
    desk.post({**JOERG, "_hp": "x"})
    desk.post(JOERG)
    follow(desk, "/v1/intake/receipts?limit=1")
    for receipt in desk.receipts():
        desk.receipt(receipt["id"])
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
    "GET /v1/leads/{lead_id}/timeline": show_timeline,
    "GET /v1/tasks": list_tasks,
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
    "GET /f/{form_id}/thanks": visit("/f/frm_demo/thanks"),
    "POST /hooks/{provider}/{channel_id}": receive_call,
    "GET /health": visit("/health"),
    "GET /docs": visit("/docs"),
    "GET /docs/assets/{asset}": visit("/docs/assets/start.js"),
    "GET /docs/problems": visit("/docs/problems"),
    "GET /openapi.json": visit("/openapi.json"),
}
