"""`make run` as a process of its own, for tests and benchmarks: started on free ports, killed, started again."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from localcloud.settings import HOST

_ROOT = Path(__file__).resolve().parent.parent
#: Seconds. A first start packages (and fetches wheels if there are none yet).
LONGEST_START = 180
#: Seconds that API.md, section 1 allows a stop.
LONGEST_STOP = 30


class RunningCloud:
    """A local run on ports and a data folder of its own; the ports stay the same over restarts.

    Attributes:
        dev: the content of dev.json while it runs, e.g. `dev["api_url"]`.
    """

    def __init__(self, data: Path, **environment: str) -> None:
        """
        Args:
            data: folder for all local state, made if missing.
            environment: further variables, e.g. LEADGER_ENFORCE_IAM="1".
        """
        self.data = data
        self.dev: dict[str, Any] = {}
        http, aws, smtp = free_ports(3)
        self._environment = {
            **os.environ,
            "LEADGER_PORT": str(http),
            "LEADGER_AWS_PORT": str(aws),
            "LEADGER_SMTP_PORT": str(smtp),
            "LEADGER_DATA": str(data),
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process is not None:
            self.stop()

    @property
    def pid(self) -> int:
        return self._running().pid

    def start(self) -> float:
        """Start it and wait until it is ready; return the seconds that took.

        Raises:
            RuntimeError: it ended instead, or took too long; the message holds what it printed.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        with open(self._output, "ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "localcloud"],
                cwd=_ROOT,
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C at the test run is for pytest, which then stops it.
                start_new_session=True,
            )
        while not self._is_ready():
            if self._process.poll() is not None:
                raise RuntimeError(f"the local cloud ended with {self._process.returncode}:\n{self.output()}")
            if time.monotonic() - started > LONGEST_START:
                self.kill()
                raise RuntimeError(f"the local cloud is not ready after {LONGEST_START} s:\n{self.output()}")
            time.sleep(0.02)
        return time.monotonic() - started

    def stop(self) -> int:
        """End it cleanly (SIGTERM); return its exit code.

        Raises:
            RuntimeError: it took longer than it may, and was killed.
        """
        process = self._running()
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(LONGEST_STOP)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"the stop took more than {LONGEST_STOP} s:\n{self.output()}") from None
        self._process = None
        return code

    def kill(self) -> None:
        """`kill -9`: nothing is saved, nothing is drained."""
        process = self._running()
        process.kill()
        process.wait()
        self._process = None

    def restart(self) -> float:
        """Start it again on the same data and ports after `kill` or `stop` (it is stopped first if it still runs)."""
        if self._process is not None:
            self.stop()
        return self.start()

    def client(self, service: str) -> Any:
        """A botocore client of its AWS endpoint, with the dummy credentials."""
        import botocore.session
        from botocore.config import Config

        return botocore.session.get_session().create_client(
            service,
            region_name=self.dev["region"],
            endpoint_url=self.dev["aws_endpoint_url"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, proxies={}),
        )

    def output(self) -> str:
        """What it wrote to the terminal, over all its starts."""
        return self._output.read_text(errors="replace") if self._output.exists() else ""

    def log(self) -> str:
        """The run's log file, with what the functions logged."""
        file = self.data / "leadger.log"
        return file.read_text(errors="replace") if file.exists() else ""

    @property
    def _output(self) -> Path:
        return self.data / "terminal.txt"

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the local cloud is not running")
        return self._process

    def _is_ready(self) -> bool:
        try:
            dev = json.loads((self.data / "dev.json").read_text())
        except FileNotFoundError:
            return False
        if dev["pid"] != self._running().pid:
            return False  # left by a run that was killed
        self.dev = dev
        return True


def free_ports(count: int) -> list[int]:
    """Ports on 127.0.0.1 that nobody has now, below those that systems give out: after a kill they are still free."""
    found: list[int] = []
    while len(found) < count:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind((HOST, port))
            if port not in found:
                found.append(port)
    return found
