"""Every way in, as a stage for the harness: what is there before, one delivery, and what it is in the model's words."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock
from urllib.parse import urlencode

from chalice.app import Chalice

from tests import moves, wire
from tests.api.client import Client
from tests.faults.harness import Crash, Injector, Refused, Story
from tests.faults.model import Model, Sent
from tests.faults.world import API_KEY, CALL_KEY, Kept, World, follow

AENNE = {"name": "Änne Öztürk", "phone": "+4917604069012", "email": "aenne@example.de"}
JOERG = {"name": "Jörg Müßig", "phone": "+493012345678", "email": "joerg@example.org"}


class Context:
    """What Lambda tells a function of itself. `looks`: after as many looks at the clock the time is up."""

    aws_request_id = "request-of-the-poller"

    def __init__(self, looks: int = 1_000_000) -> None:
        self._looks = looks

    def get_remaining_time_in_millis(self) -> int:
        self._looks -= 1
        return 300_000 if self._looks >= 0 else 1_000


@dataclass(frozen=True)
class Delivery:
    """One delivery through a door.

    Attributes:
        send: hand it over; returns what the sender was told. Raises Refused.
        sent: the same for the model.
        once: however often it is delivered, it counts once.
    """

    send: Callable[[World], Any]
    sent: tuple[Sent, ...]
    once: bool = True


@dataclass
class Entry:
    """A stage of the harness.

    Attributes:
        doors: the registered functions it goes through, as `doors_of` names them.
        before: deliveries that came before, without trouble.
        arrange: what else is to be there, past the wire.
        expect: further things that must hold afterwards.
        becomes: what the model is told instead of `before`, once the delivery had its effect.
        certain: it will have its effect, whether the sender comes back or not.
        long: its plays take so long, and a shorter story goes the same way, that they are left to `make test-all`.
        partly: what the model is told where a sender did not come back for the rest of what it sent at once.
        otherwise: what the model may be told instead, by what is there: where an outage hid something that decides.
    """

    name: str
    doors: tuple[str, ...]
    world: World
    delivery: Delivery
    before: tuple[Delivery, ...] = ()
    arrange: Callable[[World], Any] = lambda world: None
    expect: Callable[[World, Story], Iterable[str]] = lambda world, story: ()
    becomes: tuple[Sent, ...] = ()
    certain: bool = False
    always_redelivered: bool = False
    partly: tuple[tuple[Sent, ...], ...] = ()
    otherwise: Callable[[World], tuple[Sent, ...]] = lambda world: ()
    long: bool = False
    _kept: Kept | None = None
    _empty: Kept | None = None

    def reset(self) -> None:
        if self._kept is None:
            self._empty = self.world.keep()
            lagging, self.world.shim.lagging = self.world.shim.lagging, False  # what came before is long known
            for delivery in self.before:
                delivery.send(self.world)
            settle(self.world)
            self.arrange(self.world)
            self.world.shim.lagging = lagging
            self._kept = self.world.keep()
        self.world.put_back(self._kept)

    def leave(self) -> None:
        """The world as it was before this entry."""
        if self._empty:
            self.world.put_back(self._empty)

    def deliver(self) -> Any:
        return self.delivery.send(self.world)

    def restart(self) -> None:
        self.world.restart()

    def settle(self) -> None:
        settle(self.world)

    def violations(self, story: Story) -> list[str]:
        wrong = self.world.violations()
        present = told(self.world)
        possible = [told_by(self._model(times)) for times in self._times(story)]
        if not story.acknowledged:
            possible += [told_by(Model(sent)) for sent in self.partly]
        if otherwise := self.otherwise(self.world):
            possible.append(told_by(Model(otherwise)))
        if present not in possible:
            wrong += [f"model: - {line}" for line in possible[0] if line not in present]
            wrong += [f"model: + {line}" for line in present if line not in possible[0]]
            wrong += [] if set(present) != set(possible[0]) else ["model: the same lines in other numbers"]
        return wrong + list(self.expect(self.world, story))

    def _times(self, story: Story) -> range:
        """How often the delivery may have had its effect."""
        if self.always_redelivered or self.certain:
            return range(1, 2)
        if self.delivery.once:
            return range(int(story.acknowledged), 2)
        return range(len(story.answers), story.attempts + 1)

    def _model(self, times: int) -> Model:
        if times and self.becomes:
            return Model(self.becomes)
        earlier = [sent for delivery in self.before for sent in delivery.sent]
        return Model([*earlier, *self.delivery.sent * times])


# ── what the world tells ──────────────────────────────────────────────────────────────────────────────────────────


def told(world: World) -> list[str]:
    """The world in the model's words."""
    items = world.items()
    entries: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        if item["sk"].startswith("T#") and not item["origin"].startswith(moves.ORIGIN):
            entries.setdefault(item["pk"], []).append(item)
    leads = [_told_lead(item, entries.get(item["pk"], [])) for item in items if item.get("type") == "lead"]
    outcomes: Counter[str] = Counter()
    for item in items:
        if item.get("type") == "receipt":
            outcomes[f"{item['source']} {item['outcome']}"] += 1
        if item["pk"].startswith("J#") and item["sk"] == "~":
            for name in ("created", "attached", "rejected", "skipped", "updated"):
                outcomes[f"row {name}"] += item.get(f"{name}_rows", 0)
    return sorted(leads) + [f"{n} {outcome}" for outcome, n in sorted(outcomes.items()) if n]


