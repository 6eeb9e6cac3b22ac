"""A port in the public namespace that leads to one of ours, so that browsers in the lab reach a server on the
loopback: TCP only, byte for byte.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading

PIECE = 65536
END_S = 5.0


class Forwarder:
    """Carries connections that come to `listening` to a port on 127.0.0.1, until it is closed."""

    def __init__(self, listening: socket.socket, port: int) -> None:
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._listening = listening
        self._stop = asyncio.Event()
        self._carried: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """May be called again; never raises."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(END_S)

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            self._loop.run_until_complete(self._serve())
        self._loop.run_until_complete(_cancel_others())
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, sock=self._listening)
        await self._stop.wait()
        server.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Nothing else holds it: the streams refer to one another weakly, and a collection would cut the line.
        task = asyncio.get_running_loop().create_task(self._carry(reader, writer))
        self._carried.add(task)
        task.add_done_callback(self._carried.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            writer.close()  # nobody listens there: the other side sees the same
            return
        try:
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        finally:
            for end in (writer, back):
                end.close()


async def _cancel_others() -> None:
    """Ends the connections that are still carried."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while piece := await source.read(PIECE):
            sink.write(piece)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
    except OSError:
        sink.close()
