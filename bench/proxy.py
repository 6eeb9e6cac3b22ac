"""A TCP proxy that makes an answer come later: half of the delay on the way there, half on the way back.

It delays data, not connecting: each connection's bytes arrive in order, each after its half of the delay.

    python -m bench.proxy --to 127.0.0.1:8787 --delay-ms 50
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence

CHUNK = 65536


async def serve(upstream: tuple[str, int], delay_s: float) -> None:
    """Serves on a free port of the loopback, printed as one line, until it is told to stop."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection(*upstream)
        except OSError:
            writer.close()
            return
        await asyncio.gather(
            _carry(reader, there[1], delay_s / 2),
            _carry(there[0], writer, delay_s / 2),
            return_exceptions=True,
        )
        for end in (writer, there[1]):
            end.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print("http://{}:{}".format(*server.sockets[0].getsockname()), flush=True)
    async with server:
        await server.serve_forever()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float) -> None:
    """Reading goes on while earlier bytes wait, so the delay costs time and no throughput."""
    waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def read() -> None:
        data = b"..."
        while data:
            try:
                data = await reader.read(CHUNK)
            except OSError:
                data = b""
            waiting.put_nowait((time.monotonic() + delay_s, data))

    reading = asyncio.create_task(read())
    try:
        while True:
            due, data = await waiting.get()
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if not data:
                break
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    finally:
        reading.cancel()


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--to", required=True, metavar="HOST:PORT")
    parser.add_argument("--delay-ms", type=float, default=50.0)
    options = parser.parse_args(argv)
    host, _, port = options.to.rpartition(":")
    try:
        asyncio.run(serve((host, int(port)), options.delay_ms / 1000))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
