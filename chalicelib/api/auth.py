"""Who calls: `Authorization: Bearer lk_…`."""

from __future__ import annotations

import re
from datetime import datetime

from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import Forbidden, Unauthenticated

#: Any key that is good, whatever its scopes.
ANY_KEY = "any key"

_BEARER = re.compile(r"(?i:bearer) +(lk_[A-Za-z0-9_-]{8,200}) *")


def identify(header: str | None, at: datetime) -> Caller:
    """The holder of the key in an Authorization header.

    Raises:
        Unauthenticated: there is no key in it, or not one of ours; which of the two is not for the caller.
    """
    if not header:
        raise Unauthenticated("Send an API key: 'Authorization: Bearer lk_…'")
    match = _BEARER.fullmatch(header)
    if not match:
        raise Unauthenticated("The Authorization header holds no API key; it reads 'Bearer lk_…'")
    return caller_of(match.group(1), at)


def caller_of(secret: str, at: datetime) -> Caller:
    """The holder of a key. Raises Unauthenticated if there is none."""
    # the service brings the table with it, which neither /health nor a form's preflight needs
    from chalicelib.services import keys

    return keys.caller_of(secret, at)


def note_use(caller: Caller, at: datetime) -> None:
    """Remember that the caller's key was used, to the hour; a caller who was refused leaves no trace."""
    from chalicelib.services import keys

    keys.note_use(caller, at)


def require(caller: Caller, scope: str) -> None:
    """Raise Forbidden, naming the scope, unless the caller has it."""
    if scope != ANY_KEY and not caller.may(scope):
        raise Forbidden(f"This key lacks the scope '{scope}'", code="scope_missing", extra={"required_scope": scope})
