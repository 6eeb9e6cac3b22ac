"""Charts as SVG inside a page: small, without scripts, in the page's own colours. Pure: figures in, markup
out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from reports.evidence import plain

WIDTH, HEIGHT = 480, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 16, 22  # room for the figures of the axes
STYLES = ("a", "b", "c", "d")  # classes of lines: colour and dashes are in the style sheet
FIGURES = 4  # on an axis, about
LEAST_LOG = 0.1  # where a logarithmic axis begins at the latest: below a tenth of a ms nothing is of interest
Values = Sequence[float | None]


@dataclass(frozen=True)
class Line:
    """One line of a chart; it is broken where a value is None. `marks`: a class of mark at each point."""

    name: str
    values: Values
    marks: Sequence[str] = ()


@dataclass(frozen=True)
class Shade:
    """A span of the chart that is set apart, e.g. a warm-up."""

    start: float
    end: float
    name: str


@dataclass(frozen=True)
class Chart:
    """`unit` is that of the upright axis, `log` whether it is logarithmic, `across` what goes along the
    other.

    `limits` are levels with a name, e.g. an objective; `at` are places with a name along the lower axis.
    `zero`: the upright axis begins there.
    """

    title: str
    unit: str
    xs: Sequence[float]
    lines: Sequence[Line]
    limits: Sequence[tuple[str, float]] = ()
    shades: Sequence[Shade] = ()
    at: Sequence[tuple[str, float]] = ()
    log: bool = False
    zero: bool = True
    across: str = "s"

    @property
    def empty(self) -> bool:
        return not any(value is not None for line in self.lines for value in line.values)

    @property
    def legend(self) -> list[tuple[str, str]]:
        """Style and name of each line; none where one line is alone, and so is what the title says."""
        if len(self.lines) == 1 and not self.limits:
            return []
        names = [(style, line.name) for style, line in zip(STYLES, self.lines, strict=False)]
        return names + [("limit", name) for name, _ in self.limits]

    @property
    def told(self) -> str:
        """The chart in words."""
        unit = f" ({self.unit})" if self.unit else ""
        return f"{self.title}{unit}: " + "; ".join(self._told(line) for line in self.lines)

    def _told(self, line: Line) -> str:
        known = [value for value in line.values if value is not None]
        if not known:
            return f"{line.name} not measured"
        return f"{line.name} from {figure(min(known))} to {figure(max(known))}, at last {figure(known[-1])}"

    @property
    def svg(self) -> Markup:
        """The drawing."""
        x, y = self._across(), self._up()
        parts = [self._shades(x), self._frame(x, y), self._levels(y), self._places(x)]
        parts += [_line(line, style, self.xs, x, y) for style, line in zip(STYLES, self.lines, strict=False)]
        return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="chart">{}</svg>').format(
            WIDTH, HEIGHT, plain(self.told), Markup("").join(parts)
        )

    def _across(self) -> _Scale:
        low, high = (min(self.xs), max(self.xs)) if self.xs else (0.0, 1.0)
        return _Scale(low, high if high > low else low + 1, LEFT, WIDTH - RIGHT)

    def _up(self) -> _Scale:
        known = [value for line in self.lines for value in line.values if value is not None]
        known += [level for _, level in self.limits]
        high = max(known, default=0.0)
        if not self.log:
            low = 0.0 if self.zero else min(known, default=0.0) * 0.95
            return _Scale(low, low + (high - low) * 1.08 or 1.0, HEIGHT - BOTTOM, TOP)
        low = min((value for value in known if value > 0), default=1.0)
        low = max(low * 0.8, LEAST_LOG)
        return _Scale(low, max(high * 1.3, low * 10), HEIGHT - BOTTOM, TOP, log=True)

    def _frame(self, x: _Scale, y: _Scale) -> Markup:
        found = []
        for value in y.figures():
            found.append(_stroke("grid", LEFT, y(value), WIDTH - RIGHT, y(value)))
            found.append(_text(figure(value), LEFT - 5, y(value) + 4, "end"))
        seconds = self.across == "s" and x.high - x.low >= 600
        for value in x.figures(60.0 if seconds else 1.0):
            word = f"{value / 60:g} min" if seconds else f"{figure(value)} {self.across}"
            anchor = "end" if x(value) > WIDTH - 30 else "middle"
            found.append(_text(word, x(value), HEIGHT - 6, anchor))
        return Markup("").join(found)

    def _levels(self, y: _Scale) -> Markup:
        return Markup("").join(
            _titled(
                _stroke("limit", LEFT, y(level), WIDTH - RIGHT, y(level)), f"{name}: {level:g} {self.unit}"
            )
            for name, level in self.limits
        )

    def _places(self, x: _Scale) -> Markup:
        found = []
        for name, place in self.at:
            found.append(_stroke("place", x(place), TOP, x(place), HEIGHT - BOTTOM))
            left = x(place) > WIDTH * 0.6
            found.append(_text(name, x(place), TOP - 4, "end" if left else "start"))
        return Markup("").join(found)

    def _shades(self, x: _Scale) -> Markup:
        found = []
        for shade in self.shades:
            start, end = x(max(shade.start, x.low)), x(min(shade.end, x.high))
            if end <= start:
                continue
            box = Markup('<rect class="shade" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>').format(
                start, TOP, end - start, HEIGHT - BOTTOM - TOP
            )
            found.append(_titled(box, shade.name))
            if end - start > 7 * len(shade.name):
                found.append(_text(shade.name, start + 2, TOP - 4, "start"))
        return Markup("").join(found)


@dataclass(frozen=True)
class _Scale:
    """From figures to places."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        if self.log:
            share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * min(1.0, max(0.0, share))

    def figures(self, unit: float = 1.0) -> Iterable[float]:
        """Round numbers of the unit within the scale."""
        if self.log:
            decades = math.log10(self.high / self.low)
            steps = (1.0,) if decades > 3 else (1.0, 3.0) if decades > 1.5 else (1.0, 2.0, 5.0)
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            found = [step * 10.0**power for power in powers for step in steps]
        else:
            step = round_step((self.high - self.low) / unit / FIGURES) * unit
            first = math.ceil(self.low / step)
            found = [n * step for n in range(first, first + 4 * FIGURES)]
        return [value for value in found if self.low <= value <= self.high]


