"""The reference server with a fault that a load shows, and hardly anything else: loaded.py FAULT [options].

slow-OPERATION waits 200 ms before it answers; leaking keeps 10 kB of each request; erring answers one in 500
with 500, erring-often one in 50; forgetful loses a join where many requests come in one second; narrow takes
5 ms of its only core for each request.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from typing import Any

from reference_server import main as serving
from reference_server.app import App, Reply, Response
from reference_server.assembly import Parts
from reference_server.requests import Request
from reference_server.state import Room, Rooms

SLOW_S = 0.2
NARROW_S = 0.005
LEAKED = 10_000  # bytes a request
ERRS_EACH, ERRS_OFTEN_EACH = 500, 50
BUSY = 60  # requests of rooms within a second


def slow(operation: str) -> type[App]:
    class Slow(App):
        def respond(self, request: Request) -> Reply:
            if self.operation(request) != operation:
                return super().respond(request)
            return self._later(request)

        async def _later(self, request: Request) -> Response:
            await asyncio.sleep(SLOW_S)
            found = super().respond(request)
            return found if isinstance(found, Response) else await found

    return Slow


class Narrow(App):
    def respond(self, request: Request) -> Reply:
        until = time.perf_counter() + NARROW_S
        while time.perf_counter() < until:
            pass
        return super().respond(request)


class Leaking(App):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._kept: list[bytes] = []

    def respond(self, request: Request) -> Reply:
        self._kept.append(b"x" * LEAKED)
        return super().respond(request)


class Erring(App):
    each = ERRS_EACH

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._count = 0

    def respond(self, request: Request) -> Reply:
        self._count += 1
        if self._count % self.each == 0:
            return Response(500, self._plain_fields, b'{"error":"Internal error"}')
        return super().respond(request)


class ErringOften(Erring):
    """For a load of seconds, which on a busy machine sends a few hundred requests."""

    each = ERRS_OFTEN_EACH


class Forgetful(Rooms):
    """Under load every second join is answered as it should be, and not kept."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._seen: deque[float] = deque(maxlen=BUSY)
        self._joins = 0

    def find(self, room_id: str) -> Room:
        self._seen.append(time.monotonic())
        return super().find(room_id)

    def join(self, room_id: str, user: str) -> Room:
        room = super().join(room_id, user)
        busy = len(self._seen) == BUSY and self._seen[-1] - self._seen[0] < 1
        self._joins += 1
        if busy and self._joins % 2 and user != room.creator:
            del room.participants[user]
        return room


def parts_of(fault: str) -> Parts:
    if fault.startswith("slow-"):
        return Parts(app=slow(fault.removeprefix("slow-")))
    if fault == "right":
        return Parts()
    if fault == "forgetful":
        return Parts(rooms=Forgetful)
    wrong = {"leaking": Leaking, "erring": Erring, "erring-often": ErringOften, "narrow": Narrow}
    return Parts(app=wrong[fault])


if __name__ == "__main__":
    wrong = parts_of(sys.argv[1])
    serving.Parts = lambda: wrong  # type: ignore[misc,assignment]
    sys.exit(serving.main(sys.argv[2:]))
