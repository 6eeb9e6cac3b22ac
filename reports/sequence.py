"""A sequence diagram as SVG inside a page: who sent what to the target, and what came. Pure: exchanges in,
markup out, without scripts and in the page's own colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from reports.evidence import plain
from reports.runlog import Record

SHOWN = 40  # exchanges drawn, the last ones
LIFELINES = 8  # of actors; what still others did goes from one line more
OTHERS, TARGET = "others", "target"
LANE, MARGIN, HEAD, ROW, FOOT = 92, 48, 46, 52, 8
ROOM = 186  # between the last actor and the target, so that a label has room where there is one actor only
LABEL_CHARS, NAME_CHARS = 24, 12


@dataclass(frozen=True)
class Diagram:
    """`deciding` is the id of the exchange that decided. A page has one diagram."""

    exchanges: Sequence[Record]
    deciding: int | None

    @property
    def before(self) -> int:
        """How many exchanges were before those that are drawn."""
        return max(0, len(self.exchanges) - SHOWN)

    @property
    def drawn(self) -> Sequence[Record]:
        return self.exchanges[-SHOWN:]

    @cached_property
    def actors(self) -> list[str]:
        """The lifelines in the order in which they first act."""
        names = list(dict.fromkeys(str(exchange["actor"]) for exchange in self.drawn))
        return names if len(names) <= LIFELINES else [*names[: LIFELINES - 1], OTHERS]

    @property
    def told(self) -> str:
        """The diagram in a sentence; the list of steps beside it says the rest."""
        count = len(self.drawn)
        who = ", ".join(_short(name, NAME_CHARS) for name in self.actors)
        return f"{count} request{'s' if count != 1 else ''} of {who} to the target, each with its answer"

    @property
    def width(self) -> int:
        return self._target + MARGIN

    @property
    def height(self) -> int:
        return HEAD + ROW * len(self.drawn) + FOOT

    @property
    def svg(self) -> Markup:
        """The drawing, as wide in pixels as it needs: its box scrolls."""
        rows = [self._row(place, exchange) for place, exchange in enumerate(self.drawn)]
        lines = [self._lifeline(self._x(name), name) for name in self.actors]
        lines.append(self._lifeline(self._target, TARGET))
        return Markup(
            '<svg class="sequence" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" '
            'aria-labelledby="sequence"><title id="sequence">{2}</title>{3}{4}</svg>'
        ).format(self.width, self.height, self.told, Markup("").join(lines), Markup("").join(rows))

    @property
    def _target(self) -> int:
        return MARGIN + LANE * (len(self.actors) - 1) + ROOM

    def _x(self, actor: str) -> int:
        return MARGIN + LANE * self.actors.index(actor if actor in self.actors else OTHERS)

    def _lifeline(self, x: int, name: str) -> Markup:
        return Markup(
            '<text class="name" x="{0}" y="18">{1}</text>'
            '<line class="life" x1="{0}" y1="26" x2="{0}" y2="{2}"/>'
        ).format(x, _short(name, NAME_CHARS), self.height - 4)

    def _row(self, place: int, exchange: Record) -> Markup:
        """The request with its label above, the answer below it."""
        top, start, end = HEAD + ROW * place, self._x(str(exchange["actor"])), self._target
        decided = exchange["id"] == self.deciding
        label = _short(f"{exchange['request']['method']} {exchange['operation']}", LABEL_CHARS)
        status = exchange["answer"].get("status")
        came = str(status) if status is not None else "no answer"
        kind = "none" if status is None else f"s{status // 100}" if 100 <= status < 600 else "odd"
        mark = Markup("")
        if decided:
            mark = Markup('<rect class="deciding" x="1" y="{}" width="{}" height="{}" rx="4"/>').format(
                top - 10, self.width - 2, ROW - 2
            )
            came += " ← decided"
            kind += " decided"
        return mark + Markup(
            '<text x="{lx}" y="{ly}">{label}</text><path d="M{start} {y1}H{end}m-7 -4l7 4l-7 4"/>'
            '<g class="came {kind}"><path d="M{end} {y2}H{start}m7 -4l-7 4l7 4"/>'
            '<text x="{lx}" y="{cy}">{came}</text></g>'
        ).format(
            lx=end - 12,
            ly=top + 6,
            cy=top + 34,
            label=label,
            came=_short(came, LABEL_CHARS),
            start=start,
            end=end,
            y1=top + 10,
            y2=top + 20,
            kind=kind,
        )


def _short(text: str, most: int) -> str:
    text = plain(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"
