"""`parley` and `python -m parley`. Ctrl-C is answered in a line, while commands are imported too."""

from __future__ import annotations

import sys

NOTHING_DECIDED = 2


def main() -> int:
    """Runs one command and returns its exit code."""
    try:
        from parley.cli import main as run

        return run()
    except KeyboardInterrupt:
        print("parley: interrupted before there was anything to tell", file=sys.stderr)
        return NOTHING_DECIDED


if __name__ == "__main__":
    sys.exit(main())
