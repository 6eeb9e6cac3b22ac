"""TURN by an installed coturn (`turnserver`) as a subprocess."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from pathlib import Path

from e2e.turn.coturn import Coturn, Network
from e2e.turn.server import TurnUnavailable
from suite.reaper import Reaper

STOP_S = 3.0  # for a polite end
EXECUTABLE = "turnserver"
INSTALL = "install coturn (Debian and Ubuntu: apt-get install coturn) or give a TURN server by --turn url"


class TurnProcess(Coturn):
    """Needs Linux: the reaper finds the process by /proc."""

    kind = "process"

    def __init__(
        self,
        ttl_s: int,
        network: Network | None = None,
        *,
        executable: str = EXECUTABLE,
        port: int = 0,
        secret: str | None = None,
        open_to_all: bool = False,
    ) -> None:
        super().__init__(ttl_s, network, port=port, secret=secret, open_to_all=open_to_all)
        self._executable = executable
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def _launch(self, config: Path, reaper: Reaper) -> None:
        found = shutil.which(self._executable)
        if found is None:
            raise TurnUnavailable(f"{self._executable} is not installed: {INSTALL}")
        argv = [found, "-c", str(config)]
        reaper.process(argv)
        self._process = subprocess.Popen(
            [*self.network.launcher, *argv],
            cwd=config.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C is for the harness, which then stops it
        )

    def _running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _end(self, *, forced: bool) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGKILL if forced else signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
            return
        process.kill()
        process.wait()
