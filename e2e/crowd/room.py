"""One room of a crowd: a broadcaster and a viewer, from nothing to an open channel, and what they say."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from e2e.crowd.timed import Steps, TimedPeer
from e2e.peer import PeerError

Stage = Literal["signaling", "turn", "ice", "dtls", "channel", "message"]
ARRIVE_S = 5.0  # after the last one was sent: what has not come by then is lost (as in PEER-3 and SLO-5)
LOOK_S = 0.05
SOON_S = 0.01
FIRST_LOST = "the first message was sent and never shown"
NO_CANDIDATES = "no candidates"  # what e2e.peer.link says where the TURN server gives none
PARTS = ("signaling", "turn", "ice", "dtls", "channel")
"""Of the time to open, in order: joinRoom, both mails and the waits of those who poll for them; the viewer's
relay; the connectivity checks through both relays; the DTLS handshake; SCTP and the channel itself."""
NewPeer = Callable[[str], Awaitable[TimedPeer]]


@dataclass
class Opened:
    """How the opening of a room went. Times are milliseconds; `at` is a second of time.perf_counter().

    `open_ms` is from the viewer's joinRoom to its open channel; `first_ms` from then until both had a message
    of the other, for which each derives two keys on purpose slowly (protocol section 5): it warms them up.
    """

    room: int
    at: float
    late: float = 0.0
    open_ms: float | None = None
    first_ms: float | None = None
    parts_ms: dict[str, float] = field(default_factory=dict)
    users: tuple[str, ...] = ()
    stage: Stage | None = None
    operation: str = ""
    fault: str = ""
    requirement: str = ""


@dataclass
class Said:
    """One message: when it was meant to go, when it went, and after how many ms it was shown, if it was."""

    late: float
    took: float | None
    took_since_intended: float | None


@dataclass
class Spoken:
    """What became of the messages of a room; `open_at_end` is whether both still have their channel."""

    room: int
    messages: list[Said] = field(default_factory=list)
    fault: str = ""
    open_at_end: bool = False


class Room:
    """`elsewhere` says whose mail a text is, if it was posted in another room of this process."""

    def __init__(self, number: int, new_peer: NewPeer, elsewhere: Callable[[str], int | None]) -> None:
        self.number = number
        self._new_peer = new_peer
        self._elsewhere = elsewhere
        self.host: TimedPeer | None = None
        self.guest: TimedPeer | None = None
        self.is_open = False

    @property
    def peers(self) -> tuple[TimedPeer, ...]:
        return tuple(peer for peer in (self.host, self.guest) if peer is not None)

    def posted(self, sdp: str) -> bool:
        """Whether somebody posted this description in this room."""
        return any(sdp in peer.box.posted for peer in self.peers)

    async def open(self, due: float, patience_s: float) -> Opened:
        """Both come in, within `patience_s` seconds each. Only cancellation is raised."""
        found = Opened(self.number, due, late=(time.perf_counter() - due) * 1000)
        started = 0.0
        said = ""
        try:
            self.host = await self._new_peer(f"host{self.number}")
            self.guest = await self._new_peer(f"guest{self.number}")
            found.users = (self.host.id, self.guest.id)
            async with asyncio.timeout(patience_s):
                room = await self.host.create_room()
                await self.host.box.has_posted.wait()
            started = time.perf_counter()
            async with asyncio.timeout(patience_s):
                await self.guest.join(room)
            found.open_ms = (self.guest.steps["open"] - started) * 1000
            found.parts_ms = parts(started, self.guest.steps, self.host.steps)
            found.first_ms = await self._greet()
            self.is_open = True
        except (PeerError, TimeoutError) as error:
            said = str(error)
        self._find_mail_of_others(found)
        if not self.is_open and not found.fault:
            found.stage, found.operation, found.fault = self._why(said)
        return found

    async def _greet(self) -> float:
        """Milliseconds until each had a message of the other. Raises PeerError."""
        assert self.host is not None and self.guest is not None
        started = time.perf_counter()
        waiting = []
        for speaker, listener in ((self.host, self.guest), (self.guest, self.host)):
            gone = speaker.say_timed("hello")
            if gone is None:
                raise PeerError("the first message was refused")
            waiting.append((listener, gone[0]))
        for _ in range(int(ARRIVE_S / SOON_S)):
            if all(name in listener.shown_at for listener, name in waiting):
                return (max(listener.shown_at[name] for listener, name in waiting) - started) * 1000
            await asyncio.sleep(SOON_S)
        raise PeerError(FIRST_LOST)

    def _find_mail_of_others(self, found: Opened) -> None:
        """A description that nobody posted here is the server's fault, whatever came of it."""
        for operation, reader in (("getAnswer", self.host), ("getOffer", self.guest)):
            for sdp in reader.box.read if reader is not None else ():
                if not self.posted(sdp):
                    other = self._elsewhere(sdp)
                    what = operation.removeprefix("get").lower()
                    whose = f"another room's {what} was read" if other is not None else f"an {what} was read"
                    found.stage, found.operation = "signaling", operation
                    found.fault = f"{whose} that nobody had posted in this room"
                    found.requirement = "MBOX-8" if other is not None else "MBOX-1"
                    return

    def _why(self, said: str) -> tuple[Stage, str, str]:
        """The stage that was not passed, its operation, and what was wrong."""
        host, guest = self.host, self.guest
        if host is None or guest is None:
            return "signaling", "getIceServers", plain(said)
        trouble = {peer: peer.trouble for peer in (host, guest)}
        if not host.box.has_posted.is_set():
            return _of_trouble(trouble[host] or said, "sendOffer", "no offer was made")
        if "joined" not in guest.steps:
            return "signaling", "joinRoom", plain(said or "no answer came")
        if "read" not in guest.steps:
            return "signaling", "getOffer", "no offer was had, though one was posted"
        if "gathered" not in guest.steps:
            return _of_trouble(trouble[guest], "sendAnswer", "no answer was made")
        if "posted" not in guest.steps:
            return "signaling", "sendAnswer", plain(trouble[guest] or "it was not done")
        if "read" not in host.steps:
            return "signaling", "getAnswer", "no answer was had, though one was posted"
        if "cannot be used" in trouble[host]:
            return "signaling", "getAnswer", plain(trouble[host])
        if said == FIRST_LOST:
            return "message", "", said
        if "ice" not in guest.steps:
            return "ice", "", "no connectivity through the relays"
        if "dtls" not in guest.steps:
            return "dtls", "", "the DTLS handshake did not end"
        return "channel", "", plain(said) if "open" in guest.steps else "the data channel did not open"

    # -- once it is open

    async def speak(self, start: float, count: int, every_s: float, random: Random) -> Spoken:
        """Each peer sends `count` messages, from `start` (time.perf_counter()) on; waits until all are shown.
        Cancelled, it tells of those that went.
        """
        assert self.host is not None and self.guest is not None
        pairs = ((self.host, self.guest), (self.guest, self.host))
        sent: list[list[tuple[float, str, float]]] = [[], []]
        spoken = Spoken(self.number)

        async def say(which: int, speaker: TimedPeer, offset: float) -> None:
            for number in range(count):
                due = start + offset + number * every_s
                await asyncio.sleep(due - time.perf_counter())
                gone = speaker.say_timed(f"{number}")
                if gone is not None:
                    sent[which].append((due, *gone))

        def missing() -> int:
            return sum(
                name not in listener.shown_at
                for (_, listener), messages in zip(pairs, sent, strict=True)
                for _, name, _ in messages
            )

        try:
            async with asyncio.TaskGroup() as group:
                for which, (speaker, _) in enumerate(pairs):
                    group.create_task(say(which, speaker, random.random() * every_s))
            for _ in range(int(ARRIVE_S / LOOK_S)):
                if not missing():
                    break
                await asyncio.sleep(LOOK_S)
        except asyncio.CancelledError:
            pass  # the run is stopped: what was measured is told all the same
        for (_, listener), messages in zip(pairs, sent, strict=True):
            for due, name, at in messages:
                shown = listener.shown_at.get(name)
                spoken.messages.append(
                    Said(
                        (at - due) * 1000,
                        (shown - at) * 1000 if shown is not None else None,
                        (shown - due) * 1000 if shown is not None else None,
                    )
                )
        spoken.open_at_end = all(peer.links for peer in self.peers)
        if missing():
            lost = next((plain(why) for peer in self.peers for _, why in peer.lost), "")
            spoken.fault = f"the channel was lost: {lost}" if lost else "messages were sent and never shown"
        return spoken

    async def close(self, *, goodbye: bool) -> None:
        """Ends both; with `goodbye` they tell the target that they leave. Never raises."""
        if goodbye:
            await asyncio.gather(*(peer.mailbox.leave() for peer in self.peers), return_exceptions=True)
        await asyncio.gather(*(peer.close() for peer in reversed(self.peers)), return_exceptions=True)


