"""Puts our own browser before pytest-playwright's: of two plugins the one loaded last would win."""

from e2e.fixtures import browser, browser_type_launch_args

__all__ = ["browser", "browser_type_launch_args"]
