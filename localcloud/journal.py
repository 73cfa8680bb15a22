"""Nothing acknowledged is lost by `kill -9`: effects are appended to a file before the answer goes out.

MiniStack keeps tables and queues in memory and saves them only at a clean exit. Here every effect on them (an item
stored or removed, a message added or removed) becomes one line, and the start replays the lines over the last snapshot.
Effects and not requests, because a replayed condition or a replayed `SET n = n + 1` would depend on what it meets:
an effect may be replayed any number of times, over an older or a newer snapshot, and gives the same state.

All effects of one DynamoDB request are one line, so a transaction is there whole or not at all. A line that the kill
cut short was never acknowledged and is dropped. The file is flushed to the operating system, not to the disk: it
outlives this process, not a power cut. Objects of S3 need no line: MiniStack writes them to disk when they are put.

Law of the files: `journal-<n>.jsonl`, replayed by rising n. A snapshot begins by opening the next number, and removes
the older ones when it is complete; so whatever happens in between is in a file that stays.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

logger = logging.getLogger("leadger.local.journal")


class Journal:
    """Lines appended to the newest file of a folder; every method may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._descriptor = -1
        folder.mkdir(parents=True, exist_ok=True)

    def records(self) -> Iterable[dict[str, Any]]:
        """Yield what was appended by earlier runs, oldest first."""
        for file in self._files():
            yield from _records_of(file)

    def open_next(self) -> tuple[int, list[Path]]:
        """Append to a new file from now on.

        Returns:
            its number, and the older files, which a complete snapshot makes useless.
        """
        with self._lock:
            older = self._files()
            number = _number(older[-1]) + 1 if older else 1
            descriptor = os.open(
                self._folder / f"journal-{number:06d}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
            )
            if self._descriptor >= 0:
                os.close(self._descriptor)
            self._descriptor = descriptor
            return number, older

    def append(self, record: dict[str, Any]) -> None:
        """Write one record; it survives this process when the call returns.

        Raises:
            OSError: it could not be written, so nothing that depends on it may be acknowledged.
        """
        line = json.dumps(record, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            if self._descriptor < 0:
                return
            written = os.write(self._descriptor, line)
            while written < len(line):
                written += os.write(self._descriptor, line[written:])

    def close(self) -> None:
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("journal-*.jsonl"), key=_number)


def _number(file: Path) -> int:
    return int(file.stem.partition("-")[2])


