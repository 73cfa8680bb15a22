"""What each kind of job does. To add one: a step, a line here, and its scope in `work.SCOPES`."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.services import bulk, exports, status_moves
from chalicelib.services.work import Step

#: Kind → its step.
WORK: Mapping[str, Step] = {
    "bulk": bulk.step,
    "export": exports.step,
    "move_leads": status_moves.step,
}
