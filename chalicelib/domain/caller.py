"""Who calls: the holder of an API key, and what it may do."""

from __future__ import annotations

from dataclasses import dataclass

#: All there are; a key has any of them.
SCOPES = (
    "leads:read",
    "leads:write",
    "imports:write",
    "ledger:read",
    "ledger:write",
    "settings:admin",
    "keys:admin",
)


@dataclass(frozen=True)
class Caller:
    """Somebody who called.

    Attributes:
        id: of the key, `key_…`; never the secret.
        scopes: of `SCOPES`.
        name: as people know the key.
        user_id: whom the key acts for, `usr_…`; None is nobody.
    """

    id: str
    scopes: frozenset[str] = frozenset()
    name: str = ""
    user_id: str | None = None

    def may(self, scope: str) -> bool:
        """Whether the scope is among its own."""
        return scope in self.scopes


#: Behind doors that ask for no key.
ANYBODY = Caller(id="anybody")