def told_by(model: Model) -> list[str]:
    """The model in the same words."""
    people = [_line(p.name, p.source, p.values, p.duplicate + p.state, p.entries, p.tasks) for p in model.people]
    return sorted(people) + [f"{n} {outcome}" for outcome, n in sorted(model.outcomes.items())]


def _told_lead(lead: Mapping[str, Any], entries: Iterable[Mapping[str, Any]]) -> str:
    values = {each["e164"] for each in lead.get("details", {}).get("phones", ())}
    values |= {each["address"] for each in lead.get("details", {}).get("emails", ())}
    kinds: Counter[str] = Counter()
    opening = {"type": "?", **lead["opening"]}
    if opening["type"] == "api":
        opening["type"] = "form_submission"  # as what joins a lead by the API
    for entry in [opening, *(entry for entry in entries if entry["type"] != "task")]:
        kinds[entry["type"]] += 1
        kinds["event"] += max(0, len(entry.get("data", {}).get("events", ())) - 1)
    tasks = sum(entry["type"] == "task" and "done" not in entry for entry in entries)
    marks = " duplicate" if lead.get("duplicate_of") else ""
    marks += f" {lead['status']}" if lead["status"] != "new" else ""
    marks += " deleted" if "deleted_at" in lead else ""
    return _line(lead.get("name", "-"), lead["source"], values, marks, kinds, tasks)


def _line(name: str, source: str, values: set[str], marks: str, kinds: Counter[str], tasks: int) -> str:
    entries = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()) if n)
    return f"{name} by {source} {sorted(values)}{marks}: {entries}; {tasks} tasks"


# ── time passes ───────────────────────────────────────────────────────────────────────────────────────────────────

HANDLERS = {"intake": "receive_queued", "imports": "import_file", "mail": "receive_mail", "work": "work_on"}
MOST_MINUTES = 12


def settle(world: World) -> None:
    """Minutes pass: queues are handed out, the sweep runs, until nothing is left and it finds nothing more to do."""
    for _ in range(MOST_MINUTES):
        for queue in HANDLERS:
            world.hand_out(queue, trigger(queue))
        follow_stream(world)
        world.later(400)
        seen_to = sweep(world)
        follow_stream(world)
        if world.is_quiet() and not seen_to:
            return


def follow_stream(world: World) -> None:
    """The stream is handed out; what its function does not take comes again."""
    with contextlib.suppress(Exception):
        world.catch_up()


