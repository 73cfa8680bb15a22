"""What a person does who has started Leadger and holds dev.json: the five ways in, and a look at what came of them."""

from __future__ import annotations

import json
import smtplib
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from localcloud.running import RunningCloud

T = TypeVar("T")
#: Seconds within which everything received has its outcome.
A_MINUTE = 60
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Answer:
    """What came over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other."""

    def redirect_request(self, *_: Any) -> None:
        return None


_direct.add_handler(_Stay())


class Desk:
    """See the module."""

    def __init__(self, cloud: RunningCloud) -> None:
        self.cloud = cloud

    @property
    def dev(self) -> Mapping[str, Any]:
        return self.cloud.dev

    # ── ways in ───────────────────────────────────────────────────────────────────────────────────────────────────

    def send(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request as it is; `url` is a path of the API, or whole."""
        whole = url if url.startswith("http") else f"{self.dev['api_url']}{url}"
        request = urllib.request.Request(whole, body, dict(headers or {}), method=method)
        try:
            with _direct.open(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def create(self, query: str = "", *, key: str = "", **values: Any) -> Answer:
        """`POST /v1/leads`."""
        headers = {"Authorization": f"Bearer {self.dev['api_key']}", "Content-Type": "application/json"}
        headers |= {"Idempotency-Key": key} if key else {}
        return self.send("POST", f"/v1/leads{query}", json.dumps(values).encode(), headers)

    def post_form(self, **fields: str) -> Answer:
        """A website form's post."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        return self.send("POST", f"/f/{self.dev['form_id']}", urlencode(fields).encode(), headers)

    def drop(self, name: str, content: bytes) -> None:
        """Put a file into the imports bucket."""
        self.cloud.client("s3").put_object(Bucket=self.dev["imports_bucket"], Key=f"incoming/{name}", Body=content)

    def mail(self, text: str, *, sender: str, address: str, subject: str, message_id: str) -> None:
        """Send an e-mail to the mailbox."""
        message = EmailMessage()
        message["From"] = f'"{sender}" <{address}>'
        message["To"] = self.dev["mailbox"]
        message["Subject"] = subject
        message["Message-ID"] = message_id
        message.set_content(text)
        host, port = self.dev["smtp"].split(":")
        with smtplib.SMTP(host, int(port), timeout=20) as smtp:
            smtp.send_message(message, address, [self.dev["mailbox"]])

    def call(self, call_id: str, number: str, event: str = "missed", at: str = "2026-11-23T09:00:00Z") -> Answer:
        """A telephone system's webhook."""
        body = {"call_id": call_id, "event": event, "direction": "in", "from": number, "to": "+493099999999", "at": at}
        return self.send("POST", self.dev["call_url"], json.dumps(body).encode(), {"Content-Type": "application/json"})

    # ── what came of it ───────────────────────────────────────────────────────────────────────────────────────────

    def get(self, path: str) -> Any:
        """The JSON of an answer that must be 200."""
        answer = self.send("GET", path, headers={"Authorization": f"Bearer {self.dev['api_key']}"})
        assert answer.status == 200, answer.body
        return answer.json

    def cards(self) -> list[dict[str, Any]]:
        """All leads as lists show them, newest first."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while cursor is not None:
            page = self.get(f"/v1/leads?limit=200&cursor={quote(cursor)}")
            found += page["data"]
            cursor = page["next_cursor"]
        return found

    def leads_of(self, *, name: str = "", phone: str = "", email: str = "") -> list[dict[str, Any]]:
        """The leads of a person, whole, oldest first."""
        listed = [
            card
            for card in self.cards()
            if (name and card["name"] == name)
            or (phone and card["phone"] == phone)
            or (email and card["email"] == email)
        ]
        return [self.get(f"/v1/leads/{card['id']}") for card in reversed(listed)]

    def timeline(self, lead_id: str) -> list[dict[str, Any]]:
        """All entries of a lead, newest first."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while cursor is not None:
            page = self.get(f"/v1/leads/{lead_id}/timeline?limit=200&cursor={quote(cursor)}")
            found += page["data"]
            cursor = page["next_cursor"]
        return found

    def receipts(self, query: str = "") -> list[dict[str, Any]]:
        """The newest receipts."""
        return list(self.get(f"/v1/intake/receipts?limit=200{query}")["data"])

    def reconciliation(self) -> dict[str, Any]:
        """The ledger's sums."""
        return dict(self.get("/v1/intake/reconciliation"))

    def everything_is_accounted_for(self) -> dict[str, Any]:
        """Within a minute nothing is pending; received is the sum of all outcomes; nothing is left over."""
        sums = eventually(self.reconciliation, lambda sums: sums["pending"] == 0, seconds=A_MINUTE)
        assert sums["received"] == sum(sums["outcomes"].values()) + sums["pending"]
        assert (sums["pending"], sums["unaccounted"]) == (0, [])
        return sums

    def replay(self, receipt_id: str) -> None:
        """Run a pending receipt again."""
        key = {"Authorization": f"Bearer {self.dev['api_key']}"}
        answer = self.send("POST", f"/v1/intake/receipts/{receipt_id}/replay", b"", key)
        assert answer.status == 200, answer.body

    def sweep(self) -> None:
        """Let the sweep's minute come now."""
        functions = self.cloud.client("lambda").list_functions()["Functions"]
        (name,) = [found["FunctionName"] for found in functions if "-Sweep-" in found["FunctionName"]]
        event = {"id": "e", "detail-type": "Scheduled Event", "source": "aws.events", "account": "0", "time": "",
                 "region": self.dev["region"], "resources": [], "detail": {}, "version": "0"}  # fmt: skip
        answer = self.cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
        assert "FunctionError" not in answer, answer["Payload"].read()


def eventually(look: Callable[[], T], is_good: Callable[[T], bool], *, seconds: float = 20) -> T:
    """What `look` sees once it is good; after so many seconds whatever it sees then."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if is_good(seen) or time.monotonic() > deadline:
            return seen
        time.sleep(0.1)
