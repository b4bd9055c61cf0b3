"""The web server: `python -m controlroom.web --port 8000` (or `--fd` for a socket handed down)."""

import argparse
import os
import socket
import sys

os.environ.setdefault("CONTROLROOM_ROLE", "web")

import uvicorn

from apps.lib.lifespan import begin_to_close

GRACEFUL_SECONDS = 3
PING_SECONDS = 20.0
MAX_FRAME_BYTES = 64 * 1024  # pages only say what they look at
BACKLOG = 2048
# How long a thread that draws live parts may keep the event loop from going on (Python's own is
# 5 ms, for each of the thousands of sends of a second)
SWITCH_SECONDS = 0.0005


class Server(uvicorn.Server):
    """Ends calls that wait for work before it waits for the calls."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        begin_to_close()
        await super().shutdown(sockets)


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve pages, API and live connections.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--fd", type=int, help="a listening socket inherited from the parent")
    options = parser.parse_args()
    sys.setswitchinterval(SWITCH_SECONDS)
    server = Server(_config(options.host, options.port))
    sockets = None if options.fd is None else [socket.socket(fileno=options.fd)]
    server.run(sockets=sockets)


def _config(host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        "controlroom.asgi:application",
        host=host,
        port=port,
        backlog=BACKLOG,
        ws="websockets-sansio",
        ws_max_size=MAX_FRAME_BYTES,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        lifespan="on",
        log_config=None,
        # it would tell of every socket, as often as all pages come back
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        # Which proxies to believe is for whoever runs one: FORWARDED_ALLOW_IPS
        proxy_headers=True,
    )


if __name__ == "__main__":
    main()
