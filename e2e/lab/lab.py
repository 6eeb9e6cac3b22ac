"""Two private networks behind symmetric NATs and a public one between them: chat works only through TURN.

    a (198.18.1.2) - natA - inet (198.18.0.1, relays at 198.18.0.2) - natB - b (198.18.2.2)

A NAT lets its side reach 198.18.0.1 and nothing else: neither the other side nor the relays of TURN, so that
no path but relay to relay is possible. Nothing is changed outside the namespaces. Root on Linux only.
"""

from __future__ import annotations

import contextlib
import secrets
import shlex
import shutil
import socket
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from e2e.lab import namespaces
from e2e.lab.forwarder import Forwarder
from e2e.lab.namespaces import LabError, LabUnavailable, batch, inside, run
from e2e.lab.wire import WireError, Wires, open_tap
from e2e.turn import Network
from suite.reaper import Reaper

# 198.18.0.0/15 is for tests of networks (RFC 2544, RFC 6890): no real host is meant.
PUBLIC_IP, RELAY_IP = "198.18.0.1", "198.18.0.2"
INSIDE = {"a": ("198.18.1.2", "198.18.1.1"), "b": ("198.18.2.2", "198.18.2.1")}  # the host, and its NAT
PRIVATE = {"a": "198.18.1.0/24", "b": "198.18.2.0/24"}
OUTSIDE = {"a": "198.18.0.11", "b": "198.18.0.12"}
LIMIT = 1_000  # packets that netem holds
# A link's own IPv6 address is there seconds after the link is up. Browsers that have begun by then
# take it for another network and drop what they are loading.
WITHOUT_IPV6 = "f=/proc/sys/net/ipv6/conf/all/disable_ipv6; [ ! -e $f ] || echo 1 > $f"
Side = Literal["a", "b"]
SIDES: tuple[Side, ...] = ("a", "b")

NAT_RULES = """
table ip nat {
  chain outward {
    type nat hook postrouting priority 100
    oifname "out" masquerade fully-random
  }
}
table ip strict {
  chain through {
    type filter hook forward priority 0
    policy drop
    ct state established,related accept
    iifname "in" oifname "out" ip daddr PUBLIC accept
  }
}
"""


@dataclass(frozen=True)
class Conditions:
    """What a link does to what passes it, each way. The loss in per cent, times in milliseconds."""

    loss: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    rate_mbit: float | None = None
    cut: bool = False


class Link:
    """The link between a side and its NAT. Each call keeps what the others set. Raise LabError."""

    def __init__(self, apply: Callable[[Conditions], None]) -> None:
        self._apply = apply
        self.now = Conditions()

    def loss(self, percent: float) -> None:
        self._set(replace(self.now, loss=percent))

    def delay(self, ms: float, jitter_ms: float = 0.0) -> None:
        self._set(replace(self.now, delay=ms, jitter=jitter_ms))

    def rate(self, mbit: float | None) -> None:
        self._set(replace(self.now, rate_mbit=mbit))

    def cut(self) -> None:
        """Nothing passes, and nobody is told: the interfaces stay up."""
        self._set(replace(self.now, cut=True))

    def mend(self) -> None:
        self._set(replace(self.now, cut=False))

    def clear(self) -> None:
        self._set(Conditions())

    def _set(self, wanted: Conditions) -> None:
        self._apply(wanted)
        self.now = wanted


