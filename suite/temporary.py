"""A temporary folder for everything of a run: what libraries and browsers put down is in it, and all goes."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from suite.reaper import Reaper

VARIABLE = "TMPDIR"


@contextmanager
def temporary_home() -> Iterator[Path]:
    """Until it ends temporary files of this process, and of those it starts, land in a folder of its own. The
    folder is removed at the end, and also where this process is killed.
    """
    before, default = os.environ.get(VARIABLE), tempfile.tempdir
    reaper = Reaper()
    folder = Path(tempfile.mkdtemp(prefix="parley-"))
    reaper.folder(folder)
    os.environ[VARIABLE] = tempfile.tempdir = str(folder)
    try:
        yield folder
    finally:
        tempfile.tempdir = default
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before
        shutil.rmtree(folder, ignore_errors=True)
        reaper.close()
