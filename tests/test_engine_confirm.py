"""A failed check is confirmed: tried alone, several times, and then on the control lane."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine_kit import job, report, run, verdicts, waiting_for
from score_kit import SECRET, score
from server_kit import ServerProcess

from conformance.engine import Engine, Result
from conformance.registry import Job
from conformance.waits import after_seconds
from protocol.client import User
from protocol.spec import SPEC_DIR
from reports.settle import Try, settle
from reports.verdicts import Verdict
from suite.expectations import expect


class Outcomes:
    """A check with the outcomes given, one an attempt."""

    def __init__(self, *outcomes: bool) -> None:
        self._left: Iterator[bool] = iter(outcomes)
        self.attempts = 0

    @property
    def job(self) -> Job:
        async def wavers() -> None:
            self.attempts += 1
            expect(next(self._left), "this").equals(True)

        return job(wavers)

    @property
    def safety_job(self) -> Job:
        async def wavers() -> None:
            self.attempts += 1
            expect(next(self._left), "this").equals(True)

        return job(wavers, safety=True)


class StubLane:
    """Stands for a reference server on which every check ends so."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.asked: list[str] = []

    async def judge(self, job: Job) -> Result:
        self.asked.append(job.id)
        return Result(self.verdict, "", reason="as it does there")


def test_three_of_three_is_a_fail(tmp_path: Path) -> None:
    records = run([Outcomes(False, False, False, False).job], confirm=3)
    found = verdicts(records)["wavers"]
    assert (found["verdict"], found["attempts"]) == ("fail", 4)
    assert found["note"] == "failed in 3 of 3 attempts"
    assert [one["alone"] for one in found["tries"]] == [False, True, True, True]
    assert report(records, tmp_path).exit_code == 1


def test_mixed_is_flaky_with_its_rate_and_never_a_pass(tmp_path: Path) -> None:
    records = run([Outcomes(False, True, False, True).job], confirm=3)
    found = verdicts(records)["wavers"]
    assert found["verdict"] == "flaky"
    assert found["reason"] == "failed in 1 of 3 attempts: this: wanted True; got False"
    assert found["attempt"].endswith("#3"), "the evidence is of an attempt that failed"
    whole = report(records, tmp_path)
    assert (whole.exit_code, whole.score) == (1, 0)


def test_failing_in_company_only_is_no_verdict_of_its_own() -> None:
    found = verdicts(run([Outcomes(False, True, True, True).job], confirm=3))["wavers"]
    assert (found["verdict"], found["note"]) == (
        "pass",
        "failed once in company: this: wanted True; got False",
    )


def test_where_one_violation_is_proof_it_fails_at_once_and_the_others_add_the_rate() -> None:
    found = verdicts(run([Outcomes(False, True, True, True).safety_job], confirm=3))["wavers"]
    assert (found["verdict"], found["note"], found["safety"]) == ("fail", "failed in 1 of 4 attempts", True)
    assert found["attempt"].endswith("#1")


def test_a_pass_is_not_repeated() -> None:
    outcomes = Outcomes(True)
    run([outcomes.job], confirm=3)
    assert outcomes.attempts == 1


def test_every_attempt_has_people_of_its_own() -> None:
    seen: list[str] = []

    async def fails_with(alice: User) -> None:
        seen.append(alice.id)
        expect(1, "one").equals(2)

    run([job(fails_with)], confirm=3)
    assert len(seen) == len(set(seen)) == 4


def test_confirmations_that_wait_wait_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asleep: list[int] = []
    most: list[int] = []

    def all_of_them() -> Callable[[], bool]:
        wanted = 1 if len(most) == 1 else 4  # the first one, and then three
        return lambda: len(most) == wanted

    waiting_for(monkeypatch, all_of_them)

    async def waits() -> None:
        asleep.append(1)
        most.append(len(asleep))
        await after_seconds(0.2)
        asleep.pop()
        expect(1, "one").equals(2)

    found = verdicts(run([job(waits, wait="poll_interval")], confirm=3))["waits"]
    assert found["verdict"] == "fail"
    assert max(most) == 3, "three slept at once"


