"""Makes `pytest conformance --target URL` work from a checkout: the plugin is ours, so it is loaded here."""

pytest_plugins = ["conformance.plugin"]
