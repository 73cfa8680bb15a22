"""Workers do not outlive the process that started them, and Ctrl-C does not reach them.

Upstream (ministack 1.5.33): `core/lambda_runtime.py`, a worker ends when its stdin closes, which it notices only
between invocations: after `kill -9` of MiniStack one that is at work goes on, and its writes and retries reach the
next run at the same port. And Ctrl-C in a terminal goes to the whole process group, so a clean stop would interrupt
the handlers it waits for.
"""

from __future__ import annotations

#: Runs at the top of the worker's script. Not PR_SET_PDEATHSIG: that is bound to the thread that started the worker,
#: which ends with its invocation, and macOS has none.
_PROLOGUE = """
import os as _leadger_os, signal as _leadger_signal, threading as _leadger_threading, time as _leadger_time

def _leadger_watch(parent=_leadger_os.getppid()):
    while _leadger_os.getppid() == parent:
        _leadger_time.sleep(0.1)
    _leadger_os._exit(1)

_leadger_signal.signal(_leadger_signal.SIGINT, _leadger_signal.SIG_IGN)
_leadger_threading.Thread(target=_leadger_watch, daemon=True).start()
"""


def apply() -> None:
    from ministack.core import lambda_runtime

    lambda_runtime._PYTHON_WORKER_SCRIPT = _PROLOGUE + lambda_runtime._PYTHON_WORKER_SCRIPT
