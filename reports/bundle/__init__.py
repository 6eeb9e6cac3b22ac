"""Bundles: a run with all that its verdicts rest on, in one file that others can verify; and claims."""


class BundleError(Exception):
    """It is no bundle, no claim, or cannot be made one; the message names the file and says why."""