def round_step(size: float) -> float:
    """The least of 1, 2, 5, 10, 20 ... that is not less."""
    power = 10.0 ** math.floor(math.log10(size))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= size * (1 - 1e-9))


def figure(value: float) -> str:
    """A number with three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _line(line: Line, style: str, xs: Sequence[float], x: _Scale, y: _Scale) -> Markup:
    pieces, begun = [], False
    for place, value in zip(xs, line.values, strict=True):
        if value is None:
            begun = False
            continue
        pieces.append(f"{'L' if begun else 'M'}{x(place):.1f} {y(value):.1f}")
        begun = True
    path = Markup('<path class="line {}" d="{}"/>').format(style, "".join(pieces))
    marks = [
        _mark(mark, x(place), y(value))
        for mark, place, value in zip(line.marks, xs, line.values, strict=False)
        if value is not None
    ]
    return _titled(path + Markup("").join(marks), line.name)


def _mark(name: str, x: float, y: float) -> Markup:
    """A dot for what held, a cross for what broke."""
    if name == "held":
        return Markup('<circle class="held" cx="{:.1f}" cy="{:.1f}" r="4"/>').format(x, y)
    a, b = _stroke("broke", x - 4, y - 4, x + 4, y + 4), _stroke("broke", x - 4, y + 4, x + 4, y - 4)
    return a + b


def _titled(shape: Markup, title: str) -> Markup:
    return Markup("<g><title>{}</title>{}</g>").format(plain(title), shape)


def _stroke(style: str, *places: float) -> Markup:
    return Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(style, *places)


def _text(words: str, x: float, y: float, anchor: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        x, y, anchor, escape(plain(words))
    )


def column(
    points: Sequence[dict[str, object]], key: str, of: Callable[[float], float] = float
) -> list[float | None]:
    """One figure of each point of a series."""
    found = (point.get(key) for point in points)
    return [of(value) if isinstance(value, int | float) else None for value in found]
