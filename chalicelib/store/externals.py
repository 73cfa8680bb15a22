"""Ids of other systems: each leads to one lead, as long as that is neither deleted nor merged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.domain.errors import Conflict
from chalicelib.domain.lead import Lead
from chalicelib.store import keys, transport
from chalicelib.store.transport import Action, Delete, Put

#: What a refused action is named with, before `<system>#<id>`.
PREFIX = "external:"


def follow(before: Lead | None, after: Lead | None, origin: str) -> list[Action]:
    """The pointers after a change of one lead. Refused under `external:<system>#<id>`, with what stands there."""
    lead = after or before
    assert lead is not None
    old, new = _held(before), _held(after)
    actions: list[Action] = [_point(lead.id, name, origin) for name in new if name not in old]
    return actions + [_let_go(lead.id, name) for name in old if name not in new]


def lead_of(system: str, external_id: str) -> str | None:
    """Id of the lead that has this id, read consistently."""
    item = transport.get(keys.pointer(_name(system, external_id)))
    return str(item["lead"]) if item else None


def taken(lead: Lead) -> dict[str, str]:
    """Those of a deleted lead's external ids that another lead has by now."""
    named = {keys.pointer(_name(*pair)): pair for pair in lead.values.get("external_ids", {}).items()}
    found = transport.batch_get(named, consistent=True) if named else {}
    return {named[key][0]: named[key][1] for key, item in found.items() if item["lead"] != lead.id}


def names(lead: Lead) -> frozenset[str]:
    """Names of the pointers that the lead's ids need, as their keys have them."""
    return frozenset(keys.pointer(name)[0].removeprefix("X#") for name in _held(lead))


def among(found: Mapping[str, Mapping[str, Any] | None]) -> dict[tuple[str, str], str]:
    """(system, id) → the lead that has it, of what a refused transaction reported."""
    refused = ((name.removeprefix(PREFIX).partition("#"), item) for name, item in found.items() if _is_ours(name))
    return {(system, value): str(item["lead"]) for (system, _, value), item in refused if item}


def conflict(taken: Mapping[tuple[str, str], str]) -> Conflict:
    """What a caller is told of the first of them."""
    (system, value), lead_id = next(iter(taken.items()))
    detail = f"The id '{value}' of '{system}' is another lead's"
    return Conflict(detail, code="external_id_taken", extra={"existing_id": f"lead_{lead_id}"})


def _is_ours(name: str) -> bool:
    return name.startswith(PREFIX)


def _held(lead: Lead | None) -> list[str]:
    if lead is None or lead.deleted_at or lead.merged_into:
        return []
    ids: Mapping[str, str] = lead.values.get("external_ids", {})
    return [_name(system, external_id) for system, external_id in ids.items()]


def _name(system: str, external_id: str) -> str:
    return f"{system}#{external_id}"


def _point(lead_id: str, name: str, origin: str) -> Put:
    pk, sk = keys.pointer(name)
    return Put(PREFIX + name, {"pk": pk, "sk": sk, "type": "pointer", "lead": lead_id, "origin": origin})


def _let_go(lead_id: str, name: str) -> Delete:
    return Delete(PREFIX + name, keys.pointer(name), "attribute_not_exists(pk) OR #lead = :lead", {":lead": lead_id})
