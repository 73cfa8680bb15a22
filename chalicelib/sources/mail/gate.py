"""Is this mail an enquiry? A table of rules; the first that applies decides, and says so in words.

`ignored` is what nobody would ever release: bounces, automatic answers, receipts, our own mail. `quarantined` is what
might be an enquiry all the same: spam, newsletters, mails whose sender is not proved. Both are kept whole and can be
released. `X-Auto-Response-Suppress` alone is no sign: Outlook and ticket systems add it to mails by people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain.inbound import Verdict
from chalicelib.sources.mail.mime import Headers, Part


@dataclass(frozen=True)
class Signs:
    """What the rules look at.

    Attributes:
        headers: of the mail.
        type: of the mail, e.g. `multipart/report`.
        report_type: parameter of a `multipart/report`, lower case.
        parts: its parts.
        sender: From, lower case; may be empty.
        is_ours: From is one of our own mailboxes.
        is_form: From is ours, Reply-To is somebody else: our website passes on what a visitor wrote.
        null_sender: the envelope names nobody to answer to (RFC 5321 4.5.5).
        spam, virus, dmarc: the mail service's verdicts, upper case; empty when there is none.
        is_setup: the mail that SES writes into a bucket when a rule is made.
    """

    headers: Headers
    type: str
    report_type: str
    parts: tuple[Part, ...]
    sender: str
    is_ours: bool
    is_form: bool
    null_sender: bool
    spam: str
    virus: str
    dmarc: str
    is_setup: bool


@dataclass(frozen=True)
class Rule:
    """Attributes: reason: stable code · outcome · detail: one sentence for people · applies."""

    reason: str
    outcome: str
    detail: str
    applies: Callable[[Signs], bool]


def judge(signs: Signs, *, switched_off: frozenset[str] = frozenset()) -> Verdict | None:
    """The verdict of the first rule that applies and is not switched off (by reason); None for an enquiry."""
    for rule in RULES:
        if rule.reason not in switched_off and rule.applies(signs):
            return Verdict(rule.outcome, rule.reason, rule.detail)
    return None


def _is_auto_reply(signs: Signs) -> bool:
    submitted = signs.headers.word("auto-submitted")
    return (
        submitted.startswith(("auto-replied", "auto-notified"))
        or signs.headers.word("precedence") in ("auto_reply", "auto-reply")
        or any(
            name in signs.headers for name in ("x-autoreply", "x-autorespond", "x-autoreply-from", "x-mail-autoreply")
        )
    )


def _is_bounce(signs: Signs) -> bool:
    return (
        signs.report_type == "delivery-status"
        or "x-failed-recipients" in signs.headers
        or signs.sender.startswith("mailer-daemon@")
    )


def _is_calendar_reply(signs: Signs) -> bool:
    return any(
        part.type == "text/calendar"
        and (
            part.parameters.get("method", "").lower() == "reply" or b"\nMETHOD:REPLY" in part.content()[:4_096].upper()
        )
        for part in signs.parts
    )


def _is_auto_generated(signs: Signs) -> bool:
    # RFC 3834 section 5: anything but `no` is a machine. Websites that pass on a form may say so, too.
    return not signs.is_form and signs.headers.word("auto-submitted") not in ("", "no")


#: In this order. Safety first, then what says itself that it is no letter, then what is only suspicious.
RULES = (
    Rule("ses_setup", "ignored", "Amazon SES wrote this to test the mail bucket.", lambda signs: signs.is_setup),
    Rule("virus", "quarantined", "The mail service found a virus in it.", lambda signs: signs.virus == "FAIL"),
    Rule("spam", "quarantined", "The mail service takes it for spam.", lambda signs: signs.spam == "FAIL"),
    Rule(
        "own_address",
        "ignored",
        "It comes from one of our own mailboxes: answering or reading it would go round in circles.",
        lambda signs: signs.is_ours and not signs.is_form,
    ),
    Rule(
        "read_receipt",
        "ignored",
        "It only reports that a mail was opened (read receipt).",
        lambda signs: signs.report_type == "disposition-notification",
    ),
    Rule(
        "complaint",
        "ignored",
        "It is a complaint report of a mail provider (ARF).",
        lambda signs: signs.report_type == "feedback-report",
    ),
    Rule("bounce", "ignored", "It reports that a mail could not be delivered, or only late.", _is_bounce),
    Rule("report", "ignored", "It is a report of a mail system.", lambda signs: signs.type == "multipart/report"),
    Rule("auto_reply", "ignored", "It is an automatic answer, e.g. an out-of-office note.", _is_auto_reply),
    Rule(
        "null_sender",
        "ignored",
        "Its envelope names no sender, as only automatic messages do.",
        lambda signs: signs.null_sender and not signs.is_form,
    ),
    Rule("calendar_reply", "ignored", "It is the answer to an invitation.", _is_calendar_reply),
    Rule(
        "dmarc_fail",
        "quarantined",
        "The sender's domain says that it did not send this mail (DMARC).",
        lambda signs: signs.dmarc == "FAIL",
    ),
    Rule("auto_generated", "quarantined", "A machine wrote it (Auto-Submitted).", _is_auto_generated),
    Rule(
        "mailing_list",
        "quarantined",
        "It is a newsletter or comes from a mailing list.",
        lambda signs: (
            not signs.is_form
            and any(name in signs.headers for name in ("list-id", "list-unsubscribe", "list-post", "list-help"))
        ),
    ),
    Rule(
        "bulk",
        "quarantined",
        "It was sent to many (Precedence: bulk).",
        lambda signs: not signs.is_form and signs.headers.word("precedence") in ("bulk", "list", "junk"),
    ),
)
