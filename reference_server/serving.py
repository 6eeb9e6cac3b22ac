"""Runs the application on granian inside this process: one worker, since the state is in memory.

Knows about sockets, signals and the end of the process; nothing about the protocol.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

CONNECTIONS = 4096  # served at a time; granian's own default would hold the 129th back
READY_POLL_S = 0.005
STOP_S = 3.0  # running requests get this long to end; who drips a body longer is cut off


class ServeError(Exception):
    """The server cannot serve; the message names the address and the reason."""


def claim(host: str, port: int) -> socket.socket:
    """Takes an address for us alone; port 0 means any free one. Raises ServeError where it is taken.

    granian listens with SO_REUSEPORT, so of itself it would share a taken port without a word. This socket
    is bound without that option, which fails on a taken port, and gets it afterwards, so that granian may
    bind beside it. It never listens, so no connection comes to it.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise ServeError(f"{host}: is no address to listen on: {error.strerror}") from None
    claimed = socket.socket(family, kind)
    try:
        claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        claimed.bind(address)
    except OSError as error:
        claimed.close()
        why = (error.strerror or "failed").lower()
        raise ServeError(f"cannot listen on {host} port {port}: {why}") from None
    claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return claimed


async def serve(app: Any, claimed: socket.socket, on_ready: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT; `on_ready` gets the URL once connections are taken."""
    host, port = claimed.getsockname()[:2]
    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        log_enabled=False,
    )
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    running = asyncio.create_task(server.serve())
    await _until_listening(host, port, running)
    on_ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait({running, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        raise ServeError(f"the HTTP server on {host} port {port} ended by itself")
    server.stop()  # type: ignore[no-untyped-call]
    await asyncio.wait({running}, timeout=STOP_S)


async def _until_listening(host: str, port: int, running: asyncio.Task[None]) -> None:
    peer = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - asked about, not bound
    while not running.done():
        try:
            _, writer = await asyncio.open_connection(peer, port)
        except OSError:
            await asyncio.sleep(READY_POLL_S)
        else:
            writer.close()
            return
    raise ServeError(f"the HTTP server did not start on {host} port {port}")
