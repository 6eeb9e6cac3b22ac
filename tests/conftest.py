"""Fixtures that several test modules share: a reference server as a process, known by its URL and secret."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from browser_kit import browser
from hypothesis import HealthCheck, Phase, settings
from score_kit import SECRET
from server_kit import ServerProcess

# Hooks of pytest.
from workers import pytest_collection_modifyitems, pytest_xdist_auto_num_workers

__all__ = ["browser", "good_server", "pytest_collection_modifyitems", "pytest_xdist_auto_num_workers"]

# Tests press Ctrl-C in processes that they start; a shell's job in the background would have them ignore it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# For mutation testing (python -m bench.judgement): the same examples in every run, and none made smaller.
# Whether an example is fast, or quickly made, is no matter of a test; in CI hypothesis itself sees to that.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if settings.get_current_profile_name() == "default":
    settings.load_profile("tests")
settings.register_profile("mutants", settings.get_profile("ci"), phases=[Phase.explicit, Phase.generate])


@pytest.fixture(scope="module")
def good_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A correct server with test control; it takes tokens signed with score_kit.SECRET."""
    config = {"auth": {"hs256_secret": SECRET}, "test_control": {"enabled": True}}
    with ServerProcess(tmp_path_factory.mktemp("server"), config) as server:
        yield server
