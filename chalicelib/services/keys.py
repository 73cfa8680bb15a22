"""API keys: made once, shown once, stored as a hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import Unauthenticated
from chalicelib.store import records

#: A key that was good is taken to be good this long; one that was not is looked up every time.
CACHED_FOR = timedelta(seconds=30)

_cache: dict[str, tuple[datetime, Caller]] = {}


def new_secret() -> str:
    """A new key; whoever gets it has to keep it, we store its hash only."""
    return f"lk_{secrets.token_urlsafe(32)}"


def store(secret: str, *, name: str, scopes: Iterable[str], at: datetime) -> Caller:
    """Make the key good. Storing the same secret again changes nothing but name and scopes."""
    digest = _digest(secret)
    caller = Caller(id=f"key_{digest[:16]}", scopes=frozenset(scopes), name=name)
    fields = {"id": caller.id, "name": name, "scopes": sorted(caller.scopes), "created_at": at.isoformat()}
    records.put("KEY", digest, fields)
    return caller


def caller_of(secret: str, at: datetime) -> Caller:
    """Who holds the key. Raises Unauthenticated, Unavailable."""
    digest = _digest(secret)
    kept = _cache.get(digest)
    if kept and abs(at - kept[0]) < CACHED_FOR:
        return kept[1]
    # looked up by its hash: nothing is compared that a stopwatch could read
    found = records.get("KEY", digest)
    if found is None:
        _cache.pop(digest, None)
        raise Unauthenticated("This API key is not known")
    caller = Caller(id=found["id"], scopes=frozenset(found["scopes"]), name=found["name"])
    _cache[digest] = (at, caller)
    return caller


def forget() -> None:
    """Empty the cache."""
    _cache.clear()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