def sweep(world: World, context: Any = None) -> Any:
    """The schedule strikes."""
    from chalicelib.triggers.sweep import sweep as door

    event = {"id": "e", "detail-type": "Scheduled Event", "source": "aws.events", "account": "1", "time": "",
             "region": "eu-central-1", "resources": [], "detail": {}, "version": "0"}  # fmt: skip
    return door(event, context or Context())


def trigger(queue: str, context: Callable[[], Any] = Context) -> Callable[[dict[str, Any], Any], Any]:
    """The function behind a queue, as the poller calls it."""
    from chalicelib.triggers import imports, inbound_mail, intake_queue, work

    door = getattr(
        {"intake": intake_queue, "imports": imports, "mail": inbound_mail, "work": work}[queue], HANDLERS[queue]
    )
    return lambda event, _: door(event, context())


# ── over HTTP ─────────────────────────────────────────────────────────────────────────────────────────────────────

_in_this_thread = threading.local()


def app() -> Chalice:
    """The app; each thread has its own current request, as each container has in the cloud."""
    from app import app as built

    if not isinstance(Chalice.__dict__.get("current_request"), property):
        for name in ("current_request", "lambda_context"):
            setattr(Chalice, name, property(*_thread_local(name)))
    return built


def _thread_local(name: str) -> tuple[Callable[[Any], Any], Callable[[Any, Any], None]]:
    return (
        lambda self: getattr(_in_this_thread, name, None),
        lambda self, value: setattr(_in_this_thread, name, value),
    )


def over_http(method: str, url: str, **options: Any) -> dict[str, Any]:
    """One request. Returns status, headers and body of a 2xx or 3xx. Raises Refused; a 500 is an oddity."""
    reply = Client(app(), key=API_KEY).request(method, url, **options)
    if reply.status >= 400:
        retry_later = reply.status == 503 and "Retry-After" in reply.headers
        raise Refused(f"{method} {url} → {reply.status} {reply.text[:300]}", odd=not retry_later)
    body = json.loads(reply.body) if reply.body[:1] in (b"{", b"[") else reply.text
    return {"status": reply.status, "location": reply.headers.get("Location"), "body": body}


def created_by_api(person: Mapping[str, str], key: str = "", joins: bool = False, closed: bool = False) -> Delivery:
    """`POST /v1/leads`; `closed`: as junk."""
    body = {"name": person["name"]}
    body |= {name: person[name] for name in ("phone", "email") if name in person}
    body |= {"status": "junk", "lost_reason": "spam"} if closed else {}
    headers = {"Idempotency-Key": key} if key else {}
    url = "/v1/leads" + ("?on_duplicate=attach" if joins else "")
    sent = Sent("api", "form_submission", joins=joins, state=" junk" if closed else "", **person)
    return Delivery(lambda world: over_http("POST", url, json=body, headers=headers), (sent,), once=bool(key))


def form(
    person: Mapping[str, str], key: str = "k1", verdict: str = "", form: str = "frm_demo", **more: str
) -> Delivery:
    """`POST /f/{form_id}` by a browser's script."""
    fields = {"vorname": person["name"].split()[0], "nachname": person["name"].split()[-1], "_key": key, **more}
    fields |= {name: person[source] for name, source in (("telefon", "phone"), ("e-mail", "email")) if source in person}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    body = urlencode(fields).encode()
    sent = Sent("web_form", "form_submission", verdict=verdict, **person)
    return Delivery(lambda world: over_http("POST", f"/f/{form}", body=body, headers=headers), (sent,))


def call(event: str, number: str, call_id: str = "c-1", verdict: str = "") -> Delivery:
    """The generic webhook."""
    body = {"call_id": call_id, "event": event, "direction": "in", "from": number, "to": "+493099999999",
            "at": "2026-11-23T09:00:00Z"}  # fmt: skip
    url = f"/hooks/generic/chn_demo?key={CALL_KEY}"
    sent = Sent("call", "call", phone=number, verdict=verdict, task=event == "missed", thread=call_id, adopts=False)
    return Delivery(lambda world: over_http("POST", url, json=body), (sent,))


