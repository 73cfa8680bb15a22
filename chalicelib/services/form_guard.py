"""What is to be known of a post before it is written down: who sent it, how often, and whether it came from others too.

None of it may cost an enquiry: where the answer cannot be had, the post is taken in as if nothing spoke against it.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable
from datetime import datetime

from chalicelib import log
from chalicelib.domain.form import Form
from chalicelib.domain.form_limits import Decision
from chalicelib.services import workspace
from chalicelib.store import form_marks

#: Bits of an IPv6 address that one line has: the rest it chooses itself.
IPV6_LINE = 64
#: Hexadecimal digits of a hashed address.
_DIGITS = 16


def address_hash(ip: str, at: datetime) -> str:
    """What is kept of a visitor's address: equal ones are equal, nobody can tell which it is; empty for none.

    Args:
        ip: as the gateway says it. Of IPv6 the line counts (/64).
    Raises:
        Busy.
    """
    try:
        address = ipaddress.ip_address(ip.strip())
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or ipaddress.IPv6Network((int(address), IPV6_LINE), strict=False).network_address
    return _hash("address", str(address), at)


def count(form: Form, address: str, at: datetime) -> Decision | None:
    """Count one more post of an address (its hash); None where there is no limit, or it cannot be counted now."""
    if form.spam.per_minute is None or not address:
        return None
    try:
        return form_marks.count_post(
            form.id, address, at, per_minute=form.spam.per_minute, at_most=form.spam.at_most_per_minute
        )
    except Exception as error:
        log.failure("post_not_counted", error, form=form.id)
        return None


def came_from_others(form_id: str, text: str, senders: Iterable[str], at: datetime) -> bool:
    """Whether the same text came to this form within a day from somebody else; it is noted as this one's if not.

    Args:
        senders: what tells one sender from another; who shares any of it is the same.
    """
    try:
        hashed = {_hash("sender", sender, at) for sender in senders} or {"-"}
        return not form_marks.note_text(form_id, _hash("text", text, at), hashed, at)
    except Exception as error:
        log.failure("text_not_compared", error, form=form_id)
        return False


def _hash(what: str, value: str, at: datetime) -> str:
    key = workspace.key_for(f"form {what}", at)
    return hmac.digest(key, value.encode("utf-8", "replace"), "sha256").hex()[:_DIGITS]
