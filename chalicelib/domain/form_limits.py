"""How many posts a minute one address may send to one form: two token buckets, each a moment at which it is full again.

Generic cell rate algorithm (ITU-T I.371): as long as a bucket's moment lies in the past it is full. Each post moves the
moment on by its share of a minute; one that would move it further than a minute from now is over the limit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

#: Milliseconds that both limits are said for.
MINUTE = 60_000

Course = Literal["taken", "queued", "refused"]


@dataclass(frozen=True)
class Buckets:
    """When each is full again, Unix time in milliseconds.

    Attributes:
        taken: of what is taken in at once.
        sent: of everything, what is queued included.
    """

    taken: int = 0
    sent: int = 0


@dataclass(frozen=True)
class Decision:
    """What becomes of a post.

    Attributes:
        course: `taken` at once, `queued` for a moment later, or `refused`.
        after: the buckets afterwards.
        wait: seconds after which another one is not refused; 0 where this one is not.
    """

    course: Course
    after: Buckets
    wait: int = 0


def decide(seen: Buckets, now: int, per_minute: int, at_most: int) -> Decision:
    """What becomes of a post that comes now (Unix time in milliseconds)."""
    latest = now + MINUTE
    sent = max(seen.sent, now) + MINUTE // max(at_most, 1)
    if sent > latest:
        return Decision("refused", seen, math.ceil((sent - latest) / 1000))
    taken = max(seen.taken, now) + MINUTE // max(per_minute, 1)
    if taken > latest:
        return Decision("queued", Buckets(seen.taken, sent))
    return Decision("taken", Buckets(taken, sent))
