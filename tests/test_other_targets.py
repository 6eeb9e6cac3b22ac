"""Two more servers that share no code with ours, each in a style of its own: what they claim is reached, and
nobody is accused. Where the protocol leaves a choice they choose differently.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from score_kit import Scored, ahead, free_port, score

from protocol import spec as spec_module

SPEC = spec_module.load()
RED = ("fail", "inconclusive", "flaky", "harness-error", "expected-fail")
ISSUER_PORT = "8796"  # as sqlite.toml has it


@dataclass(frozen=True)
class Other:
    """A server of tests/targets, what it claims, and which of the MAYs it does not offer."""

    name: str
    profiles: tuple[str, ...]
    declined: frozenset[str] = frozenset()

    @property
    def file(self) -> Path:
        return Path("tests/targets") / f"{self.name}.toml"


PLAIN = Other(
    "plain",
    ("core", "auth", "validation", "ratelimit", "concurrency", "cors"),
    frozenset({"MBOX-14", "RATE-13"}),
)
SQLITE = Other("sqlite", ("core", "auth", "validation", "csrf", "concurrency"))
OTHERS = pytest.mark.parametrize("other", [PLAIN, SQLITE], ids=lambda other: other.name)


Runs = Callable[[Other], Scored]


def run(folder: Path, other: Other) -> Scored:
    """The whole run of a server, started by its target file's [start], on free ports."""
    text = other.file.read_text(encoding="utf-8")
    text = text.replace(ISSUER_PORT, str(free_port())).replace(".venv/bin/python", sys.executable)
    file = folder / "target.toml"
    file.write_text(text, encoding="utf-8")
    (folder / "temporary").mkdir()
    port = str(free_port())
    words = ("--target", f"http://127.0.0.1:{port}", "--target-file", str(file), "--start")
    return score(folder / "run", *words, env={"PORT": port, "TMPDIR": str(folder / "temporary")})


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    with ahead(lambda other: run(tmp_path_factory.mktemp(other.name), other), (PLAIN, SQLITE)) as runs:
        yield runs


@OTHERS
def test_it_reaches_what_it_claims(other: Other, scored: Runs) -> None:
    done = scored(other)
    assert done.code == 0, done.out + done.err
    assert done.result["problems"] == []
    assert done.result["levels"]["Core"] == {"reached": True, "provisional": [], "missing": []}
    claimed = {name for name, found in done.verdicts.items() if found != "not-claimed"}
    assert {SPEC.requirement(name).profile for name in claimed} == set(other.profiles)


@OTHERS
def test_nothing_is_held_against_it(other: Other, scored: Runs) -> None:
    done = scored(other)
    assert set(done.having(*RED)) == other.declined
    assert {SPEC.requirement(name).level for name in other.declined} <= {"MAY"}
    assert done.result["target"]["expected_failures"] == []
    company = [record for record in done.records if record.get("note", "").startswith("failed once")]
    assert not company, "nor did a check fail in company only"


@OTHERS
def test_what_was_not_asked_has_its_reason(other: Other, scored: Runs) -> None:
    done = scored(other)
    excluded = {name for name in done.verdicts if SPEC.requirement(name).excluded is not None}
    assert set(done.having("not-run")) <= excluded
    excused = {name for name in done.having("not-applicable") if SPEC.requirement(name).when is None}
    # The party room's budget is asked of who has party rooms.
    assert excused <= {"RATE-2"}


def test_the_errors_of_the_one_are_plain_and_of_the_other_problem_documents(scored: Runs) -> None:
    kinds = {}
    for other in (PLAIN, SQLITE):
        answers = [record["answer"] for record in scored(other).records if record["type"] == "exchange"]
        errors = [answer for answer in answers if (answer.get("status") or 0) >= 400]
        assert len(errors) > 300
        headers = [dict(map(tuple, answer["headers"])) for answer in errors]
        kinds[other.name] = {found.get("content-type") for found in headers}
    assert kinds == {"plain": {"application/json"}, "sqlite": {"application/problem+json"}}


def test_the_tables_are_gone_when_the_server_is(scored: Runs) -> None:
    assert not list((scored(SQLITE).folder.parent / "temporary").rglob("*.db"))
