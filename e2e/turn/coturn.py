"""A coturn of our own, whatever runs it: its folder, ports, configuration, readiness, counters and end.

Subclasses say how it is launched (`process`, `container`). Secrets stand in a file in a folder that only we
can read, never in a command line.
"""

from __future__ import annotations

import contextlib
import random
import re
import secrets
import shutil
import socket
import tempfile
import time
from abc import abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from e2e.turn import counters, probe
from e2e.turn.server import Session, Sockets, Transport, TurnError, TurnServer, TurnUnavailable
from e2e.turn.urls import TurnUrl
from suite.reaper import Reaper

READY_S = 10.0  # until it answers
LOOK_S = 0.03  # between two looks at whether it does
ATTEMPTS = 3  # with other ports: one that was free may be taken by the time it is used
PORTS = range(10_000, 31_000)  # below where systems pick a client's ports (32768 on Linux, 49152 by IANA)
RELAY_PORTS = 1_000  # one an allocation
ALLOCATION_S = 20  # a browser that is closed frees no allocation over UDP: it is to end soon by itself
LOG_TAIL = 3  # lines that say why it did not start


@dataclass(frozen=True)
class Network:
    """Where it listens, and how the harness reaches it: another namespace gives other `sockets`, and a
    `launcher` before the command of a process, e.g. `ip netns exec NAME`, that becomes the command.
    """

    launcher: tuple[str, ...] = ()
    listening_ip: str = "127.0.0.1"
    relay_ip: str = "127.0.0.1"
    cli_ip: str = "127.0.0.1"
    sockets: Sockets = socket.socket


