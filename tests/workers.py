"""How the tests are shared out among the workers of `make test` (pytest-xdist): by files, long ones first.

A test and its processes take two thirds of a core, so there are more workers than cores. Who chose
some of the tests, or wants a debugger, has no workers, and pytest as it always is; `-n 3` says otherwise.
"""

from __future__ import annotations

import os

import pytest

FOR_TWO_CORES = 3
MOST = 8
# Files that take long, from the longest on: begun last, one of them would be what all others wait for.
# From `make test ARGS="-n 0 --durations=0"`; the order need not be exact, and all others come after these.
LONGEST = (
    "hostile",
    "load_command",
    "session",
    "plugin",
    "load_run",
    "e2e_odd_pages",
    "node_faults",
    "attack_command",
    "load_faults",
    "explore_oracle",
    "fuzz_option",
    "secrets",
    "e2e_cleanup",
    "twins",
    "score_end_to_end",
    "widget_browser",
    "peer_checks",
    "load_many",
    "rejudge",
    "lab_chat",
    "crowd",
    "score_load",
    "explore_races",
    "lint",
    "client_mutants",
    "node_target",
    "load_deploy",
    "load_prometheus",
    "load_recorder",
    "fuzz",
    "fuzz_bounds",
    "explore_hidden",
    "explore_by_model",
    "other_targets",
    "explore_script",
    "peer",
    "hostile_markup",
)
PLACES = {f"test_{name}": place for place, name in enumerate(LONGEST)}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """What `-n auto` means: none where a part was chosen, for each worker takes seconds to start."""
    chosen = config.option.keyword or config.option.markexpr or getattr(config.option, "lf", False)
    if chosen or config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return 0
    return min(MOST, max(2, FOR_TWO_CORES * (os.cpu_count() or 1) // 2))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # the order in which files are handed out is that of the workers
        items.sort(key=lambda item: PLACES.get(item.path.stem, len(PLACES)))
