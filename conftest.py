"""Makes `pytest conformance` and `pytest e2e` work from a checkout: it loads our own plugins."""

pytest_plugins = ["conformance.plugin", "conformance.explore.items", "e2e.plugin"]
