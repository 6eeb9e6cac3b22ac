"""One RTCPeerConnection with the chat's data channel. Knows nothing of rooms, people and frames.

All candidates go into the one description (no trickle). aiortc says nothing of TURN errors and has no ICE
restart: a link that fails is replaced.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidStateError

from e2e.peer.chatter import PeerError
from e2e.peer.clock import Clock
from protocol.spec import Spec

GATHER_S = 10.0  # a TURN server that is not there is silent
CLOSE_S = 3.0
DRAIN_S = 0.5
LOOK_S = 0.01


@dataclass(frozen=True)
class Network:
    """How a connection is made. `ice_servers` are dicts as getIceServers gives them."""

    ice_servers: Sequence[Mapping[str, Any]]
    relay_only: bool = True

    def configuration(self) -> RTCConfiguration:
        servers = [
            RTCIceServer(
                urls=list(one["urls"]) if not isinstance(one["urls"], str) else one["urls"],
                username=one.get("username"),
                credential=one.get("credential"),
            )
            for one in self.ice_servers
        ]
        # Always given: aiortc's default is a public server.
        policy = RTCIceTransportPolicy.RELAY if self.relay_only else RTCIceTransportPolicy.ALL
        return RTCConfiguration(iceServers=servers, iceTransportPolicy=policy)


class Link:
    """A connection to one other. `peer_id` is whose it is, once that is known."""

    def __init__(
        self,
        spec: Spec,
        network: Network,
        clock: Clock,
        on_text: Callable[[Link, str | bytes], None],
        on_change: Callable[[Link], None],
    ) -> None:
        self._channel_spec = spec.asyncapi["channels"]["chat"]["x-data-channel"]
        self._network = network
        self._clock = clock
        self._on_text = on_text
        self._on_change = on_change
        self._connection = RTCPeerConnection(network.configuration())
        self._connection.on("connectionstatechange", self._changed)
        self._connection.on("datachannel", self._take)
        self._channel: RTCDataChannel | None = None
        self._packets = 0
        self._closing: asyncio.Task[None] | None = None
        self.others: list[str] = []  # labels of channels beside the first
        self.peer_id: str | None = None
        self.opened = asyncio.Event()
        self.heard_at = clock.now()
        self.sent_at = clock.now()

    # -- making it

    async def offer(self) -> str:
        """An offer with all candidates. Raises PeerError."""
        options = {"label": self._channel_spec["label"], "ordered": self._channel_spec["ordered"]}
        try:
            channel = self._connection.createDataChannel(**options)
        except ValueError as error:  # only now aiortc looks at the urls of the servers
            raise PeerError(f"the ICE servers, {self._urls()}, cannot be used: {error}") from None
        self._use(channel)
        return await self._described(self._connection.createOffer)

    async def answer(self, offer: str) -> str:
        """The answer to an offer, with all candidates. Raises PeerError."""
        await self._hears("offer", offer)
        return await self._described(self._connection.createAnswer)

    async def accept(self, answer: str) -> None:
        """Takes the answer to one's own offer. Raises PeerError."""
        await self._hears("answer", answer)

    async def _hears(self, kind: str, sdp: str) -> None:
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(sdp=sdp, type=kind))
        except Exception as error:  # aiortc raises whatever its parser came upon
            raise PeerError(f"the {kind} cannot be used: {type(error).__name__}: {error}") from None

    async def _described(self, make: Callable[[], Any]) -> str:
        try:
            async with asyncio.timeout(GATHER_S):
                await self._connection.setLocalDescription(await make())
        except TimeoutError:
            raise PeerError(
                f"no candidates within {GATHER_S:g} s: does the TURN server answer, "
                f"{self._urls()}, and take the credentials?"
            ) from None
        except Exception as error:
            raise PeerError(f"no description can be made: {type(error).__name__}: {error}") from None
        sdp: str = self._connection.localDescription.sdp
        if "a=candidate:" not in sdp:
            raise PeerError(
                f"no candidates: does the TURN server answer, {self._urls()}, and take the credentials?"
            )
        return sdp

    def _urls(self) -> str:
        return ", ".join(str(one.get("urls")) for one in self._network.ice_servers) or "none given"

    # -- the channel

    def _take(self, channel: RTCDataChannel) -> None:
        if self._channel is None:
            self._use(channel)
        else:
            self.others.append(channel.label)

    def _use(self, channel: RTCDataChannel) -> None:
        self._channel = channel
        channel.on("open", self._opened)
        channel.on("close", self._changed)
        channel.on("message", self._heard)
        if channel.readyState == "open":
            self._opened()

    def _opened(self) -> None:
        self.heard_at = self.sent_at = self._clock.now()
        self.opened.set()
        self._on_change(self)

    def _heard(self, text: str | bytes) -> None:
        self.heard_at = self._clock.now()
        self._on_text(self, text)

    def _changed(self) -> None:
        self._on_change(self)

    @property
    def label(self) -> str | None:
        return self._channel.label if self._channel is not None else None

    @property
    def ordered(self) -> bool | None:
        """Whether the channel is ordered and reliable."""
        if self._channel is None:
            return None
        lossy = self._channel.maxRetransmits is not None or self._channel.maxPacketLifeTime is not None
        return bool(self._channel.ordered) and not lossy

    @property
    def is_open(self) -> bool:
        return self._closing is None and self._channel is not None and self._channel.readyState == "open"

    @property
    def state(self) -> str:
        """The connectionState; that of a closed channel is `closed`."""
        if self._closing is not None or (self.opened.is_set() and not self.is_open):
            return "closed"
        state: str = self._connection.connectionState
        return state

    def send(self, text: str | bytes) -> bool:
        """Sends it where the channel is open; whether it was."""
        if not self.is_open or self._channel is None:
            return False
        try:
            self._channel.send(text)
        except (InvalidStateError, ConnectionError):
            return False
        self.sent_at = self._clock.now()
        return True

    def listen(self) -> None:
        """Takes packets that came since, acknowledgements of what was sent among them, for a pong."""
        packets = self._received()
        if packets != self._packets:
            self._packets = packets
            self.heard_at = self._clock.now()

    def _received(self) -> int:
        sctp = self._connection.sctp
        if sctp is None:
            return 0
        # aiortc's getStats() has nothing of a connection without media, so its transport is asked.
        report = sctp.transport._get_stats()
        return sum(int(one.packetsReceived) for one in report.values())

    async def drain(self) -> None:
        """Waits, but not long, until the other end has acknowledged something after what was sent."""
        before, until = self._received(), time.monotonic() + DRAIN_S
        while time.monotonic() < until and self.is_open:
            queued = self._channel.bufferedAmount if self._channel is not None else 0
            if not queued and self._received() != before:
                return
            await asyncio.sleep(LOOK_S)

    async def close(self) -> None:
        """Ends the connection and frees its TURN allocation. Never raises, and takes bounded time."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(CLOSE_S):
                await self._connection.close()
