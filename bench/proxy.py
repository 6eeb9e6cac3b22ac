"""A TCP proxy that makes an answer come later: half of the delay on the way there, half on the way back.

It delays data, not connecting: each connection's bytes arrive in order, each after its half of the delay.

    python -m bench.proxy --to 127.0.0.1:8787 --delay-ms 50
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Sequence
from typing import cast


class Side(asyncio.Protocol):
    """One end of a proxied connection: hands what comes to the other end, later."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self._loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport | None = None
        self.other: Side | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._loop.call_later(self._delay_s, self._hand_on, data)

    def eof_received(self) -> bool:
        self._loop.call_later(self._delay_s, self._hand_on, b"")
        return True  # the other direction may go on

    def connection_lost(self, error: Exception | None) -> None:
        self._loop.call_later(self._delay_s, self._close_other)

    def _hand_on(self, data: bytes) -> None:
        out = self.other.transport if self.other is not None else None
        if out is None or out.is_closing():
            return
        if data:
            out.write(data)
        elif out.can_write_eof():
            out.write_eof()

    def _close_other(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()


class Front(Side):
    """The end towards the client: reads nothing before the end towards the server is there."""

    def __init__(self, delay_s: float, upstream: tuple[str, int]) -> None:
        super().__init__(delay_s)
        self._upstream = upstream
        self._connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert self.transport is not None
        self.transport.pause_reading()
        self._connecting = self._loop.create_task(self._connect(self.transport))

    async def _connect(self, mine: asyncio.Transport) -> None:
        back = Side(self._delay_s)
        back.other, self.other = self, back
        try:
            await self._loop.create_connection(lambda: back, *self._upstream)
        except OSError:
            mine.close()
            return
        if not mine.is_closing():
            mine.resume_reading()


async def serve(upstream: tuple[str, int], delay_s: float) -> None:
    """Serves on a free port of the loopback, printed as one line, until it is told to stop."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(lambda: Front(delay_s / 2, upstream), "127.0.0.1", 0)
    print("http://{}:{}".format(*server.sockets[0].getsockname()), flush=True)
    await stopped.wait()
    server.close()


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--to", required=True, metavar="HOST:PORT")
    parser.add_argument("--delay-ms", type=float, default=50.0)
    options = parser.parse_args(argv)
    host, _, port = options.to.rpartition(":")
    asyncio.run(serve((host, int(port)), options.delay_ms / 1000))


if __name__ == "__main__":
    main()
