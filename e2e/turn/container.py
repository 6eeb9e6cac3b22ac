"""TURN by a coturn image in a container, by testcontainers."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker.errors
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from e2e.turn import engine
from e2e.turn.coturn import Coturn, Network
from e2e.turn.server import TurnUnavailable
from suite.reaper import Reaper

IMAGE = "coturn/coturn:4.6.2-r12"
PULL_S = 120.0  # how long a missing image may take


class TurnContainer(Coturn):
    """In the host's network: its relays have as many ports as there are allocations.

    The configuration goes in, and the log comes out, by a mounted folder: the engine must be of this machine.
    """

    kind = "container"

    def __init__(
        self,
        ttl_s: int,
        network: Network | None = None,
        *,
        image: str = IMAGE,
        pull_s: float = PULL_S,
        port: int = 0,
        secret: str | None = None,
        open_to_all: bool = False,
    ) -> None:
        super().__init__(ttl_s, network, port=port, secret=secret, open_to_all=open_to_all)
        self.image = image
        self.label = secrets.token_hex(8)
        self._pull_s = pull_s
        self._container: DockerContainer | None = None
        self.name = f"turnserver in a container of {image}"

    def _launch(self, config: Path, reaper: Reaper) -> None:
        folder = str(config.parent)
        reaper.command([sys.executable, engine.__file__, self.label])
        try:
            engine.need_image(self.image, self._pull_s)
            container = (
                DockerContainer(self.image)
                # The folder is readable to us alone: the container runs as we do.
                .with_kwargs(
                    network_mode="host",
                    user=f"{os.getuid()}:{os.getgid()}",
                    entrypoint=["turnserver"],
                    labels={engine.OWNER: self.label},
                )
                .with_volume_mapping(folder, folder, "rw")
                .with_command(["-c", str(config)])
            )
            self._container = container
            with _own_reaper():
                container.start()
        except engine.EngineError as error:
            raise TurnUnavailable(str(error)) from None
        except (docker.errors.DockerException, OSError) as error:
            raise TurnUnavailable(
                f"{self.name} could not be started: {' '.join(str(error).split())[:200]}"
            ) from None

    def _running(self) -> bool:
        found = self._wrapped()
        if found is None:
            return False
        try:
            found.reload()
        except (docker.errors.DockerException, OSError):
            return False
        return bool(found.status == "running")

    def _end(self, *, forced: bool) -> None:
        """By force always: as the first process of a container, turnserver does not hear a SIGTERM."""
        started, self._container = self._container, None
        if started is not None:  # also what was made and not started
            with contextlib.suppress(engine.EngineError):
                engine.remove(self.label)

    def _wrapped(self) -> Any:
        """The container itself; None where it was never made."""
        return getattr(self._container, "_container", None)


@contextlib.contextmanager
def _own_reaper() -> Iterator[None]:
    """Without testcontainers' own reaper, an image to pull and a container that outlives the run: ours
    does the same, for this container alone.
    """
    before = testcontainers_config.ryuk_disabled
    testcontainers_config.ryuk_disabled = True
    try:
        yield
    finally:
        testcontainers_config.ryuk_disabled = before
