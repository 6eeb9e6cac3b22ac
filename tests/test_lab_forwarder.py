"""The forwarder of the lab: byte for byte both ways, for as long as a connection lasts."""

from __future__ import annotations

import gc
import socket

from e2e.lab.forwarder import Forwarder

WAIT_S = 90.0


def test_a_connection_closed_on_one_side_goes_on_and_outlives_collections() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as outside:
        server.settimeout(WAIT_S)
        forwarder = Forwarder(outside, server.getsockname()[1])
        try:
            with socket.create_connection(outside.getsockname(), WAIT_S) as client:
                carried, _ = server.accept()
                with carried:
                    carried.settimeout(WAIT_S)
                    client.sendall(b"there")
                    assert carried.recv(5) == b"there"
                    carried.sendall(b"back")
                    assert client.recv(4) == b"back"
                    client.shutdown(socket.SHUT_WR)
                    assert carried.recv(1) == b""
                    for _ in range(3):
                        gc.collect()
                    carried.sendall(b"still")
                    assert client.recv(5) == b"still"
        finally:
            forwarder.close()


def test_where_nobody_listens_the_connection_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with socket.create_server(("127.0.0.1", 0)) as outside:
        forwarder = Forwarder(outside, port)
        try:
            with socket.create_connection(outside.getsockname(), WAIT_S) as client:
                assert client.recv(1) == b""
        finally:
            forwarder.close()