# ── from AWS ──────────────────────────────────────────────────────────────────────────────────────────────────────


def handed(queue: str, message: Mapping[str, Any], context: Callable[[], Any] = Context) -> Callable[[World], str]:
    """A message delivered by its queue: the one that was given back, else the same again."""

    def send(world: World) -> str:
        if not world.waiting(queue):
            world.send(queue, message)
        world.hand_out(queue, trigger(queue, context))
        if world.waiting(queue):
            raise Refused("given back to the queue")
        return "taken"

    return send


def sqs_event(message: Mapping[str, Any]) -> dict[str, Any]:
    """One message, as the poller hands it to the function."""
    return {"Records": [{"messageId": "m", "receiptHandle": "h", "body": json.dumps(message), "attributes": {}}]}


def object_created(key: str) -> dict[str, Any]:
    """What S3 sends."""
    return {
        "Records": [
            {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "imports"}, "object": {"key": key, "size": 1}}}
        ]
    }


def mail_written(key: str) -> dict[str, Any]:
    """What SES tells SNS, and SNS the queue."""
    message = {
        "notificationType": "Received",
        "receipt": {
            "recipients": ["leads@leadger.test"],
            **{f"{name}Verdict": {"status": "PASS"} for name in ("spam", "virus", "spf", "dkim", "dmarc")},
            "action": {"type": "S3", "bucketName": "mail", "objectKey": key},
        },
        "mail": {"source": "aenne@example.de", "messageId": "m1", "destination": ["leads@leadger.test"]},
    }
    return {"Type": "Notification", "Message": json.dumps(message)}


def mail(text: str, key: str, sent: Sent) -> tuple[Callable[[World], None], Delivery]:
    """(put the mail into the bucket, its announcement)."""
    body = text.replace("\n", "\r\n").encode()
    return (
        lambda world: world.put_object("mail", key, body),
        Delivery(handed("mail", mail_written(key)), (sent,)),
    )


def file(
    text: str, sent: Iterable[Sent], context: Callable[[], Any] = Context, whole: str = "accepted"
) -> tuple[Callable[[World], None], Delivery]:
    """(put the file into the bucket, its announcement)."""
    key = "incoming/Messe Köln.csv"
    announcement = object_created("incoming/Messe+K%C3%B6ln.csv")
    return (
        lambda world: world.put_object("imports", key, text.encode()),
        Delivery(handed("imports", announcement, context), (Sent("csv", "", verdict=whole), *sent)),
    )


def row(person: Mapping[str, str], **more: Any) -> Sent:
    """A row of a file."""
    return Sent("csv", "import_row", counted_as="row", **person, **more)


ENQUIRY = """\
From: =?utf-8?q?=C3=84nne_=C3=96zt=C3=BCrk?= <aenne@example.de>
To: leads@leadger.test
Subject: Photovoltaik
Date: Mon, 23 Nov 2026 09:00:00 +0100
Message-ID: <first@example.de>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Guten Tag, bitte rufen Sie mich zurück.
"""
REPLY = (
    ENQUIRY.replace("<first@example.de>", "<second@example.de>\nIn-Reply-To: <first@example.de>")
    .replace("Subject: ", "Subject: Re: ")
    .replace("bitte rufen", "noch etwas: bitte rufen")
)
OUT_OF_OFFICE = ENQUIRY.replace("MIME-Version", "Auto-Submitted: auto-replied\nMIME-Version").replace("first@", "auto@")
MAILED = Sent("email", "email", name="Änne Öztürk", email="aenne@example.de", thread="mail", adopts=False)
CSV = "Name;Telefon;E-Mail\nÄnne Öztürk;0176 04069012;aenne@example.de\n"
CSV += "A. Öztürk;;aenne@example.de\n;;\n;keine;nirgends\n"


