"""What has to come before pytest-playwright's own: of two plugins the one loaded last would win."""

import pytest

from e2e.fixtures import browser, browser_type_launch_args

__all__ = ["browser", "browser_type_launch_args", "delete_output_dir"]


@pytest.fixture(scope="session")
def delete_output_dir() -> None:
    """Keeps the artifacts: they land in the run's own folder, and an earlier attempt's are evidence."""
