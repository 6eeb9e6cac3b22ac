"""coturn's own counters: its command line interface (living sessions) and its log (exact, once they end)."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterable
from dataclasses import replace

from e2e.turn.server import Session, Sockets, Transport, TurnError, user_of

CLI_S = 3.0  # for one look through the command line interface
MOST = 1 << 24  # bytes of an answer

HEAD = re.compile(r"^\s*\d+\) id=(?P<id>\d+), user <(?P<user>.*)>:\s*$")
CLIENT = re.compile(r"^\s*client protocol (?P<transport>[A-Z/]+),")
USAGE = re.compile(r"usage: .*?rp=(\d+), rb=(\d+), sp=(\d+), sb=(\d+)")
PEER = re.compile(r"^\s{8,}(?P<peer>\S+:\d+)\s*$")
LOGGED = re.compile(
    r"session (?P<id>\d+): (?:(?P<new>new), |(?P<side>peer )?(?P<usage>usage): |(?P<gone>delete): )"
)


def living(address: tuple[str, int], password: str, sockets: Sockets = socket.socket) -> list[Session]:
    """The sessions of a running coturn, by the command `ps`. Raises TurnError where it does not answer."""
    try:
        return parse_sessions(_ps(address, password, sockets))
    except (OSError, TurnError) as error:
        raise TurnError(f"the TURN server's command line interface does not answer: {error}") from error


def _ps(address: tuple[str, int], password: str, sockets: Sockets) -> str:
    until = time.monotonic() + CLI_S
    with sockets(socket.AF_INET, socket.SOCK_STREAM) as line:
        line.settimeout(CLI_S)
        line.connect(address)
        _read_to(line, b"password", until)
        line.sendall(password.encode("ascii") + b"\r\n")
        _read_to(line, b"> ", until)
        line.sendall(b"ps\r\n")
        found = _read_to(line, b"Total sessions:", until)
        line.sendall(b"quit\r\n")
    return found.decode("utf-8", "replace")


def _read_to(line: socket.socket, mark: bytes, until: float) -> bytes:
    found = b""
    while mark not in found:
        left = until - time.monotonic()
        if left <= 0 or len(found) > MOST:
            raise TurnError(f"no {mark.decode()!r} in time")
        line.settimeout(left)
        more = line.recv(1 << 16)
        if not more:
            raise TurnError("it closed the connection")
        found += more
    return found


def parse_sessions(text: str) -> list[Session]:
    """The sessions in the answer to `ps`. Lines that are not understood are passed over."""
    found: list[Session] = []
    for line in text.splitlines():
        if head := HEAD.match(line):
            found.append(_session(head["id"], head["user"]))
        elif not found:
            continue
        elif client := CLIENT.match(line):
            transport: Transport = "udp" if client["transport"] in ("UDP", "DTLS") else "tcp"
            found[-1] = replace(found[-1], transport=transport)
        elif usage := USAGE.search(line):
            found[-1] = _with_usage(found[-1], usage, peer=False)
        elif peer := PEER.match(line):
            found[-1] = replace(found[-1], peers=(*found[-1].peers, peer["peer"]))
    return found


def parse_log(lines: Iterable[str]) -> dict[str, Session]:
    """The allocations of a log by id. coturn logs what was counted since it last said so: the sum is the
    total. What never had an allocation is a session to it too, but never `new`: it is left out.
    """
    found: dict[str, Session] = {}
    for line in lines:
        match = LOGGED.search(line)
        if match is None:
            continue
        number = match["id"]
        if match["new"]:
            user = re.search(r"username=<(.*?)>", line)
            found[number] = _session(number, user[1] if user else "")
        elif number not in found:
            continue
        elif match["usage"] and (usage := USAGE.search(line)):
            found[number] = _with_usage(found[number], usage, peer=bool(match["side"]))
        elif match["gone"]:  # the last that is said of it
            found[number] = replace(found[number], ended=True)
    return found


def merged(living_now: Iterable[Session], logged: dict[str, Session], generation: int) -> list[Session]:
    """Both sources as one list, oldest first. Ids are made unique over restarts by the generation."""
    found: dict[str, Session] = dict(logged)
    for session in living_now:
        before = found.get(session.id)
        if before is None:
            found[session.id] = session
        elif before.ended:  # it ended between the two looks: the log is exact
            found[session.id] = replace(before, transport=session.transport)
        else:
            found[session.id] = replace(
                session,
                received_bytes=max(session.received_bytes, before.received_bytes),
                sent_bytes=max(session.sent_bytes, before.sent_bytes),
                received_packets=max(session.received_packets, before.received_packets),
                sent_packets=max(session.sent_packets, before.sent_packets),
                peer_received_bytes=before.peer_received_bytes,
                peer_sent_bytes=before.peer_sent_bytes,
            )
    return [replace(session, id=f"{generation}.{key}") for key, session in found.items()]


def _session(number: str, username: str) -> Session:
    return Session(number, user_of(username), username, None, ())


def _with_usage(session: Session, usage: re.Match[str], *, peer: bool) -> Session:
    received_packets, received, sent_packets, sent = (int(usage[number]) for number in range(1, 5))
    if peer:
        return replace(
            session,
            peer_received_bytes=session.peer_received_bytes + received,
            peer_sent_bytes=session.peer_sent_bytes + sent,
        )
    return replace(
        session,
        received_packets=session.received_packets + received_packets,
        received_bytes=session.received_bytes + received,
        sent_packets=session.sent_packets + sent_packets,
        sent_bytes=session.sent_bytes + sent,
    )
