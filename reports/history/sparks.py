"""Small drawings of many runs: strips of verdicts and lines of figures, as SVG and as text. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from reports.history.trends import Step, steps

HEIGHT = 10
BLOCKS = "▁▂▃▄▅▆▇█"
TOLD = 6  # steps of a strip that its words name
# How high a word stands in a strip: what is well lies low, what is red stands up. So shape tells it too.
HEIGHTS = {
    "pass": 3,
    "reached": 3,
    "expected-fail": 7,
    "fail": 10,
    "not reached": 10,
    "flaky": 7,
    "inconclusive": 7,
    "provisionally": 6,
    "harness-error": 9,
}
LOW = 1  # what was not decided
COLOURS = {"reached": "pass", "not reached": "fail", "provisionally": "inconclusive"}


def strip(words: Sequence[str]) -> Markup:
    """Runs from left to right; neighbours with the same word are one box."""
    found = steps(words)
    boxes = [
        Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
            COLOURS.get(step.word, step.word.replace(" ", "-")),
            step.start,
            HEIGHT - HEIGHTS.get(step.word, LOW),
            step.length,
            HEIGHTS.get(step.word, LOW),
        )
        for step in found
    ]
    return Markup(
        '<svg class="strip" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}</svg>'
    ).format(max(len(words), 1), HEIGHT, told(found), Markup("").join(boxes))


def told(found: Sequence[Step]) -> str:
    """The strip in words: `… then 3 fail, then 12 pass`."""
    said = ", then ".join(f"{step.length} {step.word}" for step in found[-TOLD:])
    return f"… then {said}" if len(found) > TOLD else said


def line(values: Sequence[float | None]) -> Markup:
    """A line of figures between 0 and the highest; broken where a value is None."""
    highest = max((value for value in values if value is not None), default=0) or 1
    pieces, begun = [], False
    for place, value in enumerate(values):
        if value is None:
            begun = False
            continue
        pieces.append(f"{'L' if begun else 'M'}{place} {HEIGHT - HEIGHT * value / highest:.2f}")
        begun = True
    known = [value for value in values if value is not None]
    said = f"from {min(known):g} to {max(known):g}, at last {known[-1]:g}" if known else "not measured"
    return Markup(
        '<svg class="strip" viewBox="0 -1 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<path class="line a" vector-effect="non-scaling-stroke" d="{}"/></svg>'
    ).format(max(len(values) - 1, 1), HEIGHT + 2, said, "".join(pieces))


def blocks(values: Sequence[float | None], width: int) -> str:
    """The last `width` figures as a line of text, from the lowest of them to the highest."""
    last = values[-width:]
    known = [value for value in last if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    span = high - low
    return "".join(
        " " if value is None else BLOCKS[round((value - low) / span * (len(BLOCKS) - 1)) if span else -1]
        for value in last
    )
