"""widget: a long talk on the page (WID-12).

How evenly it scrolls is measured and told, not judged: a machine may be slow. Judged is what makes it scroll
evenly on any: few of the messages are in the document, and all are seen on scrolling through.
"""

from __future__ import annotations

import statistics

from e2e.browser.long_list import frame_times, marks_in_document
from e2e.browser.widget import Widget
from e2e.registry import check
from e2e.run import Attempt
from e2e.waiting import PATIENCE_S, among
from protocol.marks import mark
from protocol.spec import Spec
from suite.expectations import expect, given_that

TOGETHER = 100  # messages that one step on the page sends
LINES = ("", " and more words" * 12, "\nin\nsome\nlines")  # so that they are not all of one height
STEP_PX, FRAMES = 120, 240  # a fast turn of a wheel, for four seconds


@check("WID-12", takes_s=25, limit_s=120)
async def of_a_long_talk_few_messages_are_in_the_document(
    widget: Widget, spec: Spec, attempt: Attempt
) -> None:
    bounds = spec.page["long_list"]
    await widget.create_room()
    marks = [mark() for _ in range(bounds["messages"])]
    texts = [f"{known} {number}{LINES[number % len(LINES)]}" for number, known in enumerate(marks)]
    for start in range(0, len(texts), TOGETHER):
        await widget.send_all(texts[start : start + TOGETHER])
    given_that(await widget.comes(marks[-1], PATIENCE_S), "whether the last message is shown").equals(True)
    most = bounds["in_document_most"]
    there = await marks_in_document(widget) & set(marks)
    expect(len(there), f"how many of {len(marks)} messages are in the document").at_most(most)
    seen = [marks.index(known) for known in among(await widget.messages(), marks)]
    expect(seen[:1], "the number of the first message that is seen on scrolling").equals([0])
    missing = len(set(range(len(marks))) - set(seen))
    expect(missing, f"how many of {len(marks)} messages are not seen on scrolling through").equals(0)
    expect(len(seen), "how many are seen").equals(len(marks))
    times = await frame_times(widget, STEP_PX, FRAMES)
    there = await marks_in_document(widget) & set(marks)
    expect(len(there), f"how many of {len(marks)} are in the document after scrolling").at_most(most)
    attempt.notes.append(told(times, len(there)))


def told(times: list[float], count: int) -> str:
    """The figures in words, for the report."""
    if len(times) < 2:
        return "measured: the list does not scroll"
    cuts = statistics.quantiles(times, n=20)
    figures = f"p50 {statistics.median(times):.1f} ms, p95 {cuts[18]:.1f} ms, longest {max(times):.1f} ms"
    return (
        f"measured: {figures} between {len(times)} frames while scrolling, {count} messages in the document"
    )
