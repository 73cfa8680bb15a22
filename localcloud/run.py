"""One run, from the lock on the data folder to the last file written."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import importlib
import logging
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from localcloud import announcement, deployment, embedding, event_sources, logs, mail, servers, snapshots
from localcloud.cloud import Cloud
from localcloud.front import Front
from localcloud.settings import Refused, Settings

logger = logging.getLogger("leadger.local.run")

#: Seconds of a stop: requests that run, streams and invocations that run. With the servers' grace it stays below 30.
_SECONDS_FOR_REQUESTS = 8
_SECONDS_TO_DRAIN = 10


def run(settings: Settings) -> None:
    """Start, say so, and serve until SIGINT, SIGTERM or SIGHUP.

    Raises:
        Refused: it cannot start; nothing was changed and nothing listens.
    """
    outside = dict(os.environ)
    _make_folder(settings)
    with _sole_user_of(settings), contextlib.ExitStack() as ports:
        listeners = [
            ports.enter_context(servers.listen(port, variable, purpose))
            for port, variable, purpose in (
                (settings.http_port, "LEADGER_PORT", "the API"),
                (settings.aws_port, "LEADGER_AWS_PORT", "the AWS endpoint"),
                (settings.smtp_port, "LEADGER_SMTP_PORT", "the mail server"),
            )
        ]
        _forget_unfinished_start(settings)
        stopped_clean = _stopped_clean(settings)
        logs.set_up(settings)
        deployment.package(outside)
        embedding.prepare(settings)
        # Not asyncio.run, which waits for every thread of the executor: the stop has waited for what it should.
        asyncio.new_event_loop().run_until_complete(_Run(settings, stopped_clean).serve(*listeners))


def _make_folder(settings: Settings) -> None:
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        (settings.data / "lock").touch()
    except OSError as error:
        raise Refused(
            f"Nothing can be kept in {settings.data} ({error.strerror}): choose another folder with LEADGER_DATA."
        ) from error


def _forget_unfinished_start(settings: Settings) -> None:
    """Remove what a run left that was killed: its dev.json, and everything if it never got ready for the first time."""
    settings.dev_file.unlink(missing_ok=True)
    if not snapshots.newest(settings.data):
        for folder in ("state", "s3", "journal"):
            shutil.rmtree(settings.data / folder, ignore_errors=True)


def _stopped_clean(settings: Settings) -> bool:
    """Whether the run before delivered its streams to the end. Asked once: the mark is taken off."""
    mark = _mark_of_a_clean_stop(settings)
    is_there = mark.exists()
    mark.unlink(missing_ok=True)
    return is_there


def _mark_of_a_clean_stop(settings: Settings) -> Path:
    return settings.data / "stopped-clean"


@contextlib.contextmanager
def _sole_user_of(settings: Settings) -> Iterator[TextIO]:
    """Hold the data folder's lock; the system gives it back when this process ends, however it does."""
    with open(settings.data / "lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise Refused(
                f"Leadger runs already on {settings.data} (process {lock.read().strip() or 'unknown'}); "
                "stop that run or choose another folder with LEADGER_DATA."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield lock


class _Run:
    def __init__(self, settings: Settings, stopped_clean: bool) -> None:
        self._settings = settings
        self._stopped_clean = stopped_clean
        self._cloud = Cloud(settings.data)
        self._front = Front(settings.http_port)
        self._stop = asyncio.Event()
        self._mail_server: Any = None
        #: Whether the stack is deployed and saved. A stop before that keeps the snapshot and journal of before.
        self._complete = False

    async def serve(self, http: socket.socket, aws: socket.socket, smtp: socket.socket) -> None:
        self._listen_to_signals()
        await self._cloud.start()
        aws_server = servers.Server(self._cloud.application, aws)
        http_server = servers.Server(self._front, http)
        aws_server.start()
        http_server.start()
        try:
            await self._unless_stopped(self._get_ready(smtp))
            await self._stop.wait()
        finally:
            await self._shut_down(aws_server, http_server)

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        numbers = {signal.SIGINT, signal.SIGTERM}
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored under nohup, which is meant
            numbers.add(signal.SIGHUP)
        for number in numbers:
            loop.add_signal_handler(number, self._told_to_stop)

    def _told_to_stop(self) -> None:
        if self._stop.is_set():
            os._exit(1)  # asked twice: the journal has everything
        self._stop.set()

    async def _unless_stopped(self, work: Any) -> None:
        """Await the work, or leave it where it is when the stop comes first."""
        task = asyncio.ensure_future(work)
        stopped = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if task.done():
            task.result()
        else:
            task.cancel()

    async def _get_ready(self, smtp: socket.socket) -> None:
        settings = self._settings
        stack = await asyncio.to_thread(deployment.deploy, settings)
        logger.info("stack is deployed")
        secrets = announcement.secrets_of(settings)
        await asyncio.to_thread(_prepare_workspace, stack, secrets)
        logger.info("workspace is prepared")
        if not self._stopped_clean:
            await asyncio.to_thread(_recount)
        self._cloud.save()
        deployment.note_as_deployed(settings, stack)
        self._complete = True
        logger.info("snapshot is taken")
        event_sources.release()
        self._front.open(stack.api_id, stack.stage)
        buckets = stack.resources["ImportsBucket"], stack.resources["MailBucket"]
        self._mail_server = await mail.serve(
            mail.Post(
                deployment.client("s3", settings), deployment.client("sns", settings),
                buckets[1], stack.resources["MailTopic"],
            ),
            smtp,
        )  # fmt: skip
        logger.info("all ports are served")
        await self._warm_up()
        dev = announcement.write_dev_file(settings, secrets, *buckets)
        print(announcement.ready_text(settings, dev), flush=True)

    async def _warm_up(self) -> None:
        """One request, so that the first one of a person does not wait for a worker to start."""
        import urllib.request

        address = f"{self._settings.api_url}/health"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        await asyncio.to_thread(lambda: opener.open(address, timeout=30).read())

    async def _shut_down(self, aws_server: servers.Server, http_server: servers.Server) -> None:
        started = time.monotonic()
        self._settings.dev_file.unlink(missing_ok=True)
        if self._mail_server is not None:
            self._mail_server.close()
        await self._front.close(_SECONDS_FOR_REQUESTS)
        await http_server.stop()
        drained = await asyncio.to_thread(event_sources.drain, _SECONDS_TO_DRAIN)
        if not drained:
            logger.warning("not everything could be finished in %d s; queues deliver it again", _SECONDS_TO_DRAIN)
        await aws_server.stop()
        await self._cloud.stop(save=self._complete)
        if drained and self._complete:
            _mark_of_a_clean_stop(self._settings).touch()
        logger.info("stopped in %.1f s", time.monotonic() - started)


def _prepare_workspace(stack: deployment.Stack, secrets: announcement.Secrets) -> None:
    """Give the run its key, demo form, demo channel and mailbox; a second time without effect."""
    os.environ.update(stack.environment)
    workspace = importlib.import_module("chalicelib.services.workspace")
    workspace.prepare(api_key=secrets.api_key, call_key=secrets.call_key, at=datetime.now(UTC))


def _recount() -> None:
    """Records of streams do not outlive a kill: what is derived from them is made from the leads."""
    started = time.monotonic()
    recount = importlib.import_module("chalicelib.services.recount")
    report = recount.run_anew(datetime.now(UTC))
    logger.info(
        "recounted %d leads in %.1f s: %d counters were off, %d words were missing",
        report.leads, time.monotonic() - started, len(report.drift), report.words_missing,
    )  # fmt: skip
