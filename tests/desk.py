"""Leadger as somebody uses it, on moto: the five doors, the queues behind them, and what can be seen afterwards."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any
from urllib.parse import quote_plus, urlencode

from tests.api.client import Client, Reply
from tests.contract import Contract
from tests.faults.world import API_KEY, CALL_KEY, World

HANDLERS = {"intake": "receive_queued", "imports": "import_file", "mail": "receive_mail", "work": "work_on"}
URLENCODED = "application/x-www-form-urlencoded"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
OUR_NUMBER = "+493099999999"


class Context:
    """What Lambda tells a function of itself; after `looks` looks at the clock its time is up."""

    aws_request_id = "request-of-the-poller"

    def __init__(self, looks: int = 1_000_000) -> None:
        self._looks = looks

    def get_remaining_time_in_millis(self) -> int:
        self._looks -= 1
        return 300_000 if self._looks >= 0 else 1_000


class Desk:
    """A workspace with one form, one call channel, one mailbox and one key.

    Attributes:
        client: holds the key with every scope.
        visitor: holds none.
    """

    def __init__(self, world: World) -> None:
        from app import app

        self.world = world
        self.app = app
        #: whatever a test does through a door is held against the document
        self.contract = Contract()
        self.client = Client(app, key=API_KEY, watch=self.contract)
        self.visitor = Client(app, watch=self.contract)

    # ── doors ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def create(self, query: str = "", *, key: str = "", **values: Any) -> Reply:
        """`POST /v1/leads`, with an Idempotency-Key if one is given."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.client.post(f"/v1/leads{query}", json=values, headers=headers)

    def created(self, query: str = "", **values: Any) -> dict[str, Any]:
        """The answer's body of a create that must succeed."""
        reply = self.create(query, **values)
        assert reply.status in (200, 201), reply.text
        return dict(reply.json)

    def post(
        self,
        fields: Mapping[str, str] | bytes,
        *,
        form: str = "frm_demo",
        media_type: str = URLENCODED,
        accept: str = "application/json",
        **headers: str,
    ) -> Reply:
        """A visitor's post of a form; `fields` are urlencoded as UTF-8, or the body as it is."""
        body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
        sent = {"Content-Type": media_type, "Accept": accept, **headers}
        return self.visitor.post(
            f"/f/{form}", body=body, headers={name: value for name, value in sent.items() if value}
        )

    def call(
        self, event: str, number: str, call_id: str = "c-1", at: str = "2026-11-23T09:00:00Z", **more: Any
    ) -> dict[str, Any]:
        """One event of a call over the generic webhook; what became of it."""
        body = {"call_id": call_id, "event": event, "direction": "in", "from": number, "to": OUR_NUMBER, "at": at}
        reply = self.visitor.post(f"/hooks/generic/chn_demo?key={CALL_KEY}", json=body | more)
        assert reply.status == 200, reply.text
        (outcome,) = reply.json["outcomes"]
        return dict(outcome)

    def drop(self, name: str, content: str | bytes, looks: int = 1_000_000, **options: str) -> None:
        """Put a file into the imports bucket, announce it as S3 does, and let the worker have one turn.

        Args:
            looks: at the clock, before the worker's time is up: one for the message, and one for each row.
            options: the object's metadata.
        """
        self.put_file(name, content, **options)
        self.announce_file(name)
        self.work("imports", looks)

    def put_file(self, name: str, content: str | bytes, **options: str) -> None:
        """Put a file into the imports bucket without anybody being told."""
        from chalicelib.store import files

        body = content.encode() if isinstance(content, str) else content
        files.client().put_object(Bucket="imports", Key=f"incoming/{name}", Body=body, Metadata=options)

    def announce_file(self, name: str) -> None:
        """What S3 sends when a file was put: the key is URL-encoded with `+`."""
        key = quote_plus(f"incoming/{name}", safe="/")
        record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "imports"}, "object": {"key": key}}}
        self.world.send("imports", {"Records": [record]})

    def mail(self, content: bytes, key: str = "m1", *, sender: str = "aenne@example.de", **verdicts: str) -> None:
        """A mail as SES delivers it: object, announcement by SNS, one turn of the worker.

        Args:
            sender: of the envelope.
            verdicts: `dmarc="FAIL"`; all others are PASS.
        """
        self.world.put_object("mail", f"incoming/{key}", content)
        self.announce_mail(key, sender=sender, **verdicts)
        self.work("mail")

    def announce_mail(self, key: str, *, sender: str = "aenne@example.de", **verdicts: str) -> None:
        """What SES tells SNS, and SNS the queue."""
        names = ("spam", "virus", "spf", "dkim", "dmarc")
        message = {
            "notificationType": "Received",
            "receipt": {
                "recipients": ["leads@leadger.test"],
                **{f"{name}Verdict": {"status": verdicts.get(name, "PASS")} for name in names},
                "action": {"type": "S3", "bucketName": "mail", "objectKey": f"incoming/{key}"},
            },
            "mail": {"source": sender, "messageId": key, "destination": ["leads@leadger.test"]},
        }
        self.world.send("mail", {"Type": "Notification", "Message": json.dumps(message)})

    # ── behind the doors ──────────────────────────────────────────────────────────────────────────────────────────

    def work(self, queue: str, looks: int = 1_000_000) -> bool:
        """Everything in a queue once to its function; whether there was anything."""
        return self.world.hand_out(queue, handler(queue, looks))

    def work_off(self, queue: str = "imports", looks: int = 1_000_000) -> int:
        """A queue until it is empty; how many turns that took."""
        turns = 0
        while self.work(queue, looks):
            turns += 1
            assert turns < 100
        return turns

    def sweep(self, looks: int = 1_000_000) -> dict[str, int]:
        """The schedule strikes; what was seen to."""
        from chalicelib.triggers.sweep import sweep

        event = {"id": "e", "detail-type": "Scheduled Event", "source": "aws.events", "account": "1", "time": "",
                 "region": "eu-central-1", "resources": [], "detail": {}, "version": "0"}  # fmt: skip
        return dict(sweep(event, Context(looks)))

    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.world.later(seconds)

    def it_is(self, at: str) -> None:
        """The clock is set: `2026-11-20T15:40:00Z`."""
        self.world.clock.ahead += datetime.fromisoformat(at) - self.world.clock.now()

    # ── what can be seen ──────────────────────────────────────────────────────────────────────────────────────────

    def get(self, url: str) -> Any:
        """The JSON of an answer that must be 200."""
        reply = self.client.get(url)
        assert reply.status == 200, reply.text
        return reply.json

    def leads(self) -> list[dict[str, Any]]:
        """All leads whole, oldest first."""
        return [self.lead(card["id"]) for card in reversed(self.get("/v1/leads?limit=200")["data"])]

    def lead(self, lead_id: str) -> dict[str, Any]:
        """One lead."""
        return dict(self.get(f"/v1/leads/{lead_id}"))

    def timeline(self, lead_id: str) -> list[dict[str, Any]]:
        """A lead's entries, newest first."""
        return list(self.get(f"/v1/leads/{lead_id}/timeline?limit=200")["data"])

    def tasks(self) -> list[dict[str, Any]]:
        """Open tasks of leads without owner."""
        return list(self.get("/v1/tasks?owner_id=none")["data"])

    def receipts(self, query: str = "") -> list[dict[str, Any]]:
        """Receipts that have an outcome, newest first."""
        return list(self.get(f"/v1/intake/receipts{query}")["data"])

    def receipt(self, receipt_id: str) -> dict[str, Any]:
        """One receipt with its raw."""
        return dict(self.get(f"/v1/intake/receipts/{receipt_id}"))

    def job(self) -> dict[str, Any]:
        """The one import there is."""
        (job,) = self.get("/v1/imports")["data"]
        return dict(self.get(f"/v1/imports/{job['id']}"))

    def reconciliation(self) -> dict[str, Any]:
        """The ledger's sums."""
        return dict(self.get("/v1/intake/reconciliation"))

    def discrepancies(self) -> list[str]:
        """Broken invariants, and where the ledger's sums are not what a count of the table gives."""
        from chalicelib.services.verify import verify

        items = self.world.items()
        outcomes: Counter[str] = Counter()
        for receipt in (item for item in items if item["type"] == "receipt"):
            if receipt["source"] != "csv":
                outcomes[receipt["outcome"]] += 1
        for job in (item for item in items if item["type"] == "import"):
            outcomes.update(
                {name: job.get(f"{name}_rows", 0) for name in ("created", "attached", "updated", "skipped")}
            )
            outcomes["rejected"] += job.get("rejected_rows", 0)
            outcomes["pending"] += job["total"] - job.get("cursor", 0)
        pending = outcomes.pop("pending", 0)
        counted = {
            "received": sum(outcomes.values()) + pending,
            "outcomes": {name: number for name, number in sorted(outcomes.items()) if number},
            "pending": pending,
        }
        sums = self.reconciliation()
        shown = {name: sums[name] for name in counted}
        self.world.catch_up()
        wrong = [str(violation) for violation in verify(items, self.world.derived())]
        return wrong if shown == counted else [*wrong, f"the ledger shows {shown}, the table has {counted}"]


def handler(queue: str, looks: int = 1_000_000) -> Callable[[dict[str, Any], Any], Any]:
    """The function behind a queue, as Lambda's poller calls it."""
    from chalicelib.triggers import imports, inbound_mail, intake_queue, work

    door = getattr(
        {"intake": intake_queue, "imports": imports, "mail": inbound_mail, "work": work}[queue], HANDLERS[queue]
    )
    return lambda event, _: door(event, Context(looks))


def letter(
    text: str = "Guten Tag, bitte rufen Sie mich zurück.",
    *,
    subject: str = "Angebot für eine Wärmepumpe",
    sender: str = "Änne Öztürk",
    address: str = "aenne@example.de",
    message_id: str = "<1@example.de>",
    **headers: str,
) -> bytes:
    """A mail; further headers by name, `in_reply_to="<…>"`."""
    message = EmailMessage()
    local, _, domain = address.partition("@")
    message["From"] = Address(sender, local, domain)
    message["To"] = "leads@leadger.test"
    message["Subject"] = subject
    message["Message-ID"] = message_id
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()
