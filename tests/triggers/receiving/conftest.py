"""A real web server on this test's database, for calls from outside."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from django.db import connections

from apps.triggers.receiving.flood import RECORDS, STARTS


class WebServer:
    """uvicorn with the whole application, in a thread of this process."""

    def __init__(self) -> None:
        from controlroom.application import build_application

        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        application: Any = build_application()
        config = uvicorn.Config(application, lifespan="off", log_config=None, access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._listener]))


@pytest.fixture(scope="module")
def web() -> Iterator[WebServer]:
    server = WebServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def calm() -> None:
    """No test is held up by what another one sent; threads leave no connection behind."""
    RECORDS.forget()
    STARTS.forget()
    connections["default"].settings_dict["CONN_MAX_AGE"] = 0