def test_stopped_while_it_is_confirmed_it_says_what_it_knows() -> None:
    attempts: list[int] = []
    third = asyncio.Event()

    async def fails_then_hangs() -> None:
        attempts.append(1)
        if len(attempts) > 2:
            for _ in range(20):  # until the one before it is quite done
                await asyncio.sleep(0)
            third.set()
            await asyncio.sleep(3600)
        expect(1, "one").equals(2)

    async def stop(engine: Engine) -> None:
        await third.wait()
        engine.stop("interrupted")

    found = verdicts(run([job(fails_then_hangs)], confirm=3, during=stop))["fails_then_hangs"]
    assert found["verdict"] == "fail", "it failed alone, and nothing speaks against it"


# -- the control lane


def test_what_fails_on_a_right_server_too_is_our_error(tmp_path: Path) -> None:
    lane = StubLane(Verdict.FAIL)
    records = run([Outcomes(*[False] * 4).job], confirm=3, lane=lane)
    found = verdicts(records)["wavers"]
    assert found["verdict"] == "harness-error"
    assert "fails on Parley's own reference server on this machine too (as it does there)" in found["reason"]
    assert found["control"] == {"verdict": "fail", "reason": "as it does there"}
    assert report(records, tmp_path).exit_code == 3


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.NOT_RUN, Verdict.INCONCLUSIVE])
def test_what_a_right_server_does_not_fail_stays_as_it_is(verdict: Verdict) -> None:
    found = verdicts(run([Outcomes(*[False] * 4).job], confirm=3, lane=StubLane(verdict)))["wavers"]
    assert (found["verdict"], found["control"]["verdict"]) == ("fail", verdict.value)


def test_only_what_failed_is_asked_there() -> None:
    lane = StubLane(Verdict.PASS)

    async def holds() -> None:
        expect(1, "one").equals(1)

    run([job(holds), Outcomes(*[False] * 4).job], confirm=3, lane=lane)
    assert lane.asked == ["ROOM-1 wavers"]


def test_a_may_is_not_asked_there() -> None:
    lane = StubLane(Verdict.FAIL)

    async def fails() -> None:
        expect(1, "one").equals(2)

    found = verdicts(run([job(fails, "RATE-13")], lane=lane))["fails"]
    assert (found["verdict"], lane.asked) == ("fail", [])


def test_a_check_that_accuses_the_reference_server_accuses_nobody(tmp_path: Path) -> None:
    """The whole way, with a requirement that our own server does not meet."""
    spec = tmp_path / "spec"
    shutil.copytree(SPEC_DIR, spec)
    file = spec / "requirements.yaml"
    sentence = "Joining an unknown or expired room is refused with 404.\n    expected: { refuse: [404] }"
    text = file.read_text(encoding="utf-8")
    assert sentence in text
    file.write_text(text.replace(sentence, sentence.replace("[404]", "[410]")), encoding="utf-8")
    target = tmp_path / "target.toml"
    with ServerProcess(tmp_path) as server:
        target.write_text(
            f'base_url = "{server.url}"\ntokens = {{ secret = "{SECRET}" }}\n', encoding="utf-8"
        )
        words = ("--target-file", str(target), "--spec", str(spec), "--requirement", "ROOM-4")
        done = score(tmp_path / "run", *words)
        without = score(tmp_path / "without", *words, "--no-control-lane")
    assert done.code == 3, done.out + done.err
    assert done.verdicts == {"ROOM-4": "harness-error"}
    assert "fails on Parley's own reference server" in done.reason("ROOM-4")
    assert "410" in done.reason("ROOM-4")
    assert (without.code, without.verdicts) == (1, {"ROOM-4": "fail"})


def test_rejudging_the_tries_of_the_log_gives_the_same_verdict() -> None:
    found = verdicts(run([Outcomes(False, True, False, True).job], confirm=3))["wavers"]
    tries = [Try(one["attempt"], Verdict(one["verdict"]), "", one["alone"]) for one in found["tries"]]
    assert settle(tries).verdict.value == found["verdict"]
