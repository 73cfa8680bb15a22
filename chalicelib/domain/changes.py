"""Changes of a lead: what a merge patch makes of it (RFC 7396), and what its timeline tells of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain import fields
from chalicelib.domain.cleaning import is_empty, is_same
from chalicelib.domain.field_lists import Things
from chalicelib.domain.lead import NUMBERED, OF_ANSWERS, Lead
from chalicelib.domain.pipeline import JUNK, OPEN, Status
from chalicelib.domain.times import rfc3339

#: Objects of which a patch names single members.
NESTED = ("address", "utm", "click_ids", "external_ids", "custom")
#: What the short forms show of the first element of their list, as lists of leads do.
_NUMBER = {"phones": "e164", "emails": "address"}
#: Fields of the record itself that histories show, by the name of the attribute.
OF_THE_RECORD = {
    "source": "source",
    "source_detail": "source_detail",
    "owner_id": "owner",
    "lost_reason": "lost_reason",
    "duplicate_of": "duplicate_of",
}


@dataclass(frozen=True)
class Move:
    """What a patch says of where the lead stands; None leaves it, `""` clears it.

    Attributes:
        status: to be in from now on.
        owner: `usr_…`.
    """

    status: Status | None = None
    lost_reason: str | None = None
    owner: str | None = None
    source: str | None = None
    source_detail: str | None = None


def news(patch: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """A merge patch without what the lead shows already: that changes nothing, whatever it is worth by now.

    Args:
        shown: the lead as the API shows it.
    """
    found: dict[str, Any] = {}
    as_shown = {**shown, **{short: _first_of(shown[long], _NUMBER[long]) for short, long in fields.SHORT_FORMS.items()}}
    for name, value in patch.items():
        there = as_shown.get(name)
        if name in NESTED and isinstance(value, Mapping) and isinstance(there, Mapping):
            value = {key: one for key, one in value.items() if key not in there or not is_same(one, there[key])}
            if value:
                found[name] = value
        elif name not in OF_ANSWERS and not (name in as_shown and is_same(value, there)):
            found[name] = value
    return found


def merged(current: Mapping[str, Any], patch: Mapping[str, Any], cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """A lead's values after a patch: null clears, absent leaves, members of objects are merged, lists replaced.

    Args:
        patch: as sent; `email` and `phone` stand for the first element of their list.
        cleaned: the same, as `fields.clean_values` gives it.
    """
    result = dict(current)
    for sent_as, sent in patch.items():
        name = fields.SHORT_FORMS.get(sent_as, sent_as)
        if name not in fields.LEAD_FIELDS or fields.LEAD_FIELDS[name].read_only:
            continue
        value: Any = cleaned.get(name)
        if sent_as in fields.SHORT_FORMS:
            value = _first_replaced(name, current.get(name, ()), cleaned.get(name, ()))
        elif name in NESTED and isinstance(sent, Mapping):
            value = _members_merged(current.get(name, {}), sent, cleaned.get(name, {}))
        result[name] = value
    return _following(current, {name: value for name, value in result.items() if not is_empty(value)}, patch)


def changed(before: Lead, values: Mapping[str, Any], move: Move, at: datetime) -> Lead:
    """The lead with these values and this move, one version later; `before` itself if nothing differs.

    Args:
        values: all of them; new ones of a numbered list without ids.
        at: aware, UTC.
    """
    numbered, next_id = _with_ids(before, values)
    after = _moved(replace(before, values=numbered, next_value_id=next_id), move, at)
    if shows_the_same(before, after):
        return before
    return replace(after, version=before.version + 1, updated_at=at)


def shows_the_same(before: Lead, after: Lead) -> bool:
    """Whether there is nothing that a history could tell."""
    return not differences(before, after) and before.status == after.status


def differences(before: Lead, after: Lead) -> dict[str, dict[str, Any]]:
    """Field → `{"before", "after"}` wherever two states of a lead differ, but for the status."""
    names = [*dict.fromkeys([*before.values, *after.values]), *OF_THE_RECORD]
    found = {name: {"before": present(before, name), "after": present(after, name)} for name in names}
    return {name: change for name, change in found.items() if change["before"] != change["after"]}


def present(lead: Lead, name: str) -> Any:
    """A field as histories show it: lists that are absent are empty, everything else is None."""
    if name in {"duplicate_of", "merged_into"}:
        other = getattr(lead, name)
        return f"lead_{other}" if other else None
    if name in OF_THE_RECORD:
        return getattr(lead, OF_THE_RECORD[name])
    if name in {"status", "closed_at", "deleted_at"}:
        value = getattr(lead, name)
        return rfc3339(value) if isinstance(value, datetime) else value
    value = lead.values.get(name)
    return [] if value is None and name in NUMBERED else value


def told(before: Lead, after: Lead) -> tuple[str, dict[str, Any]]:
    """Type and data of the one entry that tells of a change."""
    changes = differences(before, after)
    if before.status == after.status:
        if set(changes) == {"owner_id"}:
            return "assigned", {"owner_id": after.owner, "changes": changes}
        return "updated", {"changes": changes}
    data: dict[str, Any] = {"from": before.status, "to": after.status}
    if after.lost_reason:
        data["lost_reason"] = after.lost_reason
    return "status_changed", data | ({"changes": changes} if changes else {})


def _moved(lead: Lead, move: Move, at: datetime) -> Lead:
    lead = replace(
        lead,
        owner=_set(lead.owner, move.owner),
        source=move.source or lead.source,
        source_detail=_set(lead.source_detail, move.source_detail),
        lost_reason=_set(lead.lost_reason, move.lost_reason),
    )
    status = move.status
    if status is None or status.id == lead.status:
        return lead
    return replace(
        lead,
        status=status.id,
        kind=status.kind,
        status_changed_at=at,
        closed_at=None if status.kind == OPEN else (lead.closed_at or at),
        lost_reason=lead.lost_reason if status.kind == JUNK else None,
        first_response=lead.first_response or at,
        last_activity=at,
    )


def _with_ids(before: Lead, values: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """The values with an id at each phone, address or other numbered value: its old one as long as it is there."""
    result, next_id = dict(values), before.next_value_id
    for name in NUMBERED:
        kind = fields.FIELD_TYPES[name]
        assert isinstance(kind, Things)
        known = {kind.key(thing): thing["id"] for thing in before.values.get(name, ())}
        items = []
        for thing in values.get(name, ()):
            identity = known.get(kind.key(thing))
            if identity is None:
                identity, next_id = next_id, next_id + 1
            items.append({**thing, "id": identity})
        if items:
            result[name] = items
    return result, next_id


def _set(current: str | None, wanted: str | None) -> str | None:
    return current if wanted is None else (wanted or None)


def _first_of(things: Sequence[Mapping[str, Any]], member: str) -> Any:
    return things[0][member] if things else None


def _first_replaced(name: str, current: Any, new: Any) -> list[Any]:
    kind = fields.FIELD_TYPES[name]
    assert isinstance(kind, Things)
    keys = {kind.key(thing) for thing in new}
    return [*new, *(thing for thing in list(current)[1:] if kind.key(thing) not in keys)]


def _members_merged(current: Mapping[str, Any], sent: Mapping[str, Any], cleaned: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in current.items() if name not in sent}
    return {**kept, **cleaned}


def _following(current: Mapping[str, Any], values: dict[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Name and title that were made from the rest are made anew when the rest changes, or when they are cleared."""
    for name, derive in (("name", fields.derive_name), ("title", fields.derive_title)):
        if name in patch and name in values:
            continue
        if name not in values or current.get(name) == derive({**current, name: None}):
            derived = derive({**values, name: None})
            if derived:
                values[name] = derived
    return values
