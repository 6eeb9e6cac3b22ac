"""badge.svg: the standing of a run as a picture that loads nothing and has words for who does not see it."""

from __future__ import annotations

from reports import pages
from reports.evidence import plain
from reports.formats.standing import LABEL, standing
from reports.score import Report

FILE = "badge.svg"
FONT_SIZE = 11
PADDING = 6
# The widths of the characters from space to ~ in DejaVu Sans (Verdana's are alike), in hundredths of the
# font's size. The text is set to the width that they make, so that another font fits too.
WIDTHS = (
    *(32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34),
    *(64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 53),
    *(100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79),
    *(60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50),
    *(50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61),
    *(63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84),
)
WIDEST = max(WIDTHS)


def render(report: Report) -> str:
    found = standing(report)
    return pages.render(
        "badge.svg",
        label=LABEL,
        message=plain(found.message),
        whole=plain(found.whole),
        color=found.color,
        label_width=width(LABEL) + 2 * PADDING,
        message_width=width(found.message) + 2 * PADDING,
        padding=PADDING,
    )


def width(text: str) -> int:
    """Pixels that the text takes, rounded up."""
    hundredths = sum(WIDTHS[ord(char) - 32] if " " <= char <= "~" else WIDEST for char in text)
    return -(-hundredths * FONT_SIZE // 100)
