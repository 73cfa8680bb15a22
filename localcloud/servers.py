"""Listening sockets on 127.0.0.1, and an ASGI server on each."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any

from localcloud.settings import HOST, Refused

#: Seconds that a server waits for its connections when it is told to end.
_GRACE = 3


def listen(port: int, variable: str, purpose: str) -> socket.socket:
    """Open a port.

    Raises:
        Refused: another program has it; the message names the port and the variable to choose another one.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        raise Refused(
            f"Port {port} on {HOST}, wanted for {purpose}, cannot be opened ({error.strerror}); "
            f"end the program that uses it or choose another one with {variable}."
        ) from error
    listener.setblocking(False)
    return listener


class Server:
    """One ASGI application on one socket, until `stop`."""

    def __init__(self, application: Any, listener: socket.socket) -> None:
        from hypercorn.config import Config

        self._application = application
        self._config = Config()
        self._config.bind = [f"fd://{listener.detach()}"]
        self._config.graceful_timeout = _GRACE
        self._config.keep_alive_timeout = 75
        self._config.include_server_header = False
        self._config.errorlog = logging.getLogger("leadger.local.server")
        self._ending = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        from hypercorn.asyncio import serve

        self._task = asyncio.get_running_loop().create_task(
            serve(self._application, self._config, shutdown_trigger=self._ending.wait)
        )

    async def stop(self) -> None:
        self._ending.set()
        if self._task is not None:
            await self._task
