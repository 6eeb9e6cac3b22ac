"""What the tests of the widget in a browser share: coturn as a process, and Chromium by Playwright."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
TURNSERVER = shutil.which("turnserver")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--allow-loopback-in-peer-connection",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--disable-features=WebRtcHideLocalIpsWithMdns,OptimizationHints,MediaRouter,DialMediaRouteProvider",
]
READY_S = 20.0


def free_port() -> int:
    """A UDP port that nobody has now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Coturn:
    """`turnserver` on the loopback, UDP and TCP, with REST credentials."""

    def __init__(self) -> None:
        self.secret = secrets.token_hex(16)
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="coturn-")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"turn:127.0.0.1:{self.port}?transport=udp"

    def start(self) -> None:
        folder = Path(self._folder.name)
        user = self._user()
        if user is not None:
            shutil.chown(folder, user)
        assert TURNSERVER is not None
        self._process = subprocess.Popen(
            [
                *(TURNSERVER, "-n", "--listening-ip=127.0.0.1", f"--listening-port={self.port}"),
                *("--relay-ip=127.0.0.1", "--min-port=50000", "--max-port=52000", "--allow-loopback-peers"),
                *("--no-multicast-peers", "--no-tls", "--no-dtls", "--no-rfc5780", "--fingerprint"),
                *("--realm=parley", "--use-auth-secret", f"--static-auth-secret={self.secret}", "--no-cli"),
                *(f"--userdb={folder}/turndb", f"--pidfile={folder}/turn.pid", "--log-file=stdout"),
                *("--simple-log", "--max-allocate-lifetime=60"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=user,
        )
        self._wait()

    def kill(self) -> None:
        """It dies without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._folder.cleanup()

    @staticmethod
    def _user() -> str | None:
        """Not as root where there is a user made for it."""
        try:
            return pwd.getpwnam("turnserver").pw_name if os.geteuid() == 0 else None
        except KeyError:
            return None

    def _wait(self) -> None:
        """Until a STUN binding request is answered."""
        request = struct.pack("!HHI", 1, 0, 0x2112A442) + secrets.token_bytes(12)
        until = time.monotonic() + READY_S
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(0.1)
            asking.connect(("127.0.0.1", self.port))
            while time.monotonic() < until:
                assert self._process is not None and self._process.poll() is None, "turnserver ended"
                try:
                    asking.send(request)
                    asking.recv(2048)
                    return
                except (TimeoutError, ConnectionRefusedError):
                    time.sleep(0.05)
        raise AssertionError("turnserver did not answer")
