"""The kill matrix: what counts as a kill, what is blast, what has to be run again; and nothing gets lost."""

from __future__ import annotations

import asyncio
import copy
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from conformance import fingerprints, kills, workers
from conformance.kills import Entry, Outcome
from parley import selftest
from parley.selftest import Selftest
from protocol.spec import load
from reference_server import mutants
from reports.runlog import Record, verdict_record
from reports.verdicts import Verdict

SPEC = load()
ENTRY = Entry("offer-survives-reading", "MBOX-2", r"getOffer: wanted 404; got 200")
CHECK = "an_offer_is_read_once"
ATTEMPT = f"MBOX-2 {CHECK}#1"
RIGHT = "getOffer: wanted 404; got 200 {}"


def red(reason: str, *, requirement: str = "MBOX-2", check: str = CHECK, attempt: str = ATTEMPT) -> Record:
    return verdict_record(requirement, check, Verdict.FAIL, reason, attempt=attempt)


def judged(*records: Record, reached: bool = True, tied: bool = True, entry: Entry = ENTRY) -> Outcome:
    return kills.judged(SPEC, entry, list(records), reached, {ATTEMPT} if tied else set(), whole=True)


# -- what counts


def test_a_red_check_that_shows_the_fault_and_reached_it_is_a_kill() -> None:
    found = judged(red(RIGHT))
    assert (found.killed, found.by, found.shown, found.why_not) == (
        True,
        (CHECK,),
        f"{CHECK}: {RIGHT}",
        "",
    )


def test_red_for_another_reason_is_no_kill() -> None:
    found = judged(red("getOffer: wanted 404; got 500 {}"))
    assert not found.killed
    assert found.why_not.startswith("red for another reason: ")


def test_red_in_an_attempt_that_did_not_reach_the_fault_is_no_kill() -> None:
    assert (
        judged(red(RIGHT), tied=False).why_not == "red, but its wrong path was reached in other attempts only"
    )
    assert judged(red(RIGHT), reached=False).why_not == "red, but its wrong path was never reached"


def test_where_it_cannot_be_tied_the_mutant_says_so() -> None:
    untied = Entry(ENTRY.name, ENTRY.requirement, ENTRY.shows, untied=True)
    assert judged(red(RIGHT), tied=False, entry=untied).killed
    assert not judged(red(RIGHT), tied=False, reached=False, entry=untied).killed


def test_a_check_that_is_not_red_kills_nothing() -> None:
    record = verdict_record("MBOX-2", CHECK, Verdict.INCONCLUSIVE, "a prerequisite failed", attempt=ATTEMPT)
    assert judged(record).why_not == "inconclusive, reached: a prerequisite failed"
    passed = verdict_record("MBOX-2", CHECK, Verdict.PASS, attempt=ATTEMPT)
    assert judged(passed, reached=False).why_not == "pass, its wrong path was never reached"


def test_other_requirements_that_went_red_are_blast_and_a_may_is_none() -> None:
    found = judged(
        red(RIGHT),
        red("two of them", requirement="CONC-1", check="reads"),
        red("not kept", requirement="MBOX-14", check="ones_own"),
    )
    assert found.also == ("CONC-1",)
    assert found.blast == {"CONC-1": "reads: two of them"}


# -- what has to be run again


def file_with(tmp_path: Path, text: str) -> Path:
    fingerprints._meaning.cache_clear()
    file = tmp_path / "mutant.py"
    file.write_text(text)
    return file


MUTANT = """
from reference_server.mutants import mutant
@mutant("MBOX-2", "a fault", shows="got 200", also=[{also}], why_also="so")
class Wrong:
    answer = {answer}  # {comment}
"""


def test_what_a_mutant_says_and_what_is_a_comment_change_no_fingerprint(tmp_path: Path) -> None:
    def of(**words: str) -> str:
        text = MUTANT.format(**{"also": '"CONC-1"', "answer": "1", "comment": "a", **words})
        return fingerprints.whole(SPEC, file_with(tmp_path, text))

    assert of() == of(also='"CONC-1", "CONC-2"') == of(comment="b")
    assert of() != of(answer="2")


