"""How tests are shared out: the whole suite among several workers, a part that was chosen among none."""

from __future__ import annotations

from pathlib import Path

import pytest
from score_kit import PORTS, PORTS_EACH, free_port
from workers import FOR_TWO_CORES, LONGEST, MOST, pytest_xdist_auto_num_workers


@pytest.mark.parametrize(
    ("words", "alone"),
    [
        ((), False),
        (("-x",), False),
        (("-k", "budget"), True),
        (("-m", "asyncio"), True),
        (("--lf",), True),
        (("tests/test_workers.py",), True),
        (("tests/test_workers.py::test_whatever",), True),
    ],
)
def test_only_the_whole_suite_has_workers(
    words: tuple[str, ...], alone: bool, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pytestconfig.rootpath)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    config = pytest.Config.fromdictargs({}, list(words))
    assert pytest_xdist_auto_num_workers(config) == (0 if alone else FOR_TWO_CORES)


def test_a_big_machine_has_no_more_than_there_are_ports_for() -> None:
    assert len(PORTS) >= MOST * PORTS_EACH


def test_the_long_files_are_there() -> None:
    here = {path.stem for path in Path(__file__).parent.glob("test_*.py")}
    assert {f"test_{name}" for name in LONGEST} <= here
    assert len(set(LONGEST)) == len(LONGEST)


def test_a_free_port_is_given_once() -> None:
    given = [free_port() for _ in range(20)]
    assert len(set(given)) == len(given) and all(port in PORTS for port in given)