def left_pending(delivery: Delivery, *, after: str) -> Callable[[World], None]:
    """The process died right after the first `after` of a delivery, and nobody came back."""

    def arrange(world: World) -> None:
        counted = Injector()
        kept = world.keep()
        with wire.standing_at_the_wire(counted):
            delivery.send(world)
        world.put_back(kept)
        number = counted.operations.index(after)
        try:
            with wire.standing_at_the_wire(Injector({number: "crash after"})):
                delivery.send(world)
        except Crash:
            world.restart()

    return arrange


def not_stored(arrange: Callable[[World], None], delivery: Delivery) -> Delivery:
    """A file that was put there before, and broke its reader."""

    def send(world: World) -> Any:
        arrange(world)
        with mock.patch("chalicelib.sources.csv_file.count_rows", side_effect=ValueError):
            return delivery.send(world)

    return Delivery(send, (Sent("csv", "", verdict="needs_attention"),))


def without(person: Mapping[str, str], name: str) -> dict[str, str]:
    """A person of whom less is known."""
    return {key: value for key, value in person.items() if key != name}


def seen(arrange: Callable[[World], Any], delivery: Delivery) -> Callable[[World], Any]:
    """An object put there and delivered."""

    def send(world: World) -> Any:
        arrange(world)
        return delivery.send(world)

    return send


def swept(world: World) -> str:
    """Later the schedule strikes; what is left is left to the next one."""
    world.later(2_200)
    sweep(world)
    return "swept"


def swept_between(delivery: Delivery, queue: str) -> Delivery:
    """Each time the queue has to hand it out again, six minutes have passed, and the sweep has come every minute."""

    def send(world: World) -> Any:
        if world.waiting(queue):
            for _ in range(6):
                world.clock.wait(60)
                sweep(world)
        return delivery.send(world)

    return replace(delivery, send=send)


def taken_up(world: World) -> str:
    """The intake queue hands out the id of the one receipt there is."""
    return handed("intake", {"receipt": _receipt_of(world)})(world)


def at_receipt(action: str) -> Callable[[World], Any]:
    """Somebody at the console lets the one receipt there is run again."""
    return lambda world: over_http("POST", f"/v1/intake/receipts/rcp_{_receipt_of(world)}/{action}")


def at_pending(world: World, action: str) -> Any:
    """The same for the one receipt that the door of a form left pending."""
    (receipt,) = [each for each in world.of_type("receipt") if each["source"] == "web_form"]
    return over_http("POST", f"/v1/intake/receipts/rcp_{receipt['pk'].removeprefix('R#')}/{action}")


def task_done(world: World) -> Any:
    """Somebody has called back."""
    (task,) = world.of_type("task")
    lead, entry = task["pk"].removeprefix("L#"), task["sk"].removeprefix("T#")
    answer = over_http("PATCH", f"/v1/tasks/tsk_L{lead}{entry}", json={"done": True})
    return answer["body"]["done"]


def _receipt_of(world: World) -> str:
    (receipt,) = world.of_type("receipt")
    return str(receipt["pk"].removeprefix("R#"))


def followed(world: World) -> str:
    """The stream is handed out to its end, and all of it once more."""
    world.catch_up()
    world.stream.hand_out_again(follow)
    return "followed"


def received(*deliveries: Delivery) -> Callable[[World], None]:
    """Deliveries that came without trouble; nobody has followed them yet."""

    def arrange(world: World) -> None:
        for delivery in deliveries:
            delivery.send(world)

    return arrange


def moved(world: World) -> None:
    """Two leads live through everything that a board shows; nobody has followed it yet."""
    aenne, joerg = sorted(item["pk"].removeprefix("L#") for item in world.of_type("lead"))
    now = world.clock.now
    moves.move(aenne, "in_process", now())
    moves.revalue(aenne, now(), amount={"amount": "1234.50", "currency": "EUR"}, title="Dach, Wärmepumpe und Öl")
    moves.assign(aenne, "usr_1", now())
    moves.move(aenne, "junk", now())
    moves.delete(joerg, now())
    moves.restore(joerg, now())
    moves.revalue(joerg, now(), amount={"amount": "7", "currency": "JPY"})
    moves.delete(joerg, now())


