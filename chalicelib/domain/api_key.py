"""A key that somebody calls with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.caller import Caller


@dataclass(frozen=True)
class ApiKey:
    """A key that somebody holds.

    Attributes:
        digest: SHA-256 of the secret, hexadecimal.
        id: `key_…`, begins as the digest does.
        scopes: of `SCOPES`, sorted.
        created_at, expires_at: aware, UTC.
        user_id: whom it acts for, `usr_…`; None is nobody.
        used: the hour in which it was last used, aware, UTC.
    """

    digest: str
    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None = None
    user_id: str | None = None
    used: datetime | None = None

    @property
    def caller(self) -> Caller:
        """Who calls with it."""
        return Caller(self.id, frozenset(self.scopes), self.name, self.user_id)

    def is_good(self, at: datetime) -> bool:
        """Whether it has not expired."""
        return self.expires_at is None or at < self.expires_at


def id_of(digest: str) -> str:
    """What a key is called."""
    return f"key_{digest[:16]}"