class Coturn(TurnServer):
    """What both ways of running coturn have in common. `ttl_s`: how many seconds its credentials live; port
    and shared secret are picked where they are not given. `open_to_all` makes a wrong server, for tests: it
    lets everybody in.
    """

    name = "turnserver"  # what messages call it

    def __init__(
        self,
        ttl_s: int,
        network: Network | None = None,
        *,
        port: int = 0,
        secret: str | None = None,
        open_to_all: bool = False,
    ) -> None:
        self.ttl_s = ttl_s
        self.network = network or Network()
        self.sockets = self.network.sockets
        self.secret: str = secret or secrets.token_hex(24)
        if re.search(r"\s", self.secret):
            raise TurnUnavailable("the shared secret of a TURN server may not hold white space")
        self.realm = f"parley-{secrets.token_hex(4)}"  # by its realm we know that it is ours that answers
        self._open = open_to_all
        self._cli_password = secrets.token_hex(24)
        self._wanted_port = port
        self._port = self._cli_port = self._relay_start = 0
        self._generation = 0
        self._folder: Path | None = None
        self._reaper: Reaper | None = None
        self._before: list[Session] = []  # of those that were killed
        self._transports: dict[str, Transport] = {}

    # -- what a subclass says

    @abstractmethod
    def _launch(self, config: Path, reaper: Reaper) -> None:
        """Starts it with this configuration and tells the reaper first. Raises TurnUnavailable."""

    @abstractmethod
    def _running(self) -> bool: ...

    @abstractmethod
    def _end(self, *, forced: bool) -> None:
        """Ends it, if it runs, and waits for its end; forced: without a word to it. Never raises."""

    # -- TurnServer

    def start(self) -> Self:
        try:
            self._reaper = Reaper()
            self._folder = Path(tempfile.gettempdir()) / f"parley-turn-{secrets.token_hex(8)}"
            self._reaper.folder(self._folder)
            self._folder.mkdir(mode=0o700)
            for attempt in range(ATTEMPTS):
                self._port, self._cli_port = self._free_port(self._wanted_port), self._free_port()
                self._relay_start = self._free_range()
                try:
                    self._run()
                    return self
                except TurnUnavailable:
                    if attempt == ATTEMPTS - 1:
                        raise
                    self._end(forced=True)
            raise AssertionError("unreachable")
        except BaseException:  # Ctrl-C too
            self.stop()
            raise

    def stop(self) -> None:
        self._end(forced=False)
        self._leave()

    def kill(self) -> None:
        with contextlib.suppress(TurnError):
            self._before = self.sessions()
        self._end(forced=True)

    def restart(self) -> None:
        if self._running():
            self.kill()
        self._run()

    def sessions(self) -> list[Session]:
        if self._folder is None:
            return [replace(session, ended=True) for session in self._before]
        running = self._running()
        password, address = self._cli_password, (self.network.cli_ip, self._cli_port)
        # The living first: one that ends in between is then found in the log.
        now = counters.living(address, password, self.sockets) if running else []
        text = self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""
        found = counters.merged(now, counters.parse_log(text.splitlines()), self._generation)
        for session in found:
            if session.transport is not None:
                self._transports[session.id] = session.transport
        found = [
            replace(one, transport=self._transports.get(one.id), ended=one.ended or not running)
            for one in found
        ]
        earlier = [
            replace(one, ended=True) for one in self._before if not one.id.startswith(f"{self._generation}.")
        ]
        return earlier + found

    # -- inside

    @property
    def _log(self) -> Path:
        assert self._folder is not None
        return self._folder / f"turn-{self._generation}.log"

    def _run(self) -> None:
        if self._folder is None or self._reaper is None:
            raise TurnUnavailable("the TURN server was stopped for good: start another")
        self._generation += 1
        config = self._folder / "turnserver.conf"
        config.touch(mode=0o600)
        config.write_text(self._configuration(), encoding="utf-8")
        ip, port = self.network.listening_ip, self._port
        self.urls = tuple(f"turn:{ip}:{port}?transport={transport}" for transport in ("udp", "tcp"))
        self._launch(config, self._reaper)
        self._wait()

    def _wait(self) -> None:
        """Until it answers over UDP and TCP, and is the one that was started: STUN messages, no log lines."""
        until = time.monotonic() + READY_S
        ip, said = self.network.listening_ip, ""
        look_s = LOOK_S * 10
        for transport in ("udp", "tcp"):
            url = TurnUrl(
                f"turn:{ip}:{self._port}", ip, self._port, "udp" if transport == "udp" else "tcp", False
            )
            while True:
                answer = probe.challenge(url, look_s, self.sockets)
                look_s *= 1.5  # a busy machine may be slow to answer
                if answer.open and self._open:
                    break
                if answer.kind == "refused" and answer.realm == self.realm:
                    break
                said = answer.reason or str(answer)
                if not self._running() or time.monotonic() > until:
                    tail = (
                        self._log.read_text(errors="replace").splitlines()[-LOG_TAIL:]
                        if self._log.exists()
                        else []
                    )
                    raise TurnUnavailable(
                        f"{self.name} did not start at {url.text} over {transport}: "
                        f"{' | '.join([said, *tail])}"
                    )
                time.sleep(LOOK_S)

    def _configuration(self) -> str:
        network, folder = self.network, self._folder
        lines = [
            f"listening-ip={network.listening_ip}",
            f"listening-port={self._port}",
            f"relay-ip={network.relay_ip}",
            f"min-port={self._relay_start}",
            f"max-port={self._relay_start + RELAY_PORTS - 1}",
            "allow-loopback-peers",
            "no-multicast-peers",
            "no-tls",
            "no-dtls",
            "no-rfc5780",
            "fingerprint",
            f"realm={self.realm}",
            f"userdb={folder}/turndb",
            f"pidfile={folder}/turn.pid",
            f"log-file={self._log}",
            "simple-log",
            "new-log-timestamp",
            "verbose",  # its log then tells the bytes of each session
            f"cli-ip={network.cli_ip}",
            f"cli-port={self._cli_port}",
            f"cli-password={self._cli_password}",
            "cli-max-output-sessions=10000",
            f"max-allocate-lifetime={ALLOCATION_S}",
        ]
        access = ["no-auth"] if self._open else ["use-auth-secret", f"static-auth-secret={self.secret}"]
        return "\n".join(lines + access) + "\n"

    def _free_port(self, wanted: int = 0) -> int:
        """A port that is free for UDP and TCP, the wanted one, or one below where the system picks those of
        clients. coturn itself does not complain of one that is taken: it shares it.
        """
        ip = self.network.listening_ip
        for port in [wanted] if wanted else random.sample(PORTS, 200):
            if all(self._is_free(ip, port, kind) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)):
                return port
        raise TurnUnavailable(f"port {wanted or 'any'} is not free for a TURN server on {ip}")

    def _free_range(self) -> int:
        """Where a stretch of ports for relays starts; coturn passes over those that are taken."""
        starts = random.sample(range(PORTS.start, PORTS.stop - RELAY_PORTS), 20)
        for start in starts:
            ends = (start, start + RELAY_PORTS // 2, start + RELAY_PORTS - 1)
            taken = start <= self._port < start + RELAY_PORTS or start <= self._cli_port < start + RELAY_PORTS
            if not taken and all(
                self._is_free(self.network.relay_ip, port, socket.SOCK_DGRAM) for port in ends
            ):
                return start
        raise TurnUnavailable(f"no free ports for relays on {self.network.relay_ip}")

    def _is_free(self, ip: str, port: int, kind: int) -> bool:
        with self.sockets(socket.AF_INET, kind) as candidate:
            if (
                kind == socket.SOCK_STREAM
            ):  # connections of the last one may linger; who listens is found all the same
                candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind((ip, port))
            except OSError:
                return False
        return True

    def _leave(self) -> None:
        """The last of it: what it counted is kept, folder and reaper go. Never raises."""
        if self._folder is not None:
            with contextlib.suppress(TurnError, OSError):
                self._before = self.sessions()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        if self._reaper is not None:
            self._reaper.close()
            self._reaper = None