class Lab:
    """A context manager. `stop` may be called again and never raises. `seed` picks what is lost, where the
    frames are carried by us; `netem` says whether they are carried by the kernel, None where it can.
    """

    def __init__(self, seed: int = 0, *, netem: bool | None = None) -> None:
        token = secrets.token_hex(3)
        self.names = {place: f"parley-{token}-{place}" for place in ("inet", "natA", "natB", "a", "b")}
        self.netem = netem
        self.links = {side: Link(partial(self._shape, side)) for side in SIDES}
        self._seed = seed
        self._wires: Wires | None = None
        self._reaper: Reaper | None = None
        self._folder: Path | None = None
        self._forwarders: list[Forwarder] = []

    # -- its life

    def start(self) -> Self:
        """Raises LabUnavailable with one line that says why there can be none."""
        if reason := namespaces.why_not():
            raise LabUnavailable(f"--network lab: {reason}")
        try:
            self._reaper = Reaper()
            self._folder = Path(tempfile.gettempdir()) / f"parley-lab-{secrets.token_hex(8)}"
            self._reaper.folder(self._folder)
            self._reaper.command(namespaces.removing(self.names.values()))
            self._folder.mkdir(mode=0o700)
            self._build()
        except (LabError, WireError) as error:
            self.stop()
            raise LabUnavailable(f"--network lab: {error}") from None
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        for forwarder in self._forwarders:
            forwarder.close()
        self._forwarders.clear()
        wires, self._wires = self._wires, None
        if wires is not None:
            wires.stop()
        if self._folder is not None:
            with contextlib.suppress(LabError):
                run(*namespaces.removing(self.names.values()))
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        reaper, self._reaper = self._reaper, None
        if reaper is not None:
            reaper.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.stop()

    # -- what happens in it

    def command_in(self, place: str, argv: Sequence[str]) -> list[str]:
        """The command, run at a place: a, b, natA, natB or inet. It becomes the command by exec."""
        return ["ip", "netns", "exec", self.names[place], *argv]

    def wrapper(self, side: Side, executable: str) -> Path:
        """A script that is the executable at a side, e.g. for Playwright's executable_path."""
        assert self._folder is not None, "of a lab that was started"
        script = self._folder / f"{side}-{Path(executable).name}"
        script.write_text(f'#!/bin/sh\nexec {shlex.join(self.command_in(side, [executable]))} "$@"\n')
        script.chmod(0o700)
        return script

    def sockets(self, place: str = "inet") -> Callable[[int, int], socket.socket]:
        """Makes sockets at a place; they may be used from anywhere."""
        return namespaces.sockets(self.names[place])

    def serve_socket(self, port: int = 0) -> socket.socket:
        """A listening TCP socket at 198.18.0.1, for a server of ours. Both sides reach it."""
        return inside(self.names["inet"], lambda: socket.create_server((PUBLIC_IP, port)))

    def forward(self, port: int) -> int:
        """Leads a port at 198.18.0.1 to this one on our loopback; returns it. The same, where it is free."""
        try:
            listening = self.serve_socket(port)
        except OSError:
            listening = self.serve_socket()
        self._forwarders.append(Forwarder(listening, port))
        return int(listening.getsockname()[1])

    def network(self) -> Network:
        """For a TURN server in the public namespace: only as a process, see e2e.turn."""
        return Network(
            launcher=tuple(self.command_in("inet", [])),
            listening_ip=PUBLIC_IP,
            relay_ip=RELAY_IP,
            sockets=self.sockets(),
        )

    # -- inside

    def _build(self) -> None:
        names = self.names
        batch("", [f"netns add {name}" for name in names.values()])
        for place in names:
            run(*self.command_in(place, ["sh", "-c", WITHOUT_IPV6]))
        if self.netem is None:
            self.netem = self._has_netem()
        # The public side: a bridge with both addresses.
        inet = ["link set lo up", "link add br0 type bridge", "link set br0 up"]
        inet += [f"addr add {ip}/24 dev br0" for ip in (PUBLIC_IP, RELAY_IP)]
        for side in SIDES:
            peer = f"link add out{side} type veth peer name out netns {names[_nat(side)]}"
            inet += [peer, f"link set out{side} master br0", f"link set out{side} up"]
            # What a relay sends to a private address is lost without a word. Without a route there would be
            # an error, at which coturn closes the relay.
            inet.append(f"route add {PRIVATE[side]} via {OUTSIDE[side]}")
        batch(names["inet"], inet)
        if not self.netem:
            self._lay_wires()
        for side in SIDES:
            self._build_side(side)

    def _build_side(self, side: Side) -> None:
        here, nat = self.names[side], self.names[_nat(side)]
        host, gateway = INSIDE[side]
        if self._wires is None:
            batch(here, [f"link add net type veth peer name in netns {nat}"])
        batch(
            nat,
            [
                "link set lo up",
                f"addr add {gateway}/24 dev in",
                f"addr add {OUTSIDE[side]}/24 dev out",
                "link set in up",
                "link set out up",
            ],
        )
        batch(
            here,
            [
                "link set lo up",
                f"addr add {host}/24 dev net",
                "link set net up",
                f"route add default via {gateway}",
            ],
        )
        rules = NAT_RULES.replace("PUBLIC", PUBLIC_IP)
        loading = "echo 1 > /proc/sys/net/ipv4/ip_forward && exec nft -f -"
        run(*self.command_in(_nat(side), ["sh", "-c", loading]), given=rules)

    def _lay_wires(self) -> None:
        ends: dict[str, tuple[int, int]] = {}
        try:
            for side in SIDES:
                up = inside(self.names[side], lambda: open_tap("net"))
                ends[side] = up, inside(self.names[_nat(side)], lambda: open_tap("in"))
        except OSError as error:
            raise LabError(f"no TAP device can be made: {error.strerror}") from None
        wires = Wires(ends, self._seed, self.names["inet"])
        assert self._reaper is not None
        self._reaper.process(wires.argv)
        wires.start()
        self._wires = wires

    def _has_netem(self) -> bool:
        try:
            run("tc", "-n", self.names["a"], "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms")
        except LabError:
            return False
        run("tc", "-n", self.names["a"], "qdisc", "del", "dev", "lo", "root")
        return True

    def _shape(self, side: Side, how: Conditions) -> None:
        if self._wires is not None:
            try:
                self._wires.shape(
                    side,
                    loss=1.0 if how.cut else how.loss / 100,
                    delay_s=how.delay / 1000,
                    jitter_s=how.jitter / 1000,
                    rate=(how.rate_mbit or 0) * 1e6,
                )
            except WireError as error:
                raise LabError(str(error)) from None
            return
        for place, device in ((side, "net"), (_nat(side), "in")):
            run("tc", "-n", self.names[place], *netem_words(device, how))


def netem_words(device: str, how: Conditions) -> list[str]:
    """What `tc` is told, to have these conditions for what leaves a device (tc-netem(8))."""
    words = ["qdisc", "replace", "dev", device, "root", "netem", "limit", str(LIMIT)]
    words += ["loss", f"{100 if how.cut else how.loss:g}%"]
    words += ["delay", f"{how.delay:g}ms", f"{how.jitter:g}ms"]
    return words if how.rate_mbit is None else [*words, "rate", f"{how.rate_mbit:g}mbit"]


def _nat(side: Side) -> str:
    return "natA" if side == "a" else "natB"
