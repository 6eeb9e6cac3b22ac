"""Which TURN server a run has: what `--turn` says, or the best there is here."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import Any

from e2e.turn import engine
from e2e.turn.container import IMAGE, PULL_S, TurnContainer
from e2e.turn.coturn import Network
from e2e.turn.given import FromTarget, TurnGiven
from e2e.turn.process import INSTALL, TurnProcess
from e2e.turn.server import TurnServer, TurnUnavailable

KINDS = ("auto", "container", "process", "url")
SHORT_S = 15.0  # how long `auto` lets a missing image take before it is content with a process


@dataclass(frozen=True)
class TurnOptions:
    """What can be said about the TURN server. `ttl_s`: how many seconds its credentials live, by the spec."""

    ttl_s: int
    image: str = IMAGE
    executable: str = "turnserver"
    launcher: tuple[str, ...] = ()
    network: Network = field(default_factory=Network)
    urls: tuple[str, ...] = ()
    username: str | None = None
    credential: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    from_target: FromTarget | None = None


def choose(kind: str | None, options: TurnOptions) -> TurnServer:
    """A TURN server that is not started yet. None or `auto`: `url` where urls are given, a container where a
    Docker engine answers and has the image or soon gets it, else a process. Raises TurnUnavailable with one
    line that says what to install.
    """
    if kind not in (None, *KINDS):
        raise TurnUnavailable(f"--turn: expected one of {', '.join(KINDS)}, got {kind!r}")
    if kind == "url" or (kind in (None, "auto") and options.urls):
        return _given(options)
    if kind == "container":
        return _container(options, PULL_S)
    if kind == "process":
        return _process(options)
    return _automatic(options)


def _automatic(options: TurnOptions) -> TurnServer:
    if not options.launcher:  # what is launched elsewhere, e.g. in a network namespace, is a process
        try:
            return _container(options, SHORT_S)
        except TurnUnavailable:
            pass
    try:
        return _process(options)
    except TurnUnavailable:
        raise TurnUnavailable(
            f"there is no TURN server here and no Docker engine with a coturn image: {INSTALL}"
        ) from None


def _given(options: TurnOptions) -> TurnServer:
    said: dict[str, Any] = {
        "username": options.username,
        "credential": options.credential,
        "secret": options.secret,
        "from_target": options.from_target,
    }
    return TurnGiven(options.ttl_s, options.urls, **said)


def _container(options: TurnOptions, within_s: float) -> TurnServer:
    try:
        engine.need_image(options.image, within_s)
    except engine.EngineError as error:
        raise TurnUnavailable(f"{error}; install Docker, or choose --turn process") from None
    return TurnContainer(options.ttl_s, options.network, image=options.image)


def _process(options: TurnOptions) -> TurnServer:
    if shutil.which(options.executable) is None:
        raise TurnUnavailable(f"{options.executable} is not installed: {INSTALL}")
    return TurnProcess(
        options.ttl_s, options.network, executable=options.executable, launcher=options.launcher
    )
