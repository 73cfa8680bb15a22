"""API keys: made once, shown once, stored as a hash; who calls with one, and when it was last used."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib import log
from chalicelib.domain.api_key import ApiKey, id_of
from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import Unauthenticated
from chalicelib.domain.times import rfc3339
from chalicelib.store import api_keys
from chalicelib.store.transport import Mismatch

#: A key that was good is taken to be good this long; one that was not is looked up every time.
CACHED_FOR = timedelta(seconds=30)

_cache: dict[str, tuple[datetime, ApiKey]] = {}
#: By id, with the hour of the last use as far as this container knows.
_known: dict[str, ApiKey] = {}


def new_secret() -> str:
    """A new key; whoever gets it has to keep it, we store its hash only."""
    return f"lk_{secrets.token_urlsafe(32)}"


def create(
    *, name: str, scopes: Iterable[str], at: datetime, expires_at: datetime | None = None, user_id: str | None = None
) -> tuple[ApiKey, str]:
    """A new key and its secret, for who has access to the table itself; over the API see `api_keys.create`.

    Raises:
        Invalid: the name, a scope, the end or the user cannot be used.
        Unavailable: it may have been stored; nobody knows its secret.
    """
    from chalicelib.domain import api_keys as rules
    from chalicelib.services import workspace

    secret = new_secret()
    until = {"expires_at": rfc3339(expires_at)} if expires_at else {}
    body = {"name": name, "scopes": list(scopes), "user_id": user_id, **until}
    key = rules.new(digest_of(secret), body, at, lambda user: workspace.user_exists(user, at))
    api_keys.store(key)
    return key, secret


def store(secret: str, *, name: str, scopes: Iterable[str], at: datetime) -> Caller:
    """Make a secret of one's own choice good. Storing it again changes nothing but name and scopes."""
    digest = digest_of(secret)
    key = ApiKey(digest, id_of(digest), name, tuple(sorted(scopes)), at)
    api_keys.store(key)
    return key.caller


def caller_of(secret: str, at: datetime) -> Caller:
    """Who holds the key. Raises Unauthenticated, Unavailable."""
    digest = digest_of(secret)
    kept = _cache.get(digest)
    # looked up by its hash: nothing is compared that a stopwatch could read
    key = kept[1] if kept and abs(at - kept[0]) < CACHED_FOR else _looked_up(digest, at)
    if key is None or not key.is_good(at):
        _cache.pop(digest, None)
        raise Unauthenticated("This API key is not known")
    return key.caller


def note_use(caller: Caller, at: datetime) -> None:
    """Note that a caller was let in: at most once an hour, and without any harm if that cannot be written."""
    key = _known.get(caller.id)
    hour = at.replace(minute=0, second=0, microsecond=0)
    if key is None or (key.used and key.used >= hour):
        return
    _known[caller.id] = replace(key, used=hour)
    try:
        api_keys.mark_used(key, hour)
    except Mismatch:
        pass  # another container was first
    except Exception as error:
        log.failure("use_of_key_not_noted", error, key=key.id)


def forget(digest: str = "") -> None:
    """Look a key up when it is used next; without a hash, every key."""
    if digest:
        _cache.pop(digest, None)
    else:
        _cache.clear()
        _known.clear()


def digest_of(secret: str) -> str:
    """The hash that stands for a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _looked_up(digest: str, at: datetime) -> ApiKey | None:
    key = api_keys.get(digest)
    if key:
        _cache[digest] = (at, key)
        _known[key.id] = key
    return key
