"""Reading how much memory a target takes: of a process, and of pages that mean no good."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil
import pytest

from load import memory
from load.memory import of_page, read_mb
from protocol.target import Memory

OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
GOOD = """# HELP process_resident_memory_bytes Resident memory size in bytes.
# TYPE process_resident_memory_bytes gauge
process_virtual_memory_bytes 9.9e+09
process_resident_memory_bytes 8.25e+07
"""


def test_of_a_process() -> None:
    found = read_mb(Memory(pid=os.getpid()))
    assert found is not None
    assert found == pytest.approx(psutil.Process().memory_info().rss / 1e6, rel=0.1)


@pytest.mark.parametrize("pid", [2**22 + 1, 2**31 - 1, 2**63])
def test_a_process_that_is_gone_has_none(pid: int) -> None:
    assert read_mb(Memory(pid=pid)) is None


def test_of_nothing_named_there_is_none() -> None:
    assert read_mb(Memory()) is None


@pytest.mark.parametrize(
    ("text", "mb"),
    [
        (GOOD, 82.5),
        ("process_resident_memory_bytes 1000000", 1.0),
        ('process_resident_memory_bytes{instance="a"} 2000000 1700000000000\n', 2.0),
        ("", None),
        ("process_resident_memory_bytes", None),
        ("process_resident_memory_bytes much\n", None),
        ("process_resident_memory_bytes NaN\n", None),
        ("process_resident_memory_bytes +Inf\n", None),
        ("process_resident_memory_bytes -5\n", None),
        ("process_resident_memory_bytes 0\n", None),
        ("process_resident_memory_bytes 1e300\n", None),
        ("# process_resident_memory_bytes 5\n", None),
        ("my_process_resident_memory_bytes 5\n", None),
        ("process_resident_memory_bytes_total 5\n", None),
        ("process_resident_memory_bytes{" * 50_000, None),
    ],
)
def test_a_page_has_the_figure_or_none(text: str, mb: float | None) -> None:
    began = time.process_time()
    assert of_page(text) == (pytest.approx(mb) if mb else None)
    assert time.process_time() - began < 5  # no pattern that takes for ever


def page(body: bytes, head: bytes = OK) -> Callable[[socket.socket], None]:
    return lambda client: client.sendall(head + body)


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = server.accept()
                    with client, suppress(OSError):
                        client.recv(65_536)
                        answer(client)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/metrics"
        server.shutdown(socket.SHUT_RDWR)


def test_of_a_metrics_page() -> None:
    with serving(page(GOOD.encode())) as url:
        assert read_mb(Memory(metrics_url=url)) == 82.5


def drip(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(600):
        client.sendall(b"#")
        time.sleep(0.05)


def redirect(client: socket.socket) -> None:
    """To itself: what is followed ends here with the figure."""
    host = ":".join(map(str, client.getsockname()))
    if redirect.__dict__.setdefault("seen", 0):
        return page(GOOD.encode())(client)
    redirect.__dict__["seen"] = 1
    found = f"HTTP/1.1 302 Found\r\nLocation: http://{host}/other\r\nConnection: close\r\n\r\n"
    client.sendall(found.encode())


@pytest.mark.parametrize(
    "answer",
    [
        page(b"", b""),
        page(b"\x00\xff" * 1000, b"nonsense\r\n"),
        page(GOOD.encode(), b"HTTP/1.1 500 No\r\nConnection: close\r\n\r\n"),
        page(GOOD.encode() + b"#" * 3_000_000),
        page(GOOD.encode(), b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n"),
        page(b"zz\r\n" + GOOD.encode(), b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        page(b"", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000 + b"\r\n"),
        drip,
        redirect,
    ],
    ids=["nothing", "no http", "500", "endless", "cut off", "bad chunks", "many headers", "drip", "redirect"],
)
def test_a_page_that_means_no_good_is_none_and_soon(
    answer: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MOST_S", 0.5)
    with serving(answer) as url:
        began = time.monotonic()
        assert read_mb(Memory(metrics_url=url)) is None
        assert time.monotonic() - began < 20


def test_nobody_there_is_none() -> None:
    assert read_mb(Memory(metrics_url="http://127.0.0.1:1/metrics")) is None
