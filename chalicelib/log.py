"""The log: events with keys, never a value of a person. `observed` is the decorator every trigger wears.

Powertools' Logger writes the lines; it is loaded with the first line, since most requests to the API write none
(API Gateway's access log has them) and its import costs a twentieth of a cold start.
"""

from __future__ import annotations

import functools
import logging
import time
import traceback
from collections.abc import Callable, Mapping
from typing import IO, TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from aws_lambda_powertools.logging import Logger

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

#: Frames of a failure that are logged, the innermost ones.
_FRAMES = 12


class TriggerFailed(Exception):
    """A trigger could not do its work; what failed is in the log under the correlation id.

    Carries the name of the error only: Lambda prints what a function raises, and keeps it with a dead letter.
    """


def event(name: str, /, **keys: Any) -> None:
    """Log that something happened: `event("lead_created", lead_id=…, outcome="attached")`.

    Args:
        name: past tense, stable, for machines.
        keys: ids, counts, codes, durations. Never names, addresses, numbers or text of people.
    """
    _logger().info(name, extra=_writable(keys), stacklevel=3)


def failure(name: str, error: BaseException, /, **keys: Any) -> None:
    """Log an error: its class, where it arose and what caused it; not its message, which may quote a person."""
    _logger().error(name, extra=_writable({**keys, **_described(error)}), stacklevel=3)


def correlate(correlation_id: str) -> None:
    """Put this id on every line from here on: the request's, or the invocation's."""
    global _correlation_id
    _correlation_id = correlation_id


def observed(trigger: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Let a trigger log what it got, how it ended and how long it took; nothing is swallowed.

    Goes under Chalice's decorator. Raises TriggerFailed for every Exception of the trigger.
    """

    @functools.wraps(trigger)
    def observe(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Result:
        begun = time.monotonic()
        received = arguments[0] if arguments else None
        correlate(getattr(getattr(received, "context", None), "aws_request_id", ""))
        keys = {"trigger": trigger.__name__, **_received(received)}
        try:
            result = trigger(*arguments, **named)
        except Exception as error:
            failure("trigger_failed", error, **keys, milliseconds=_since(begun))
            raise TriggerFailed(f"{trigger.__name__}: {type(error).__name__}") from None
        event("trigger_done", **keys, milliseconds=_since(begun))
        return result

    return observe


_correlation_id = ""


@functools.cache
def _logger() -> Logger:
    # not the name of the app, under which Chalice keeps a logger: each line would be written twice
    return _new_logger("leadger-events")


def _new_logger(service: str, stream: IO[str] | None = None) -> Logger:
    """A Powertools logger that writes to stdout, or a stream; Powertools keeps the first stream of each service."""
    from aws_lambda_powertools.logging import Logger

    return Logger(service=service, stream=stream, utc=True)


def _writable(keys: Mapping[str, Any]) -> dict[str, Any]:
    # logging raises for keys that are its own, `name` for one: a log line must never cost the work
    own = {"message", "asctime"} | set(vars(logging.makeLogRecord({})))
    writable = {f"{key}_" if key in own else key: value for key, value in keys.items()}
    return {"correlation_id": _correlation_id, **writable}


def _received(received: Any) -> dict[str, Any]:
    """How many records came, and the ids the services gave them; not their keys, which are file names of people."""
    content = received.to_dict() if hasattr(received, "to_dict") else received
    records = content.get("Records") if isinstance(content, Mapping) else None
    if not isinstance(records, list):
        return {}
    ids = [record.get("messageId") or record.get("eventID") for record in records if isinstance(record, Mapping)]
    return {"records": len(records), "record_ids": [identity for identity in ids if identity]}


def _described(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    described: dict[str, Any] = {
        "error": type(error).__name__,
        "stack": [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
    }
    code = getattr(error, "code", None) or _aws_code(error)
    if isinstance(code, str):
        described["error_code"] = code
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause:
        described["cause"] = type(cause).__name__
    return described


def _aws_code(error: BaseException) -> str | None:
    """The code of a botocore ClientError, known by its shape: importing botocore for it would be dear."""
    response = getattr(error, "response", None)
    return response.get("Error", {}).get("Code") if isinstance(response, Mapping) else None


def _short(path: str) -> str:
    return "/".join(path.replace("\\", "/").rsplit("/", 3)[-3:])


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
