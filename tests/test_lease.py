"""The lease: a target whose clock is moved belongs to one run; in real time runs share it."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid

import pytest

from conformance.lease import Lease, LeaseTaken


@pytest.fixture
def url() -> str:
    return f"http://{uuid.uuid4().hex}.test"


def test_runs_in_real_time_share_a_target(url: str) -> None:
    with Lease(url, control=False), Lease(url, control=False):
        pass


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
def test_a_run_that_moves_the_clock_shares_with_nobody(first: bool, second: bool, url: str) -> None:
    with Lease(url, control=first):
        with pytest.raises(LeaseTaken, match="another run") as refused, Lease(url, control=second):
            pass
        assert str(refused.value).startswith(url)
        assert "\n" not in str(refused.value)
    with Lease(url, control=second):
        pass


def test_other_targets_are_not_concerned(url: str) -> None:
    with Lease(url, control=True), Lease(f"{url}:8080", control=True):
        pass


def test_a_refused_lease_leaves_the_holders_alone(url: str) -> None:
    with Lease(url, control=True):
        for _ in range(2):
            with pytest.raises(LeaseTaken), Lease(url, control=True):
                pass


def test_the_lease_ends_with_its_process(url: str) -> None:
    code = (
        "import sys, time\nfrom conformance.lease import Lease\n"
        f"with Lease({url!r}, control=True):\n    print('held', flush=True)\n    time.sleep(600)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LeaseTaken), Lease(url, control=True):
            pass
    finally:
        holder.kill()  # as hard as can be: no code of its own runs any more
        holder.wait()
        assert holder.stdout is not None
        holder.stdout.close()
    with Lease(url, control=True):
        pass


def test_a_link_in_the_temporary_folder_is_not_followed(
    url: str, tmp_path: os.PathLike[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    with Lease(url, control=True):
        (name,) = os.listdir(tmp_path)
    assert os.listdir(tmp_path) == [], "the last one out takes the file away"
    path = os.path.join(tmp_path, name)
    os.symlink(os.path.join(tmp_path, "elsewhere"), path)
    with pytest.raises(OSError, match="symbolic"), Lease(url, control=True):
        pass
    assert not os.path.exists(os.path.join(tmp_path, "elsewhere"))
