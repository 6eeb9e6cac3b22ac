"""Draws docs/scorecard.svg, the picture in the README, from a real run: scripts/scorecard.py RUN [FILE].

parley score --run-dir runs/picture && python scripts/scorecard.py runs/picture
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console

from protocol.spec import load
from reports import runlog, score, terminal

WIDTH = 108
PICTURE = Path(__file__).resolve().parent.parent / "docs" / "scorecard.svg"
FONT_FACE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
COMMENT = re.compile(r"\s*<!--.*?-->", re.DOTALL)


def draw(run: Path) -> str:
    """The score card of the run as an SVG that loads nothing."""
    console = Console(
        record=True,
        width=WIDTH,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
    )
    report = score.evaluate(runlog.read(run), load())
    terminal.show(report, console)
    svg = console.export_svg(title="make score", clear=False)
    # Rich points at fonts on somebody's server; any monospace will do.
    svg = COMMENT.sub("", FONT_FACE.sub("", svg))
    return svg.replace("Fira Code", "ui-monospace")


def main() -> None:
    if len(sys.argv) not in (2, 3):
        raise SystemExit((__doc__ or "").strip())
    file = Path(sys.argv[2]) if len(sys.argv) == 3 else PICTURE
    file.write_text(draw(Path(sys.argv[1])), encoding="utf-8")
    print(f"Wrote {file}")


if __name__ == "__main__":
    main()