def _records_of(file: Path) -> Iterable[dict[str, Any]]:
    with open(file, "rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                logger.info("the last line of %s was cut short by the kill and is dropped", file.name)
                return
            yield json.loads(line)


class Recorder:
    """Attaches a journal to MiniStack's tables and queues, and replays what it holds."""

    def __init__(self, journal: Journal) -> None:
        from ministack.services import dynamodb, sqs

        self._journal = journal
        self._tables = dynamodb
        self._queues = sqs
        #: Effects of the DynamoDB request that runs now; per thread, since the reaper of expired items has its own.
        self._pending = threading.local()

    def replay(self) -> int:
        """Bring tables and queues to where the last line left them; return the number of records.

        Called once, after the snapshot was loaded and before anything can write.
        """
        count = 0
        for record in self._journal.records():
            count += 1
            for effect in record.get("items", ()):
                self._replay_item(*effect)
            for effect in record.get("messages", ()):
                self._replay_message(*effect)
        return count

    def attach(self) -> None:
        """Journal every effect from now on. Called once, after `replay`."""
        self._record_items()
        self._record_messages()

    # -- tables ------------------------------------------------------------------------------------------------------

    def _record_items(self) -> None:
        tables = self._tables
        set_item, remove_item, handle_request = tables._set_item, tables._remove_item, tables.handle_request

        def recorded_set_item(table: dict, partition: Any, sort: Any, item: dict) -> Any:
            old_item = set_item(table, partition, sort, item)
            self._item_changed([table["TableArn"], partition, sort, item])
            return old_item

        def recorded_remove_item(table: dict, partition: Any, sort: Any) -> Any:
            old_item = remove_item(table, partition, sort)
            if old_item is not None:
                self._item_changed([table["TableArn"], partition, sort, None])
            return old_item

        async def recorded_request(*request: Any) -> Any:
            # MiniStack's handler never awaits: no second request can come in between.
            self._pending.items = []
            try:
                return await handle_request(*request)
            finally:
                effects, self._pending.items = self._pending.items, None
                if effects:
                    self._journal.append({"items": effects})

        tables._set_item = recorded_set_item
        tables._remove_item = recorded_remove_item
        tables.handle_request = recorded_request

    def _item_changed(self, effect: list[Any]) -> None:
        pending = getattr(self._pending, "items", None)
        if pending is None:
            self._journal.append({"items": [effect]})
        else:
            pending.append(effect)

    def _replay_item(self, table_arn: str, partition: Any, sort: Any, item: dict | None) -> None:
        _, _, _, region, account, resource = table_arn.split(":", 5)
        table = self._tables._tables.get_scoped(account, region, resource.partition("/")[2])
        if table is None:
            return  # the table was deleted after this line
        if item is None:
            self._tables._remove_item(table, partition, sort)
        else:
            self._tables._set_item(table, partition, sort, item)

    # -- queues ------------------------------------------------------------------------------------------------------

    def _record_messages(self) -> None:
        queues = self._queues
        create_queue = queues._HANDLERS["CreateQueue"]

        def recorded_create_queue(*request: Any) -> Any:
            result = create_queue(*request)
            self.adopt_queues()
            return result

        queues._HANDLERS["CreateQueue"] = queues._act_create_queue = recorded_create_queue
        self.adopt_queues()

    def adopt_queues(self) -> None:
        """Journal the messages of queues that came into being since the last call."""
        for (account, region, url), queue in list(self._queues._queues.all_items()):
            if not isinstance(queue, _Queue):
                self._queues._queues.set_scoped(account, region, url, _Queue(queue, self._messages_changed))

    def _messages_changed(self, effect: list[Any]) -> None:
        self._journal.append({"messages": [effect]})

    def _replay_message(self, kind: str, queue_arn: str, content: Any) -> None:
        queue = self._queues._queue_by_arn(queue_arn)
        if queue is None:
            return  # the queue was deleted after this line
        if kind == "removed":
            gone = set(content)
            queue["messages"] = [message for message in queue["messages"] if message["id"] not in gone]
        elif all(message["id"] != content["id"] for message in queue["messages"]):
            queue["messages"].append(content)

    def release_messages(self) -> None:
        """Make what was in the hands of a worker visible again: that worker died with its run."""
        now = time.time()
        for queue in self._queues._queues.all_values():
            for message in queue["messages"]:
                if message.get("receive_count"):
                    message["visible_at"] = min(message["visible_at"], now)


class _Queue(dict):
    """A queue of MiniStack that tells which messages came and went, whoever replaces its list of messages."""

    def __init__(self, queue: dict[str, Any], changed: Callable[[list[Any]], None]) -> None:
        super().__init__(queue)
        self._changed = changed
        super().__setitem__("messages", _Messages(queue["messages"], self._arn, changed))

    @property
    def _arn(self) -> str:
        return str(self["attributes"]["QueueArn"])

    def __setitem__(self, name: Any, value: Any) -> None:
        if name == "messages":
            kept = {message["id"] for message in value}
            gone = [message["id"] for message in self["messages"] if message["id"] not in kept]
            value = _Messages(value, self._arn, self._changed)
            if gone:
                self._changed(["removed", self._arn, gone])
        super().__setitem__(name, value)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return json.loads(json.dumps(self))  # a snapshot is JSON anyway


class _Messages(list):
    def __init__(self, messages: Iterable[dict[str, Any]], arn: str, changed: Callable[[list[Any]], None]) -> None:
        super().__init__(messages)
        self._arn = arn
        self._changed = changed

    def append(self, message: dict[str, Any]) -> None:
        self._changed(["added", self._arn, message])
        super().append(message)

    def remove(self, message: dict[str, Any]) -> None:
        super().remove(message)
        self._changed(["removed", self._arn, [message["id"]]])

    def clear(self) -> None:
        gone = [message["id"] for message in self]
        super().clear()
        if gone:
            self._changed(["removed", self._arn, gone])