def parts(started: float, guest: Steps, host: Steps) -> dict[str, float]:
    """Milliseconds of each part of the way from `started` to the open channel; they add up to all of it."""
    heard = max(host.get("read", started), guest["posted"])  # from here on both ends know one another
    ice, dtls = max(guest["ice"], heard), max(guest["dtls"], guest["ice"], heard)
    turn = guest["gathered"] - guest["read"]
    found = (heard - started - turn, turn, ice - heard, dtls - ice, guest["open"] - dtls)
    return {name: seconds * 1000 for name, seconds in zip(PARTS, found, strict=True)}


def plain(text: str) -> str:
    """A complaint without what differs from room to room: equal ones are counted together."""
    text = re.sub(r"(was not done: \d+).*", r"\1", text, flags=re.DOTALL)
    text = re.sub(r"\broom_[\w-]+", "the room", text)
    return " ".join(text.split())[:200] or "nothing was said"


def _of_trouble(trouble: str, operation: str, otherwise: str) -> tuple[Stage, str, str]:
    if NO_CANDIDATES in trouble:
        return "turn", "", "the TURN server gave no relay for the credentials at hand"
    return "signaling", operation, plain(trouble or otherwise)


def first_elsewhere(rooms: Iterable[Room], me: int, sdp: str) -> int | None:
    """The number of another room in which this description was posted."""
    return next((room.number for room in rooms if room.number != me and room.posted(sdp)), None)
