"""What may be asked of a new API key, and what is shown of one: never the secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from chalicelib.domain import members
from chalicelib.domain.api_key import ApiKey, id_of
from chalicelib.domain.caller import SCOPES, Caller
from chalicelib.domain.errors import Forbidden, Invalid
from chalicelib.domain.problems import problem
from chalicelib.domain.times import parse, rfc3339


def new(digest: str, body: Mapping[str, Any], at: datetime, is_user: Callable[[str], bool]) -> ApiKey:
    """The key that was asked for. Raises Invalid with all problems.

    Args:
        is_user: whether there is a user of an id.
    """
    values, problems = members.clean(body, _RULES, needed=("name", "scopes"))
    expires_at = parse(values["expires_at"]) if values.get("expires_at") else None
    if expires_at and expires_at <= at:
        problems.append(problem("expires_at", "out_of_range", values["expires_at"], range="what is to come"))
    user_id = values.get("user_id")
    if user_id and not is_user(user_id):
        problems.append(problem("user_id", "unknown_user", user_id))
    if problems:
        raise Invalid(problems)
    return ApiKey(digest, id_of(digest), values["name"], tuple(sorted(values["scopes"])), at, expires_at, user_id)


def may_be_given(key: ApiKey, caller: Caller) -> None:
    """Raise Forbidden unless the caller has every scope of the key itself."""
    lacking = [scope for scope in key.scopes if not caller.may(scope)]
    if lacking:
        raise Forbidden(
            f"Nobody gives what they do not have: this key lacks {', '.join(lacking)}",
            code="scope_missing",
            extra={"required_scope": lacking[0], "required_scopes": lacking},
        )


def shown(key: ApiKey) -> dict[str, Any]:
    """A key as the API shows it."""
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "user_id": key.user_id,
        "created_at": rfc3339(key.created_at),
        "expires_at": rfc3339(key.expires_at) if key.expires_at else None,
        "last_used_at": rfc3339(key.used) if key.used else None,
    }


_RULES: Mapping[str, members.Rule] = {
    "name": members.text(),
    "scopes": members.listed(members.one_of(*SCOPES), len(SCOPES), unique="", shortest=1),
    "expires_at": members.moment,
    "user_id": members.text(),
}
