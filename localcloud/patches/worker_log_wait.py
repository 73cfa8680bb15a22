"""An invocation ends when its last log line is there, not 50 ms later.

Upstream (ministack 1.5.33): `core/lambda_runtime.py`, `Worker._drain_stderr_bounded` cannot know whether a log line is
still on its way, and waits 50 ms for the first one: every call of a handler that logs nothing costs 50 ms.
Here the worker ends each invocation with a line of its own on stderr, before it answers on stdout.
"""

from __future__ import annotations

import queue
import time

_END = "\x1eleadger: end of invocation"

#: Runs at the top of the worker's script. The script keeps `sys.stdout` for its answers, one JSON line a write;
#: the first says that the handler is imported, and what was logged until then belongs to the first invocation.
_PROLOGUE = f"""
import sys as _leadger_sys

class _LeadgerAnswers:
    def __init__(self, stream):
        self._stream = stream
        self._ready = False

    def write(self, line):
        if self._ready:
            _leadger_sys.stderr.write({_END!r} + "\\n")
            _leadger_sys.stderr.flush()
        self._ready = True
        return self._stream.write(line)

    def flush(self):
        self._stream.flush()

_leadger_sys.stdout = _LeadgerAnswers(_leadger_sys.stdout)
"""

#: Seconds to wait for the end when the worker died without writing it.
_PATIENCE = 0.25


def apply() -> None:
    from ministack.core import lambda_runtime

    lambda_runtime._PYTHON_WORKER_SCRIPT = _PROLOGUE + lambda_runtime._PYTHON_WORKER_SCRIPT
    lambda_runtime.Worker._drain_stderr_bounded = _drain_to_end


def _drain_to_end(worker, *_waits: float) -> str:  # type: ignore[no-untyped-def]
    lines: list[str] = []
    deadline = time.monotonic() + _PATIENCE
    while (left := deadline - time.monotonic()) > 0:
        try:
            line = worker._stderr_queue.get(timeout=left)
        except queue.Empty:
            break
        before, end, _ = line.partition(_END)
        if before:
            lines.append(before)
        if end:
            break
    return "\n".join(lines)
