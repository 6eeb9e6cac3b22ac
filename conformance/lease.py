"""One run at a time may move a target's clock; runs in real time may share it.

The lease is a lock on a file in the temporary folder, so it ends with the process whatever happens to it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self


class LeaseTaken(Exception):
    """Another run holds the target in a way that this one cannot share."""


class Lease:
    """Holds `base_url` for this process: alone when the clock will be moved, else together with others."""

    def __init__(self, base_url: str, *, control: bool) -> None:
        name = hashlib.sha256(base_url.encode()).hexdigest()[:16]
        self._path = Path(tempfile.gettempdir()) / f"parley-{os.getuid()}-{name}.lock"
        self._base_url = base_url
        self._control = control
        self._file = -1

    def __enter__(self) -> Self:
        try:
            while True:
                # O_NOFOLLOW: the temporary folder belongs to everyone.
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
                fcntl.flock(self._file, (fcntl.LOCK_EX if self._control else fcntl.LOCK_SH) | fcntl.LOCK_NB)
                if self._still_there():
                    return self
                os.close(self._file)  # its last holder has just taken the file away
        except BlockingIOError:
            os.close(self._file)
            self._file = -1
            how = "another run is under way, and test control would move its clock"
            if not self._control:
                how = "another run moves its clock by test control"
            raise LeaseTaken(f"{self._base_url}: {how}; wait for it, or use another target") from None

    def _still_there(self) -> bool:
        """Whether the file that is locked is the one that others find by its name."""
        try:
            return os.path.samestat(os.fstat(self._file), os.stat(self._path))
        except FileNotFoundError:
            return False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._file < 0:
            return
        with contextlib.suppress(BlockingIOError):
            # The last one out takes the file away; while others hold it, it stays.
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._path.unlink(missing_ok=True)
        os.close(self._file)
        self._file = -1
