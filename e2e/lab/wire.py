"""Wires between namespaces whose loss, delay, jitter and rate are ours: a process that carries frames from
one TAP device to another. It stands in where the kernel has no netem, and ends with its standard input.

Started as a file: `python wire.py SEED WIRES`, told by lines of JSON, answering each with a line.
"""

from __future__ import annotations

import fcntl
import heapq
import itertools
import json
import os
import random
import select
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SET_INTERFACE = 0x400454CA  # TUNSETIFF, linux/if_tun.h
TAP, NO_HEADER = 0x0002, 0x1000  # IFF_TAP, IFF_NO_PI
FRAME = 65536
BACKLOG_S = 0.2  # what a thin wire holds back at most; the rest is dropped, as by a router
ANSWER_S = 10.0


class WireError(Exception):
    """The process that carries the frames did not answer."""


class Wires:
    """The owner's side. `ends`: by the name of each wire, the handles of its two TAP devices, which are this
    object's from now on. `mark` stands in the command line.
    """

    def __init__(self, ends: Mapping[str, tuple[int, int]], seed: int, mark: str) -> None:
        self._handles = tuple(handle for pair in ends.values() for handle in pair)
        self.argv = [sys.executable, "-I", "-S", __file__, str(seed), json.dumps(ends), mark]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Raises OSError."""
        try:
            self._process = subprocess.Popen(
                self.argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
                pass_fds=self._handles,
            )
        finally:
            for handle in self._handles:  # the process has its own now, and the devices go with it
                os.close(handle)

    def shape(self, name: str, **how: float) -> None:
        """loss (0 to 1), delay_s, jitter_s and rate (bits a second; 0 for no limit), for both directions."""
        self._tell({"shape": name, **how})

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _tell(self, message: dict[str, Any]) -> None:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise WireError("the wires are not there")
        try:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
            ready = select.select([process.stdout], [], [], ANSWER_S)[0]
            answer = (
                json.loads(process.stdout.readline() or '"the wires have ended"') if ready else "no answer"
            )
        except (OSError, ValueError) as error:
            raise WireError(f"the wires do not answer: {error}") from None
        if answer != "ok":
            raise WireError(f"the wires: {answer}")


@dataclass
class Wire:
    """One wire, for both directions alike. Frames keep their order."""

    ends: tuple[int, int]
    dice: random.Random
    loss: float = 0.0
    delay_s: float = 0.0
    jitter_s: float = 0.0
    rate: float = 0.0
    free_at: dict[int, float] = field(default_factory=dict)  # by direction: when the last frame has left
    last: dict[int, float] = field(default_factory=dict)  # and when the last one arrives

    def other(self, end: int) -> int:
        return self.ends[1] if end == self.ends[0] else self.ends[0]

    def due(self, end: int, size: int, now: float) -> float | None:
        """When a frame that came in at this end goes out at the other; None where it is lost."""
        if self.loss and self.dice.random() < self.loss:
            return None
        leaves = now
        if self.rate:
            starts = max(now, self.free_at.get(end, now))
            if starts - now > BACKLOG_S:
                return None
            leaves = self.free_at[end] = starts + size * 8 / self.rate
        due = leaves + self.delay_s + self.jitter_s * (2 * self.dice.random() - 1)
        self.last[end] = max(due, self.last.get(end, due))
        return self.last[end]


def open_tap(name: str) -> int:
    """A TAP device in the caller's namespace; it goes when the handle is closed. Raises OSError."""
    handle = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.ioctl(handle, SET_INTERFACE, struct.pack("16sH22x", name.encode("ascii"), TAP | NO_HEADER))
    except BaseException:
        os.close(handle)
        raise
    return handle


class Carrier:
    """The process: waits for frames, for words, and for the time at which the next frame is due."""

    def __init__(self, seed: int, ends: Mapping[str, tuple[int, int]]) -> None:
        dice = random.Random(seed)  # noqa: S311 - which frames are lost is to be the same in each run
        self.wires = {name: Wire((first, second), dice) for name, (first, second) in ends.items()}
        self.by_end = {handle: wire for wire in self.wires.values() for handle in wire.ends}
        self.waiting: list[tuple[float, int, int, bytes]] = []
        self.numbers = itertools.count()
        self.poll = select.epoll()
        self.words = sys.stdin.fileno()
        for handle in (self.words, *self.by_end):
            self.poll.register(handle, select.EPOLLIN)
        self.unread = b""

    def run(self) -> None:
        while True:
            wait = max(0.0, self.waiting[0][0] - time.monotonic()) if self.waiting else -1.0
            for handle, _ in self.poll.poll(wait):
                if handle == self.words:
                    data = os.read(self.words, 65536)
                    if not data:
                        return
                    self.unread += data
                    while b"\n" in self.unread:
                        line, _, self.unread = self.unread.partition(b"\n")
                        self.answer(json.loads(line))
                else:
                    self.carry(handle)
            self.deliver()

    def answer(self, message: dict[str, Any]) -> None:
        try:
            said = self.obey(message)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()

    def obey(self, message: dict[str, Any]) -> str:
        wire = self.wires[message.pop("shape")]
        for key, value in message.items():
            setattr(wire, key, float(value))
        wire.free_at.clear()  # what comes from now on does not wait for what came before
        wire.last.clear()
        return "ok"

    def carry(self, end: int) -> None:
        wire = self.by_end[end]
        for _ in range(64):  # then the others have their turn
            try:
                frame = os.read(end, FRAME)
            except OSError:  # nothing more, or the device is down
                return
            now = time.monotonic()
            due = wire.due(end, len(frame), now)
            if due is not None:
                heapq.heappush(self.waiting, (due, next(self.numbers), wire.other(end), frame))

    def deliver(self) -> None:
        now = time.monotonic()
        while self.waiting and self.waiting[0][0] <= now:
            _, _, end, frame = heapq.heappop(self.waiting)
            try:
                os.write(end, frame)
            except OSError:  # the device is down
                continue


if __name__ == "__main__":
    Carrier(int(sys.argv[1]), json.loads(sys.argv[2])).run()
