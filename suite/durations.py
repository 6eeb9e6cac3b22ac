"""Times as people write them on a command line: `20s`, `5m`, `1h`, or plain seconds."""

from __future__ import annotations

import re

UNITS = {"s": 1, "m": 60, "h": 3600}
MOST_S = 24 * 3600


class DurationError(Exception):
    """An option's time cannot be used; the message names the option and what was expected."""


def seconds_of(text: str, option: str = "--for") -> float:
    """The seconds that the text stands for. Raises DurationError, which names the option."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    seconds = float(found[1]) * UNITS[found[2] or "s"] if found else 0.0
    if not 1 <= seconds <= MOST_S:
        raise DurationError(f"{option}: expected a time of 1s to 24h such as 20s, 5m or 1h, got {text!r}")
    return seconds
