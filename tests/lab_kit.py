"""Datagrams in the network lab: what is sent from a side to the public, and what of it comes back."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from e2e.lab import PUBLIC_IP, Lab

LONG_S = 60.0  # for what should come; a busy machine is no failure


@contextmanager
def echo(lab: Lab) -> Iterator[tuple[str, int]]:
    """A UDP server in public that sends back what it gets."""
    with lab.sockets()(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((PUBLIC_IP, 0))
        server.settimeout(0.05)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    data, address = server.recvfrom(2048)
                except TimeoutError:
                    continue
                server.sendto(data, address)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()
        finally:
            over.set()
            thread.join()


def pings(lab: Lab, side: str, count: int, within_s: float) -> list[float]:
    """The round trips in seconds of those of so many datagrams that came back, sent at once."""
    found: list[float] = []
    with echo(lab) as address, lab.sockets(side)(socket.AF_INET, socket.SOCK_DGRAM) as client:
        sent: dict[bytes, float] = {}
        for number in range(count):
            word = b"%d" % number
            sent[word] = time.monotonic()
            client.sendto(word, address)
        end = time.monotonic() + within_s
        while len(found) < count and (left := end - time.monotonic()) > 0:
            client.settimeout(left)
            try:
                word = client.recv(2048)
            except TimeoutError:
                break
            found.append(time.monotonic() - sent.pop(word))
    return found


def came_back(lab: Lab, side: str, count: int) -> int:
    """How many of so many datagrams came back. Those sent after them tell when no more will: the way keeps
    the order, and how long it takes is the machine's.
    """
    words: set[bytes] = set()
    with echo(lab) as address, lab.sockets(side)(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for number in range(count):
            client.sendto(b"%d" % number, address)
        client.settimeout(0.1)
        end = time.monotonic() + LONG_S
        while time.monotonic() < end:
            client.sendto(b"the last", address)
            try:
                while (word := client.recv(2048)) != b"the last":
                    words.add(word)
            except TimeoutError:
                continue
            return len(words)
    raise AssertionError("nothing of what was sent last came back")
