"""Function workers: no waiting, one copy of the code, no orphans, logs where people look (patches of MiniStack)."""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.patches import function_logs, worker_code, worker_log_wait
from tests.cloud.patching import held_by, ministack

#: MiniStack leaves the pipes of its workers to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")

CONFIG = {
    "FunctionName": "echo",
    "Handler": "handlers.handle",
    "Runtime": "python3.11",
    "Timeout": 30,
    "FunctionArn": "arn:aws:lambda:eu-central-1:000000000000:function:echo",
}
QUIET = "def handle(event, context):\n    return event\n"
TALKATIVE = (
    "def handle(event, context):\n    for n in range(event['lines']):\n        print('Zeile', event['call'], n)\n"
)


def zip_of(source: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr(zipfile.ZipInfo("handlers.py"), source)
    return archive.getvalue()


@pytest.fixture(autouse=True)
def _no_pipe_is_left_to_the_next_test() -> Iterator[None]:
    yield
    gc.collect()


@contextlib.contextmanager
def worker(source: str) -> Iterator[Any]:
    from ministack.core import lambda_runtime

    one = lambda_runtime.Worker("echo", CONFIG, zip_of(source))
    try:
        yield one
    finally:
        one.kill()


@held_by(worker_log_wait)
def test_twenty_calls_of_a_handler_that_logs_nothing_take_less_than_half_a_second() -> None:
    with worker(QUIET) as one:
        assert one.invoke({"call": 0}, "first")["result"] == {"call": 0}
        started = time.monotonic()
        for call in range(20):
            assert one.invoke({"call": call}, str(call))["result"] == {"call": call}
        assert time.monotonic() - started < 0.5


def test_every_log_line_is_given_to_the_invocation_it_belongs_to() -> None:
    with ministack():
        worker_log_wait.apply()
        with worker(TALKATIVE) as one:
            for call, lines in enumerate([3, 0, 500, 1, 0]):
                logged = one.invoke({"call": call, "lines": lines}, str(call))["log"]
                assert logged.splitlines() == [f"Zeile {call} {n}" for n in range(lines)]


@held_by(worker_code)
def test_two_workers_of_one_function_share_their_unpacked_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "state"))
    with worker(QUIET) as one, worker(QUIET) as other:
        assert one.invoke({}, "1")["status"] == other.invoke({}, "2")["status"] == "ok"
        assert os.path.realpath(f"{one._tmpdir}/code") == os.path.realpath(f"{other._tmpdir}/code")
        assert not list(Path(one._tmpdir).glob("*.zip"))


def test_new_code_takes_the_place_of_the_old_and_the_same_code_is_not_unpacked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIR", str(tmp_path / "state"))
    with ministack():
        worker_code.apply()
        (first, created), (again, kept), (other, _) = (code_folder(source) for source in (QUIET, QUIET, TALKATIVE))
    assert (again, kept) == (first, created)
    assert [folder.name for folder in (tmp_path / "code").iterdir()] == [other.name]


def code_folder(source: str) -> tuple[Path, int]:
    """Where a worker's code really is, and when it was put there."""
    with worker(source) as one:
        answer = one.invoke({"call": 0, "lines": 0}, "1")
        assert answer["status"] == "ok", answer
        folder = Path(f"{one._tmpdir}/code").resolve()
        return folder, (folder / "handlers.py").stat().st_mtime_ns


BUSY = """
import os, time
def handle(event, context):
    open(event, "w").write(str(os.getpid()))
    time.sleep(20)
"""
PARENT_OF_A_BUSY_WORKER = """
import sys, threading
sys.path.insert(0, {root!r})
from localcloud.patches import worker_orphans
from tests.cloud.test_worker_patches import CONFIG, zip_of
from ministack.core import lambda_runtime
if {patched}:
    worker_orphans.apply()
lambda_runtime.Worker("echo", CONFIG, zip_of({busy!r})).invoke({note!r}, "1")
"""


def seconds_a_worker_outlives_its_killed_parent(folder: Path, *, patched: bool) -> float:
    """Start a worker that is busy for 20 s, `kill -9` its parent; at most 3 s are watched."""
    note = folder / f"worker-{patched}"
    here = Path(__file__).parent
    code = PARENT_OF_A_BUSY_WORKER.format(root=str(here.parent.parent), patched=patched, note=str(note), busy=BUSY)
    parent = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not (note.exists() and note.read_text()):
        assert time.monotonic() < deadline
        assert parent.poll() is None
        time.sleep(0.02)
    pid = int(note.read_text())
    parent.kill()
    parent.wait()
    killed = time.monotonic()
    while is_running(pid) and time.monotonic() - killed < 3:
        time.sleep(0.02)
    outlived = time.monotonic() - killed
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return outlived


def is_running(pid: int) -> bool:
    """Whether a process is there and not merely waiting to be collected."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def test_a_worker_dies_with_its_parent_even_at_work(tmp_path: Path) -> None:
    assert seconds_a_worker_outlives_its_killed_parent(tmp_path, patched=False) >= 3, "upstream does it by itself now"
    assert seconds_a_worker_outlives_its_killed_parent(tmp_path, patched=True) < 2


@held_by(function_logs)
def test_what_a_function_logs_is_in_our_log_at_its_own_level_and_not_kept_in_memory(
    caplog: pytest.LogCaptureFixture,
) -> None:
    from ministack.services import cloudwatch_logs, lambda_svc

    cloudwatch_logs.reset()
    caplog.clear()
    with caplog.at_level(logging.INFO, "leadger.function"):
        text = '{"level": "WARNING", "message": "Rückruf ohne Nummer"}\nplain\n\nleadger - ERROR - Caught exception\n'
        lambda_svc._emit_lambda_logs({"config": CONFIG}, "req-1", text, False, 12)
    assert [(record.name, record.levelname, record.message) for record in caplog.records] == [
        ("leadger.function.echo", "WARNING", '{"level": "WARNING", "message": "Rückruf ohne Nummer"}'),
        ("leadger.function.echo", "INFO", "plain"),
        ("leadger.function.echo", "ERROR", "leadger - ERROR - Caught exception"),
    ]
    assert not cloudwatch_logs._log_groups.has_any()


def test_the_lines_of_a_failed_invocation_are_errors(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "leadger.function"):
        function_logs.write_function_logs({"config": CONFIG}, "req-2", "Traceback\nKeyError", True, 7)
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("ERROR", "Traceback"),
        ("ERROR", "KeyError"),
        ("ERROR", "invocation req-2 failed after 7 ms"),
    ]
