"""Pointers: threads, calls and foreign ids that lead to a lead."""

from __future__ import annotations

from chalicelib.store import keys
from chalicelib.store.transport import Put


def leave(name: str, lead_id: str, origin: str, entry_id: str | None = None) -> Put:
    """Later ones will find the lead under `name`. Refused under `pointer:<name>`, with what stands there."""
    pk, sk = keys.pointer(name)
    item = {"pk": pk, "sk": sk, "type": "pointer", "lead": lead_id, "entry": entry_id, "origin": origin}
    return Put(f"pointer:{name}", item)


def redirect(name: str, gone: str, lead_id: str, origin: str, entry_id: str | None = None) -> Put:
    """As `leave`, in the place of a pointer to a lead that is gone."""
    put = leave(name, lead_id, origin, entry_id)
    return Put(put.name, put.item, "#lead = :gone", {":gone": gone})
