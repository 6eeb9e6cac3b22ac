"""What a badge says of a run: the highest level reached and the score, in a few words and a colour."""

from __future__ import annotations

from dataclasses import dataclass

from reports.score import NOTHING_DECIDED, Report

LABEL = "parley"
# Each is read in white on it: the contrast is 4.5 to 1 or more.
GREEN, YELLOW, RED, GREY = "1a7f37", "9a6700", "cf222e", "57606a"


@dataclass(frozen=True)
class Standing:
    """`message` is short; `whole` is the sentence, with what the score is a score of. `color` is RRGGBB."""

    message: str
    whole: str
    color: str
    undecided: bool = False


def standing(report: Report) -> Standing:
    """A score is never shown without what it is a score of: a run that was narrowed or is partial gets no
    level's colour.
    """
    if report.exit_code == NOTHING_DECIDED or report.score is None:
        return Standing("nothing decided", f"{LABEL}: {report.score_text}", GREY, undecided=True)
    score = report.score_text
    if report.partial:
        words = report.partial_text
        return Standing(words, f"{LABEL}: {words}; score {score} {report.scored_of}", GREY)
    if report.narrowed:
        count = len(report.header["intended"])
        words = f"{score} % of {count} requirement{'s' if count != 1 else ''}"
        return Standing(words, f"{LABEL}: score {score} {report.scored_of}", GREY)
    subject = next(iter(report.scores))
    mine = {level.name for level in report.spec.levels if level.subject == subject}
    reached = [level for level in report.levels if level.reached]
    highest = next((level for level in reversed(reached) if level.name in mine), None)
    words = f"score {score} {report.scored_of}"
    if highest is None:
        return Standing(f"no level, {score}", f"{LABEL}: no level reached, {words}", RED)
    name = f"{highest.name}, provisionally" if highest.provisional else highest.name
    others = "".join(f", {level.name}" for level in reached if level.name not in mine)
    colour = GREEN if report.exit_code == 0 else YELLOW
    return Standing(f"{name}, {score}", f"{LABEL}: level {name}{others}, {words}", colour)
