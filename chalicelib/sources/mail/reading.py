"""A mail → Inbound: who writes, what is new, where it belongs, and whether it is an enquiry at all.

What is not here yet and belongs here: persons named only in the body of a contact form's notification, mails that
colleagues forward, phones in signatures, automatic answers known only by their subject, a thread token of our own
(issue 7). Until then such a mail makes a lead of its own, or lands where its headers say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from chalicelib.domain.errors import Problem
from chalicelib.domain.inbound import Inbound, Raw, Reading, Verdict
from chalicelib.sources.mail import gate
from chalicelib.sources.mail.addresses import MOST_ADDRESSES, Address, parse_addresses
from chalicelib.sources.mail.html_text import text_of_html
from chalicelib.sources.mail.identity import follows, leaves, message_ids
from chalicelib.sources.mail.mime import Headers, Message, Part, parse
from chalicelib.sources.mail.quotes import TEXT_LIMIT, new_text

#: Characters of a text on the timeline; the whole mail is in the receipt.
SHOWN_TEXT = 20_000
MOST_ATTACHMENTS_SHOWN = 50

_PREFIXES = re.compile(
    r"(?:(?:re|aw|antw|antwort|fwd?|wg|tr|rv|sv|vs|vb|rif|odp|ynt|回复|转发)\s*(?:\[\d+\]|\(\d+\))?\s*[:：]\s*)+", re.I
)
_SEE_HTML = re.compile(r"html", re.I)
#: Local parts of senders that are programs: the person is in Reply-To.
_PROGRAMS = re.compile(
    r"(?:no-?_?reply|do-?not-?reply|wordpress|wp|www-data|www|apache|nobody|mailer|webmail|web|webserver|server|form|forms|"
    r"formular|kontaktformular|contact-?form|notifications?|notify|noreply.*|donotreply.*)$",
    re.I,
)


def read(raw: Raw, reading: Reading) -> Inbound:
    """Read one mail. Never raises: what cannot be read waits for a person, and the raw is kept.

    Args:
        raw: `body` is the mail as received; `detail` the mailbox it came to. `meta`, all optional: `envelope_to`
            (comma separated), `envelope_from` (empty or `<>` = null sender; leave it out when it is not known),
            `spam_verdict`, `virus_verdict`, `dmarc_verdict` (PASS FAIL GRAY PROCESSING_FAILED DISABLED), `object`
            (bucket and key).
        reading: `own_domains` and `own_addresses` tell colleagues, websites and our mailboxes from customers.

    Returns:
        entry_type `email`; `entry` has `subject from to text new_text attachments message_id quoted` and, where there
        are such, `reply_to cc mailbox tag`. `may_adopt` only after a DMARC PASS: anybody can write a From.
    """
    try:
        return _read(raw, reading)
    except Exception as error:  # whatever somebody sends must end in an outcome; the queue goes on
        return _unreadable(raw, f"reading it failed with {type(error).__name__}")


def _read(raw: Raw, reading: Reading) -> Inbound:
    message = parse(raw.body)
    if not any(name in message.headers for name in ("from", "sender", "subject", "message-id", "reply-to", "to")):
        return _unreadable(raw, "it has none of the headers that make a mail")
    people = _people(message.headers, raw, reading)
    problems = [*message.problems, *people.problems]
    signs = _signs(message, people, raw.meta)
    text = _text(message.parts)
    new = new_text(text)
    # A forwarded mail without a word of one's own is all quote: then the quote is what was said.
    said = new.text or text.strip()
    verdict = gate.judge(signs)
    return Inbound(
        raw=raw,
        values=_values(message.headers, people.person, said),
        entry_type="email",
        entry=_entry(raw, message, people, text=text, new=said, quoted=new.has_quote),
        problems=tuple(problems),
        verdict=verdict,
        # A forged mail must not reach into a thread either, not even after its release.
        follows=() if signs.dmarc == "FAIL" else follows(message.headers),
        leaves=() if signs.dmarc == "FAIL" else leaves(message.headers),
        occurred_at=_date(message.headers, raw.received_at),
        may_adopt=signs.dmarc == "PASS" and verdict is None,
    )


def _unreadable(raw: Raw, why: str) -> Inbound:
    detail = f"This mail could not be read: {why}. It is kept as it came."
    return Inbound(
        raw=raw,
        entry_type="email",
        problems=(Problem("", "unreadable_mail", detail),),
        verdict=Verdict("needs_attention", "unreadable_mail", detail),
        may_adopt=False,
    )


# Who


@dataclass(frozen=True)
class _People:
    sender: Address | None
    reply_to: Address | None
    to: list[Address]
    cc: list[Address]
    person: Address | None
    is_ours: bool
    is_form: bool
    problems: list[Problem]


def _people(headers: Headers, raw: Raw, reading: Reading) -> _People:
    senders, replies, to, cc = (parse_addresses(headers.raw(name)) for name in ("from", "reply-to", "to", "cc"))
    problems = []
    if max(map(len, (senders, replies, to, cc))) >= MOST_ADDRESSES:
        detail = f"A header names more than {MOST_ADDRESSES - 1} addresses; only the first {MOST_ADDRESSES} were read."
        problems.append(Problem("", "too_many_addresses", detail))
    sender = next(iter(senders or parse_addresses(headers.raw("sender"))), None)
    ours = _Ours.of(raw, reading)
    reply_to = next((reply for reply in replies if not ours.is_mailbox(reply)), None)
    passed_on = bool(
        sender and reply_to and not ours.is_colleague(reply_to) and reply_to.address.lower() != sender.address.lower()
    )
    is_form = bool(passed_on and sender and ours.is_colleague(sender))
    is_program = bool(sender and _PROGRAMS.match(sender.address.partition("@")[0]))
    person = reply_to if is_form or (passed_on and is_program) else sender
    if person and ours.is_colleague(person):
        detail = "The sender is one of us: the lead has no name and no address of a person."
        problems.append(Problem("from", "sender_is_ours", detail, person.address))
        person = None
    elif person is None:
        problems.append(
            Problem("from", "no_sender", "No header names an address to answer to.", headers.text("from")[:255])
        )
    return _People(sender, reply_to, to, cc, person, bool(sender and ours.is_mailbox(sender)), is_form, problems)


@dataclass(frozen=True)
class _Ours:
    mailboxes: frozenset[str]
    domains: frozenset[str]

    @classmethod
    def of(cls, raw: Raw, reading: Reading) -> _Ours:
        here = {_without_tag(address.lower()) for address in [raw.detail, *_recipients(raw.meta)] if "@" in address}
        return cls(reading.own_addresses | here, reading.own_domains)

    def is_mailbox(self, address: Address) -> bool:
        return _without_tag(address.address.lower()) in self.mailboxes

    def is_colleague(self, address: Address) -> bool:
        return self.is_mailbox(address) or address.domain in self.domains


def _recipients(meta: Mapping[str, str]) -> list[str]:
    return [address.strip() for address in meta.get("envelope_to", "").split(",")[:MOST_ADDRESSES] if address.strip()]


def _without_tag(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


# What


def _values(headers: Headers, person: Address | None, said: str) -> dict[str, object]:
    values: dict[str, object] = {}
    if person and person.name:
        values["name"] = person.name
    if person:
        values["emails"] = (person.address,)
    if title := _title(headers.text("subject")):
        values["title"] = title
    if said:
        values["comment"] = said
    return values


def _title(subject: str) -> str:
    prefixes = _PREFIXES.match(subject)
    return subject[prefixes.end() :] if prefixes else subject


def _entry(raw: Raw, message: Message, people: _People, *, text: str, new: str, quoted: bool) -> dict[str, object]:
    own = message_ids(message.headers.raw("message-id"))
    mailbox = next(iter(_recipients(raw.meta)), raw.detail)
    entry: dict[str, object] = {
        "subject": message.headers.text("subject")[:1_000],
        "from": people.sender.shown() if people.sender else message.headers.text("from")[:255],
        "to": [address.shown() for address in people.to],
        "text": text[:SHOWN_TEXT],
        "new_text": new[:SHOWN_TEXT],
        "attachments": _attachments(message.parts),
        "message_id": own[0] if own else "",
        "quoted": quoted,
    }
    found = {
        "reply_to": people.reply_to.shown() if people.reply_to else "",
        "cc": [address.shown() for address in people.cc],
        "mailbox": mailbox,
        "tag": mailbox.rpartition("@")[0].partition("+")[2],
    }
    return entry | {name: value for name, value in found.items() if value}


def _attachments(parts: tuple[Part, ...]) -> list[dict[str, object]]:
    return [
        _attachment(part)
        for part in parts
        if not _is_body(part) and not (part.type.startswith("text/") and not part.name)
    ][:MOST_ATTACHMENTS_SHOWN]


def _attachment(part: Part) -> dict[str, object]:
    shown: dict[str, object] = {"name": part.name, "type": part.type}
    return shown if part.is_cut else {**shown, "size": len(part.content())}


def _is_body(part: Part) -> bool:
    return part.type in ("text/plain", "text/html") and part.disposition != "attachment" and not part.name


def _text(parts: tuple[Part, ...]) -> str:
    """The text of a mail: its plain parts, or its HTML as text when they say nothing."""
    plain = "\n\n".join(_plain_text(part) for part in parts if _is_body(part) and part.type == "text/plain")
    says_nothing = not plain.strip() or (len(plain.strip()) < 300 and _SEE_HTML.search(plain))
    if says_nothing:
        shown = "\n\n".join(text_of_html(part.text()) for part in parts if _is_body(part) and part.type == "text/html")
        plain = shown if shown.strip() else plain
    return plain.replace("\r\n", "\n").replace("\r", "\n")[:TEXT_LIMIT].strip("\n")


def _plain_text(part: Part) -> str:
    text = part.text()[:TEXT_LIMIT]
    if part.parameters.get("format", "").lower() != "flowed":
        return text
    # RFC 3676: a line that ends in a blank goes on in the next one; `-- ` does not.
    return re.sub(r"(?<!\n--)(?<!^--) \r?\n(?![>\s]|-- )", " ", text)


def _date(headers: Headers, received_at: datetime) -> datetime | None:
    """The sender's Date in UTC; none when it is missing, broken, or from a clock that is years off."""
    try:
        sent = parsedate_to_datetime(headers.raw("date")[:100])
        sent = sent.replace(tzinfo=UTC) if sent.tzinfo is None else sent.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return sent if received_at - timedelta(days=365) < sent < received_at + timedelta(days=1) else None


