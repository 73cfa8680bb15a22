"""What functions log goes to the run's log file, and nothing of it piles up in memory.

Upstream (ministack 1.5.33): `services/lambda_svc.py`, `_emit_lambda_logs` makes a new CloudWatch log stream for every
invocation; they are kept in memory for good and are part of every snapshot.
"""

from __future__ import annotations

import json
import logging
import re
from typing import Any

_LEVELS = {"DEBUG": logging.DEBUG, "INFO": logging.INFO, "WARNING": logging.WARNING, "ERROR": logging.ERROR}
_LEVELS["CRITICAL"] = logging.CRITICAL
#: How Chalice's own logger writes of an exception that no view caught.
_CHALICE = re.compile(r"\S+ - (DEBUG|INFO|WARNING|ERROR|CRITICAL) - ")


def apply() -> None:
    from ministack.services import lambda_svc

    lambda_svc._emit_lambda_logs = write_function_logs


def write_function_logs(
    function: dict, request_id: str, log_text: str, error: bool, duration_ms: int, *, log_source: str | None = None
) -> None:
    """Log each line of an invocation under `leadger.function.<name>`, at the level its own JSON names."""
    name = (function.get("config") or function).get("FunctionName", "unknown")
    logger = logging.getLogger(f"leadger.function.{name}")
    for line in log_text.splitlines():
        if line.strip():
            logger.log(_level(line, failed=error), "%s", line)
    if error:
        logger.error("invocation %s failed after %d ms", request_id, duration_ms)
    else:
        logger.debug("invocation %s took %d ms", request_id, duration_ms)


def _level(line: str, *, failed: bool) -> int:
    plain = logging.ERROR if failed else logging.INFO
    if by_chalice := _CHALICE.match(line):
        return _LEVELS[by_chalice[1]]
    if not line.startswith("{"):
        return plain
    try:
        record: Any = json.loads(line)
    except ValueError:
        return plain
    return _LEVELS.get(str(record.get("level", "")).upper(), plain)