def test_what_it_has_to_show_changes_the_fingerprint_of_its_own_checks_only(tmp_path: Path) -> None:
    file = file_with(tmp_path, MUTANT.format(also='"CONC-1"', answer="1", comment=""))
    assert fingerprints.own(SPEC, "MBOX-2", "a", file) != fingerprints.own(SPEC, "MBOX-2", "b", file)


def a_selftest(known: dict[str, Any], *, whole: bool = False, write: bool = False) -> Selftest:
    console = Console(file=io.StringIO(), width=100)
    return Selftest(SPEC, mutants.load(), known, whole, write, console, todo=1)


def test_an_outcome_is_kept_until_something_changes() -> None:
    test = a_selftest({})
    assert test.stale(ENTRY.name)
    test.take(Outcome(ENTRY.name, True, (CHECK,), RIGHT))
    assert not test.stale(ENTRY.name)
    assert a_selftest(test.known, whole=True).stale(ENTRY.name), "the blast is not known yet"
    test.take(Outcome(ENTRY.name, True, (CHECK,), RIGHT, also=("CONC-1",)))
    assert not a_selftest(test.known, whole=True).stale(ENTRY.name)
    test.take(Outcome(ENTRY.name, True, (CHECK,), RIGHT))
    assert test.known[ENTRY.name]["also"] == ["CONC-1"], "a run of its own checks keeps what is known"
    test.take(Outcome(ENTRY.name, True, why_not="pass"))
    assert test.stale(ENTRY.name), "a survivor is run again until it is killed"


def test_blast_that_the_mutant_does_not_name_is_unexplained() -> None:
    test = a_selftest({}, whole=True)
    test.take(Outcome(ENTRY.name, True, (CHECK,), RIGHT, also=(*test.mutants[ENTRY.name].also, "ERR-1")))
    assert test.unexplained(ENTRY.name) == ["ERR-1"]


def test_every_outcome_is_written_at_once_and_never_by_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "matrix.json"
    monkeypatch.setattr(selftest, "MATRIX", file)
    test = a_selftest({"gone-long-ago": {"killed": True}}, write=True)
    test.take(Outcome(ENTRY.name, True, (CHECK,), RIGHT))
    assert json.loads(file.read_text())["mutants"].keys() == {ENTRY.name}
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_what_is_no_pattern_is_said_in_one_line() -> None:
    wrong = replace(mutants.load()[ENTRY.name], shows="got ['room_")
    with pytest.raises(selftest.SelftestError, match=r"offer_survives_reading.py: shows: no regular"):
        selftest.entry_of(wrong)


# -- the workers


def test_a_worker_that_dies_costs_one_outcome_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "COMMAND", ("-c", "import sys; sys.stdin.readline()"))
    outcomes: list[Outcome] = []
    entries = [Entry(name, "MBOX-2", "x") for name in ("one", "two")]
    asyncio.run(workers.run(entries, whole=False, at_once=1, on_outcome=outcomes.append))
    assert [(found.name, found.why_not) for found in outcomes] == [
        ("one", "error: its process died"),
        ("two", "error: its process died"),
    ]


def test_a_whole_run_differs_in_how_slowly_keys_are_made_and_in_nothing_else(tmp_path: Path) -> None:
    hurried, fresh = load(workers.hurried(tmp_path / "spec")), load()
    policies = copy.deepcopy((hurried.policy, fresh.policy))  # a loaded spec is shared by all
    quick, slow = (policy["envelope"].pop("kdf_rounds") for policy in policies)
    assert quick < slow
    assert policies[0] == policies[1]
    assert hurried.openapi == fresh.openapi
    assert hurried.requirements == fresh.requirements


def test_how_a_run_is_shown_is_no_part_of_what_a_mutant_is_run_for() -> None:
    needed = {
        str(path.relative_to(fingerprints.ROOT)) for path in fingerprints._needed(fingerprints.CHAT_ENTRANCES)
    }
    assert "reports/settle.py" in needed
    assert not {name for name in needed if name.startswith(("reports/page", "reports/formats/"))}
