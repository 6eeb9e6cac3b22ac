"""Deliberately wrong deliveries of the widget: paths, headers, codings, hashes, and bundles made wrongly."""
