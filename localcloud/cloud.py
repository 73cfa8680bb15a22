"""MiniStack in this process: loaded with our patches, its state restored with the journal, saved at the end."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import Any

from localcloud import event_sources, patches, snapshots
from localcloud.journal import Journal, Recorder

logger = logging.getLogger("leadger.local.cloud")


class Cloud:
    """Must be made after `embedding.prepare`; `application` is what listens at the AWS port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._journal = Journal(folder / "journal")
        self._messages: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._lifespan: asyncio.Task[None] | None = None
        self._recorder: Recorder | None = None

    async def start(self) -> None:
        """Load the last snapshot and what was journaled since; nothing is called or listens yet."""
        import ministack.app

        ministack.app._run_init_scripts = _nothing
        ministack.app._run_ready_scripts = _nothing_later
        patches.apply()
        event_sources.hold()
        snapshot = snapshots.newest(self._folder)
        if snapshot:
            snapshots.use(snapshot)
        started = time.monotonic()
        await self._tell("startup")
        self._recorder = Recorder(self._journal)
        count = self._recorder.replay()
        self._recorder.release_messages()
        self._recorder.attach()
        logger.info("state loaded, %d journal records replayed in %.2f s", count, time.monotonic() - started)
        self._journal.open_next()

    async def application(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        import ministack.app

        from localcloud.front import run_lifespan

        if scope["type"] == "lifespan":
            await run_lifespan(receive, send)
        else:
            await ministack.app.app(scope, receive, send)

    def save(self) -> None:
        """Take a snapshot, after which the journal so far is not needed any more; from the event loop's thread."""
        import ministack.app

        if self._recorder is None:
            return
        self._recorder.adopt_queues()
        number, older = self._journal.open_next()
        if not snapshots.take(self._folder, number, ministack.app._build_persistence_save_dict()):
            logger.error("the snapshot is not complete; the journal is kept and replayed at the next start")
            return
        for file in older:
            file.unlink()

    async def stop(self, *, save: bool) -> None:
        """End the workers and save; the AWS port is closed by now."""
        from ministack.core import lambda_runtime

        workers = [worker for pool in lambda_runtime._workers.values() for worker in pool]
        await asyncio.to_thread(lambda_runtime.kill_workers, workers)
        await self._tell("shutdown")
        if save:
            self.save()
        self._journal.close()

    async def _tell(self, event: str) -> None:
        import ministack.app
        from ministack.core import persistence

        if self._lifespan is None:
            self._lifespan = asyncio.get_running_loop().create_task(
                ministack.app.app({"type": "lifespan"}, self._messages.get, self._answers.put)
            )
        if event == "shutdown":
            # MiniStack would save on its own here, over whatever it thinks of errors; `save` does it right after.
            ministack.app.PERSIST_STATE = persistence.PERSIST_STATE = False
        await self._messages.put({"type": f"lifespan.{event}"})
        await self._answers.get()
        if event == "shutdown":
            ministack.app.PERSIST_STATE = persistence.PERSIST_STATE = True


def _nothing() -> None:
    """Scripts in /docker-entrypoint-initaws.d and the like are not ours to run."""


async def _nothing_later() -> None:
    """Scripts in /etc/localstack and the like are not ours to run."""
