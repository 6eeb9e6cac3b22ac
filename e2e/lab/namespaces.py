"""Linux network namespaces: made and removed by `ip`, entered by a thread that then ends."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

Made = TypeVar("Made")
NETWORK = 0x40000000  # CLONE_NEWNET, setns(2)
FOLDER = "/run/netns"  # where `ip netns` keeps their names, ip-netns(8)
COMMAND_S = 10.0
NEEDED = {"ip": "iproute2", "tc": "iproute2", "nft": "nftables"}


class LabError(Exception):
    """The lab cannot do that; one sentence."""


class LabUnavailable(LabError):
    """There can be no lab here; the message says why."""


def why_not() -> str:
    """Why no namespaces can be made here; empty where they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = sorted({package for command, package in NEEDED.items() if shutil.which(command) is None})
    return f"not installed: {', '.join(missing)}" if missing else ""


def run(*argv: str, given: str = "") -> str:
    """Runs a command with this on its standard input. Raises LabError with what it complained of."""
    try:
        done = subprocess.run(
            argv, input=given, capture_output=True, text=True, timeout=COMMAND_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(f"{argv[0]} failed: {error}") from None
    if done.returncode != 0:
        raise LabError(f"{' '.join(argv)[:120]} failed: {' '.join(done.stderr.split())[:200]}")
    return done.stdout


def batch(name: str, lines: Iterable[str]) -> None:
    """These `ip` commands, in the namespace of this name ('' for ours). Raises LabError."""
    where = ["-n", name] if name else []
    run("ip", *where, "-batch", "-", given="\n".join(lines) + "\n")


def enter(name: str) -> None:
    """The calling thread goes into the namespace, for good. Raises LabError."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        handle = os.open(f"{FOLDER}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise LabError(f"the namespace {name} is not there: {error.strerror}") from None
    try:
        if libc.setns(handle, NETWORK) != 0:
            raise LabError(f"the namespace {name} cannot be entered: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(handle)


def inside(name: str, make: Callable[[], Made]) -> Made:
    """What `make` returns when it is called in the namespace, e.g. a socket: it stays in there. Raises
    LabError, and what `make` raises.
    """
    made: list[Made] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            enter(name)
            made.append(make())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return made[0]


def sockets(name: str) -> Callable[[int, int], socket.socket]:
    """Makes sockets in the namespace, of a family and a type."""
    return lambda family, kind: inside(name, lambda: socket.socket(family, kind))


def removing(names: Iterable[str]) -> list[str]:
    """A command that ends every process in these namespaces and removes them, where they are still there."""
    listed = " ".join(names)
    return [
        "sh",
        "-c",
        f"for n in {listed}; do [ -e {FOLDER}/$n ] || continue; "
        "for p in $(ip netns pids $n); do kill -9 $p; done; ip netns del $n; done",
    ]