#: The same in the model's words.
MOVED = (
    Sent("api", "form_submission", state=" junk", **AENNE),
    Sent("api", "form_submission", state=" deleted", **JOERG),
)


def same_answers(world: World, story: Story) -> Iterable[str]:
    """I9, R2: whoever repeats a request gets the same answer."""
    if any(answer != story.answers[0] for answer in story.answers):
        yield f"R2 the answers differ: {story.answers}"


def all_entries(world: World) -> list[Entry]:
    """`ENTRIES`: every door with every story worth telling. A new door gets its stories here."""
    known = (created_by_api(AENNE),)
    mailed, mail_announced = mail(ENQUIRY, "incoming/m1", MAILED)
    replied, reply_announced = mail(REPLY, "incoming/m2", MAILED)
    automatic, automatic_announced = mail(OUT_OF_OFFICE, "incoming/m3", Sent("email", "email", verdict="ignored"))
    people = (row(AENNE), row({"name": "A. Öztürk", "email": "aenne@example.de"}),
              Sent("csv", "", counted_as="row", verdict="rejected"))  # fmt: skip
    dropped, file_announced = file(CSV, people)
    no_list, refusal_announced = file("Farbe;Form\ngrün;rund\n", (), whole="rejected")
    broken = not_stored(dropped, file_announced)
    _, file_in_pieces = file(CSV, people, lambda: Context(looks=2))
    clash = {"name": "Änne Öztürk", "phone": JOERG["phone"], "email": AENNE["email"]}
    missed, number = call("missed", AENNE["phone"]), AENNE["phone"]
    answered, without_task = call("answered", number), replace(missed.sent[0], task=False)

    def entry(name: str, door: str, delivery: Delivery, *before: Delivery, **more: Any) -> Entry:
        return Entry(name, (door,), world, delivery, before, **more)

    def queued(name: str, door: str, delivery: Delivery, *before: Delivery, **more: Any) -> Entry:
        return entry(name, door, delivery, *before, always_redelivered=True, **more)

    from tests.faults.settings_entries import assigned_entries, settings_entries

    api, posts, hooks = "POST /v1/leads", "POST /f/{form_id}", "POST /hooks/{provider}/{channel_id}"
    from tests.faults import file_stories, form_stories, lead_writes, work_stories

    stories = [
        *lead_writes.stories(world),
        *form_stories.stories(world),
        *work_stories.stories(world),
        entry("API create", api, created_by_api(AENNE)),
        entry("API create with Idempotency-Key", api, created_by_api(AENNE, key="k-1"), expect=same_answers),
        entry("API create of a known person", api, created_by_api(AENNE, key="k-1"), *known, expect=same_answers),
        entry("API attach to a known person", api, created_by_api(clash, "k-1", joins=True), *known,
              expect=same_answers),
        entry("API create of a known person, as junk", api, created_by_api(AENNE, key="k-1", closed=True), *known,
              expect=same_answers),
        entry("form, new person", posts, form(AENNE)),
        entry("form, known person", posts, form(AENNE), *known),
        entry("form, known person with a new phone", posts, form(clash), created_by_api(without(AENNE, "phone"))),
        entry("form, two persons clash", posts, form(clash), *known, created_by_api(JOERG)),
        *file_stories.stories(world),
        entry("form, honeypot", posts, form(AENNE, verdict="quarantined", _hp="x")),
        entry("call missed, new number", hooks, missed),
        entry("call missed, known number", hooks, missed, *known),
        entry("call missed, no id", hooks, call("missed", number, "")),
        entry("call missed again, task is open", hooks, call("missed", number, "c-2"), missed),
        entry("call missed after it ended", hooks, missed, call("ended", number)),
        entry("call answered after all", hooks, answered, missed, becomes=(without_task, *answered.sent)),
        entry("call missed after it was answered", hooks, missed, answered, becomes=(*answered.sent, without_task)),
        entry("task done", "PATCH /v1/tasks/{task_id}", Delivery(task_done, ()), missed,
              becomes=(without_task,)),
        entry("call ringing", hooks, call("ringing", number, verdict="ignored")),
        queued("CSV object", "imports", file_announced, arrange=dropped),
        queued("CSV object, time is up after each row", "imports", file_in_pieces, arrange=dropped, long=True),
        queued("CSV object that is no list", "imports", refusal_announced, arrange=no_list),
        queued("CSV object, put there again after it broke its reader", "imports", file_announced, broken, long=True,
               arrange=dropped, becomes=file_announced.sent),
        queued("mail, new person", "mail", mail_announced, arrange=mailed),
        queued("mail, known person", "mail", mail_announced, *known, arrange=mailed),
        queued("mail, known person, swept before it comes again", "mail", swept_between(mail_announced, "mail"), *known,
               arrange=mailed),
        queued("mail, reply in a thread", "mail", reply_announced, Delivery(seen(mailed, mail_announced), (MAILED,)),
               arrange=replied),
        queued("mail, out of office", "mail", automatic_announced, arrange=automatic),
        queued("intake queue: a pending receipt", "intake", Delivery(taken_up, form(AENNE).sent),
               arrange=left_pending(form(AENNE), after="PutItem")),
        queued("sweep: a pending form", "sweep", Delivery(swept, form(AENNE).sent),
               arrange=left_pending(form(AENNE), after="PutItem")),
        queued("sweep: a mail nobody announced", "sweep", Delivery(swept, (MAILED,)), arrange=mailed),
        queued("sweep: a file nobody announced", "sweep", Delivery(swept, file_announced.sent), arrange=dropped),
        entry("replay", "POST /v1/intake/receipts/{receipt_id}/replay",
              Delivery(at_receipt("replay"), form(AENNE).sent), certain=True,
              arrange=left_pending(form(AENNE), after="PutItem")),
        entry("release", "POST /v1/intake/receipts/{receipt_id}/release", Delivery(at_receipt("release"), ()),
              form(AENNE, verdict="quarantined", _hp="x"), becomes=form(AENNE).sent),
        entry("release of a file", "POST /v1/intake/receipts/{receipt_id}/release",
              Delivery(at_receipt("release"), ()), broken, becomes=file_announced.sent),
        *settings_entries(entry),
        queued("stream: new leads", "derive", Delivery(followed, (*form(AENNE).sent, *form(JOERG, "k2").sent)),
               arrange=received(form(AENNE), form(JOERG, "k2")), certain=True),
        queued("stream: moves, amounts, hands, deletion", "derive", Delivery(followed, ()), *known,
               created_by_api(JOERG), arrange=moved, becomes=MOVED),
    ]  # fmt: skip
    return [*stories, *assigned_entries(stories)]


def doors_of(chalice: Chalice) -> set[str]:
    """Every registered function that can write: operations with a writing method, and event handlers.

    Chalice registers every path with every method (the unused ones answer 405), so operations are read from `DOORS`,
    and a path that is registered past them counts with all its writing methods.
    """
    from chalicelib.api import doors

    operations = [operation for door in doors() for operation in door.operations]
    ours = {operation.path for operation in operations}
    past = {f"{method} {path}" for path, methods in chalice.routes.items() if path not in ours for method in methods}
    named = {f"{operation.method} {operation.path}" for operation in operations}
    views = {entry.view_name for methods in chalice.routes.values() for entry in methods.values()}
    return {door for door in named | past if not door.startswith(("GET ", "HEAD "))} | (
        set(chalice.handler_map) - views
    )