# The gate


def _signs(message: Message, people: _People, meta: Mapping[str, str]) -> gate.Signs:
    headers = message.headers
    sender = people.sender.address.lower() if people.sender else ""
    return gate.Signs(
        headers=headers,
        type=message.type,
        report_type=message.parameters.get("report-type", "").lower() if message.type == "multipart/report" else "",
        parts=message.parts,
        sender=sender,
        is_ours=people.is_ours,
        is_form=people.is_form,
        null_sender=_has_null_sender(headers, meta),
        # Mail that came with a bucket notification has its verdicts only in headers, which SES writes on top.
        spam=_verdict(meta, "spam_verdict") or headers.word("x-ses-spam-verdict").upper(),
        virus=_verdict(meta, "virus_verdict") or headers.word("x-ses-virus-verdict").upper(),
        # Never from a header: anybody can write `Authentication-Results`.
        dmarc=_verdict(meta, "dmarc_verdict"),
        is_setup=_is_setup(headers, sender, meta),
    )


def _has_null_sender(headers: Headers, meta: Mapping[str, str]) -> bool:
    if "envelope_from" in meta:
        return meta["envelope_from"].strip() in ("", "<>")
    return headers.raw("return-path").strip() == "<>"


def _verdict(meta: Mapping[str, str], name: str) -> str:
    return meta.get(name, "").strip().upper()


def _is_setup(headers: Headers, sender: str, meta: Mapping[str, str]) -> bool:
    if meta.get("object", "").endswith("AMAZON_SES_SETUP_NOTIFICATION"):
        return True
    return sender == "no-reply-aws@amazon.com" and headers.text("subject") == "Amazon SES Setup Notification"
