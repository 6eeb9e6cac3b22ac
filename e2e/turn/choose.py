"""Which TURN server a run has: what `--turn` says, or the best there is here."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import Protocol

from e2e.turn import engine
from e2e.turn.container import IMAGE, PULL_S, TurnContainer
from e2e.turn.coturn import Network
from e2e.turn.given import FromTarget, TurnGiven
from e2e.turn.process import EXECUTABLE, INSTALL, TurnProcess
from e2e.turn.server import TurnServer, TurnUnavailable
from protocol import spec

SHORT_S = 15.0  # how long `auto` lets a missing image take before it is content with a process


class Wanted(Protocol):
    """What is said about the TURN server; e2e.options.TurnOptions is such a thing."""

    @property
    def kind(self) -> str:
        """auto, container, process or url."""

    @property
    def image(self) -> str | None:
        """Of a container; None for the usual one."""

    @property
    def port(self) -> int:
        """Where ours listens; 0 for a free one."""

    @property
    def secret_env(self) -> str | None:
        """Which environment variable has the shared secret; None for one of our own making."""

    @property
    def urls(self) -> tuple[str, ...]:
        """Of a server that is there already."""

    @property
    def username(self) -> str | None:
        """Its user."""

    @property
    def credential_env(self) -> str | None:
        """Which environment variable has that user's credential."""


def choose(
    wanted: Wanted,
    *,
    network: Network | None = None,
    ttl_s: int | None = None,
    from_target: FromTarget | None = None,
    environ: Mapping[str, str] = os.environ,
) -> TurnServer:
    """A TURN server that is not started yet. `auto`: `url` where urls are given, a container where a Docker
    engine answers and has the image or soon gets it, else a process. Its credentials live `ttl_s` seconds, or
    as long as the spec allows. Raises TurnUnavailable with one line that says what to install.
    """
    ttl = spec.load().timings["turn_credential_max"] if ttl_s is None else ttl_s
    secret = _variable(wanted.secret_env, environ, "--turn-secret-env")
    match wanted.kind:
        case "url":
            return _given(wanted, ttl, secret, from_target, environ)
        case "auto" if wanted.urls:
            return _given(wanted, ttl, secret, from_target, environ)
        case "container":
            return _container(wanted, ttl, secret, network, PULL_S)
        case "process":
            return _process(wanted, ttl, secret, network)
        case "auto":
            return _automatic(wanted, ttl, secret, network)
    raise TurnUnavailable(f"--turn: expected auto, container, process or url, got {wanted.kind!r}")


def _automatic(wanted: Wanted, ttl_s: int, secret: str | None, network: Network | None) -> TurnServer:
    try:
        return _container(wanted, ttl_s, secret, network, SHORT_S)
    except TurnUnavailable:
        pass
    try:
        return _process(wanted, ttl_s, secret, network)
    except TurnUnavailable:
        raise TurnUnavailable(
            f"there is no TURN server here, and no Docker engine with a coturn image: {INSTALL}"
        ) from None


def _given(
    wanted: Wanted,
    ttl_s: int,
    secret: str | None,
    from_target: FromTarget | None,
    environ: Mapping[str, str],
) -> TurnServer:
    return TurnGiven(
        ttl_s,
        wanted.urls,
        username=wanted.username,
        credential=_variable(wanted.credential_env, environ, "--turn-credential-env"),
        secret=secret,
        from_target=from_target,
    )


def _container(
    wanted: Wanted, ttl_s: int, secret: str | None, network: Network | None, within_s: float
) -> TurnServer:
    if network is not None and network.launcher:
        raise TurnUnavailable("--turn container: in the lab only a process can be the TURN server")
    image = wanted.image or IMAGE
    try:
        engine.need_image(image, within_s)
    except engine.EngineError as error:
        raise TurnUnavailable(f"{error}; install Docker, or choose --turn process") from None
    return TurnContainer(ttl_s, network, image=image, port=wanted.port, secret=secret)


def _process(wanted: Wanted, ttl_s: int, secret: str | None, network: Network | None) -> TurnServer:
    if shutil.which(EXECUTABLE) is None:
        raise TurnUnavailable(f"{EXECUTABLE} is not installed: {INSTALL}")
    return TurnProcess(ttl_s, network, port=wanted.port, secret=secret)


def _variable(name: str | None, environ: Mapping[str, str], option: str) -> str | None:
    if name is None:
        return None
    if not environ.get(name):
        raise TurnUnavailable(f"{option}: the environment variable {name} is not set")
    return environ[name]
