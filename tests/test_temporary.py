"""A run's own temporary folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from suite.temporary import VARIABLE, temporary_home


@pytest.mark.parametrize("before", [None, "elsewhere"])
def test_all_lands_in_it_and_goes(
    before: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    if before is None:
        monkeypatch.delenv(VARIABLE, raising=False)
    else:
        monkeypatch.setenv(VARIABLE, str(tmp_path))
    told = os.environ.get(VARIABLE)
    with pytest.raises(RuntimeError), temporary_home() as home:
        _use(home)
    assert not home.exists()
    assert os.environ.get(VARIABLE) == told
    assert tempfile.tempdir is None


def _use(home: Path) -> None:
    """Leaves something behind, and fails."""
    assert Path(tempfile.mkdtemp()).parent == home
    assert os.environ[VARIABLE] == str(home)  # for what is started meanwhile
    raise RuntimeError("a failure in it")
