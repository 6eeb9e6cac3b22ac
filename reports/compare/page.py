"""A comparison as one page that loads nothing and runs no script."""

from __future__ import annotations

from reports import pages
from reports.compare.changes import TITLES
from reports.compare.comparison import Comparison, level_word
from reports.compare.matrix import ABSENT, SYMBOLS, by_profile, spans

IN_WORDS = 6  # runs up to which each cell shows its word; of more, only symbols, and the word when pointed at


def text(found: Comparison) -> str:
    """What came from targets is escaped by the template engine and stripped of control characters."""
    sections = [(name, rows) for name, rows in by_profile(found.rows).items()]
    if found.fitness_rows:
        sections.append(("fitness", list(found.fitness_rows)))
    kinds = [("Requirements", found.changes), ("Fitness", found.fitness_changes)]
    words = dict.fromkeys(word for _, rows in sections for row in rows for word in row.words)
    return pages.render(
        "compare.html",
        {"spans": spans},
        found=found,
        runs=list(zip(found.runs, found.labels, strict=True)),
        sections=[] if found.as_changes else sections,
        kinds=[(heading, changes) for heading, changes in kinds if changes],
        titles=TITLES,
        symbols=SYMBOLS,
        absent=ABSENT,
        words=[word for word in SYMBOLS if word in words],
        level_word=level_word,
        in_words=len(found.runs) <= IN_WORDS,
    )
