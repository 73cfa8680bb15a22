"""What the tests of the wrapper share: keys that are good without a table."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib import log
from chalicelib.api import auth
from chalicelib.api.http import Door, by_path, mount
from chalicelib.domain.caller import Caller
from chalicelib.domain.errors import Unauthenticated
from tests.api.client import Client

_LOGGER_NUMBERS = itertools.count()

READER = "lk_reader_0000000000"
WRITER = "lk_writer_0000000000"
CALLERS = {
    READER: Caller("key_reader", frozenset({"leads:read"}), "Auswertung"),
    WRITER: Caller("key_writer", frozenset({"leads:read", "leads:write"}), "Käfer-Shop"),
}


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """The lines logged so far, as Lambda would get them."""
    written = io.StringIO()
    logger = log._new_logger(f"test-{next(_LOGGER_NUMBERS)}", written)
    monkeypatch.setattr(log, "_logger", lambda: logger)
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.fixture
def known_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """READER and WRITER are good keys, all others are not."""

    def caller_of(secret: str, at: datetime) -> Caller:
        if secret not in CALLERS:
            raise Unauthenticated("This API key is not known")
        return CALLERS[secret]

    monkeypatch.setattr(auth, "caller_of", caller_of)


@pytest.fixture
def client_of(known_keys: None) -> Callable[..., Client]:
    """A client of an app that has the given doors only."""

    def build(*doors: Door, key: str | None = WRITER, **options: str) -> Client:
        app = Chalice("leadger", configure_logs=False)
        paths = by_path(operation for door in doors for operation in door.operations)
        for path, methods in paths.items():
            mount(app, path, lambda methods=methods: methods)
        return Client(app, key=key, **options)

    return build
