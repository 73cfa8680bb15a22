"""What forms remember for a while about posts: how many came, which proofs were used, which texts were sent.

All of it lies beside what can be rebuilt and goes by itself: losing it costs a limit for a minute, and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib import deadline, settings
from chalicelib.domain.form_limits import MINUTE, Buckets, Decision, decide
from chalicelib.store import keys, transport
from chalicelib.store.transport import Mismatch

#: Rounds of comparing and setting before a post counts as one of very many.
MOST_TRIES = 4
#: How long a text is remembered after it was last taken.
TEXTS_FOR = timedelta(days=1)


def count_post(form_id: str, address: str, at: datetime, *, per_minute: int, at_most: int) -> Decision:
    """Count one more post of an address: one request while both buckets are full, one more each time they are not.

    Where many come at the very same moment and none gets its turn, it is `queued`.

    Args:
        address: its hash.
    Raises:
        Unavailable: nothing was counted, as far as can be seen; no second attempt is made.
    """
    now = int(at.timestamp() * 1000)
    seen: Buckets | None = None
    for _ in range(MOST_TRIES):
        decision = decide(seen or Buckets(), now, per_minute, at_most)
        if decision.course == "refused":
            return decision
        try:
            with deadline.within(0):
                _move(form_id, address, seen, decision.after, now)
            return decision
        except Mismatch as mismatch:
            found = mismatch.found
            seen = Buckets(found["taken"], found["sent"]) if found else None
    return Decision("queued", seen or Buckets())


def _move(form_id: str, address: str, seen: Buckets | None, after: Buckets, now: int) -> None:
    condition, values = "attribute_not_exists(pk) OR (#taken <= :now AND #sent <= :now)", {":now": now}
    if seen:
        condition = "#taken = :seen_taken AND #sent = :seen_sent"
        values = {":seen_taken": seen.taken, ":seen_sent": seen.sent}
    transport.update(
        keys.form_buckets(form_id, address),
        "SET #taken = :taken, #sent = :sent, #type = :type, #expires = :expires",
        condition,
        {
            ":taken": after.taken,
            ":sent": after.sent,
            ":type": "form_buckets",
            ":expires": (max(after.taken, after.sent) + MINUTE) // 1000,
            **values,
        },
        table=settings.derived_table(),
    )


def use_proof(digest: str, by: Sequence[str], until: datetime) -> bool:
    """Note that a proof is used; False where another submission has used it.

    Args:
        by: names of the submission that uses it, the first one is noted; a retry that has any of them is no other.
        until: when it is good for nothing any more.
    Raises:
        Unavailable.
    """
    names = {f":by{number}": name for number, name in enumerate(by)}
    item = _item(keys.used_proof(digest), "used_proof", until, by=by[0])
    return _put(item, f"attribute_not_exists(pk) OR #by IN ({', '.join(names)})", names)


def note_text(form_id: str, digest: str, senders: Collection[str], at: datetime) -> bool:
    """Note that a text came from somebody; False where it came from somebody else within a day.

    Args:
        senders: what tells one sender from another, hashed; who shares any of it is the same.
    Raises:
        Unavailable.
    """
    names = {f":sender{number}": sender for number, sender in enumerate(sorted(senders))}
    same = "".join(f" OR contains(#senders, {name})" for name in names)
    item = _item(keys.sent_text(form_id, digest), "sent_text", at + TEXTS_FOR, senders=frozenset(senders))
    now = {":now": int(at.timestamp())}
    return _put(item, f"attribute_not_exists(pk) OR #expires < :now{same}", {**names, **now})


def _item(key: tuple[str, str], type_: str, until: datetime, **more: Any) -> dict[str, Any]:
    return {"pk": key[0], "sk": key[1], "type": type_, "expires": int(until.timestamp()), **more}


def _put(item: dict[str, Any], condition: str, values: dict[str, Any]) -> bool:
    try:
        transport.put(item, condition, values, table=settings.derived_table())
    except Mismatch:
        return False
    return True
