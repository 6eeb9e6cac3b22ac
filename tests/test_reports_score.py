"""From a run log to verdicts, levels, score and exit code: pure, from run logs made by hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from report_kit import PROFILES, SPEC, all_of, footer, header, report, verdict, write

from reports import runlog, score
from reports.runlog import Record
from reports.verdicts import GRAVITY, Verdict, gravest

MUST, SHOULD, MAY = "MBOX-2", "ROOM-6", "MBOX-14"
EXPECTED = {"expected_failures": [{"id": MUST, "reason": "known", "issue": None}]}


def not_run(requirement: str, cause: Any) -> Record:
    return verdict(requirement, Verdict.NOT_RUN, cause=cause)


def test_the_levels_that_the_tables_below_rely_on() -> None:
    assert [SPEC.requirement(name).level for name in (MUST, SHOULD, MAY)] == ["MUST", "SHOULD", "MAY"]


def test_every_verdict_has_its_gravity() -> None:
    assert sorted(GRAVITY) == sorted(Verdict)


@pytest.mark.parametrize(("graver", "lighter"), list(itertools.pairwise(GRAVITY)))
def test_the_gravest_verdict_of_several_checks_is_the_requirements(
    tmp_path: Path, graver: Verdict, lighter: Verdict
) -> None:
    assert gravest([lighter, graver, lighter]) is graver
    found = report(tmp_path, [verdict(MUST, lighter), verdict(MUST, graver), verdict(MUST, lighter)])
    assert [finding.verdict for finding in found.findings] == [graver]


def test_no_verdict_at_all_is_no_verdict() -> None:
    with pytest.raises(ValueError, match="empty"):
        gravest([])


V = Verdict
EXITS = [
    ("a pass", 0, [verdict(MUST, V.PASS)], {}),
    ("a failed SHOULD", 0, [verdict(MUST, V.PASS), verdict(SHOULD, V.FAIL)], {}),
    ("a MAY that is not offered", 0, [verdict(MUST, V.PASS), verdict(MAY, V.FAIL)], {}),
    ("an inconclusive SHOULD", 0, [verdict(MUST, V.PASS), verdict(SHOULD, V.INCONCLUSIVE)], {}),
    ("a MUST without the time for it", 0, [verdict("MBOX-3", V.PASS), not_run(MUST, "time")], {}),
    ("a MUST without a check yet", 0, [verdict("MBOX-3", V.PASS), not_run(MUST, "excluded")], {}),
    ("a MUST left out by --gentle", 0, [verdict("MBOX-3", V.PASS), not_run(MUST, "gentle")], {}),
    ("a MUST that does not apply", 0, [verdict("MBOX-3", V.PASS), verdict(MUST, V.NOT_APPLICABLE)], {}),
    ("a MUST that is not claimed", 0, [verdict("MBOX-3", V.PASS), verdict(MUST, V.NOT_CLAIMED)], {}),
    ("an expected failure", 0, [verdict(MUST, V.FAIL)], EXPECTED),
    ("a failed MUST", 1, [verdict(MUST, V.FAIL), verdict("MBOX-3", V.PASS)], {}),
    ("a failed MUST and our own error", 1, [verdict(MUST, V.FAIL), verdict("MBOX-3", V.HARNESS_ERROR)], {}),
    ("a MUST of which one check failed", 1, [verdict(MUST, V.PASS), verdict(MUST, V.FAIL)], {}),
    ("an inconclusive MUST", 1, [verdict(MUST, V.INCONCLUSIVE), verdict("MBOX-3", V.PASS)], {}),
    ("nothing but an inconclusive MUST", 1, [verdict(MUST, V.INCONCLUSIVE)], {}),
    ("a flaky MUST", 1, [verdict(MUST, V.FLAKY), verdict("MBOX-3", V.PASS)], {}),
    ("a MUST without tokens for it", 1, [verdict("MBOX-3", V.PASS), not_run(MUST, "tokens")], {}),
    ("a MUST that the stop came before", 1, [verdict("MBOX-3", V.PASS), not_run(MUST, "stopped")], {}),
    ("a MUST not run for no stated cause", 1, [verdict("MBOX-3", V.PASS), verdict(MUST, V.NOT_RUN)], {}),
    ("one half late, one stopped", 1,
     [verdict("MBOX-3", V.PASS), not_run(MUST, "time"), not_run(MUST, "stopped")], {}),
    ("an expected failure that passes", 1, [verdict(MUST, V.PASS)], EXPECTED),
    ("nothing run", 2, [not_run(MUST, "stopped"), not_run(SHOULD, "stopped")], {}),
    ("nothing run for want of time", 2, [not_run(MUST, "time")], {}),
    ("nothing claimed", 2, [verdict(MUST, V.NOT_CLAIMED)], {}),
    ("nothing applicable", 2, [verdict(MUST, V.NOT_APPLICABLE)], {}),
    ("our own error", 3, [verdict(MUST, V.HARNESS_ERROR), verdict("MBOX-3", V.PASS)], {}),
    ("our own error at a SHOULD", 3, [verdict(MUST, V.PASS), verdict(SHOULD, V.HARNESS_ERROR)], {}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "records", "target"), [row[1:] for row in EXITS], ids=[r[0] for r in EXITS])
def test_the_exit_code(tmp_path: Path, code: int, records: list[Record], target: Any) -> None:
    assert report(tmp_path, records, target=target).exit_code == code


SCORES = [
    (100.0, [verdict(MUST, V.PASS), verdict(SHOULD, V.PASS)]),
    (71.4, [verdict(MUST, V.PASS), verdict(SHOULD, V.FAIL)]),  # 5 of 7
    (28.6, [verdict(MUST, V.FAIL), verdict(SHOULD, V.PASS)]),  # 2 of 7
    (50.0, [verdict(MUST, V.PASS), verdict("MBOX-3", V.INCONCLUSIVE)]),
    (50.0, [verdict(MUST, V.PASS), verdict("MBOX-3", V.FLAKY)]),
    (50.0, [verdict(MUST, V.PASS), not_run("MBOX-3", "time")]),
    (50.0, [verdict(MUST, V.PASS), verdict("MBOX-3", V.HARNESS_ERROR)]),
    (100.0, [verdict(MUST, V.PASS), verdict("MBOX-3", V.NOT_APPLICABLE)]),
    (100.0, [verdict(MUST, V.PASS), verdict("MBOX-3", V.NOT_CLAIMED)]),
    (100.0, [verdict(MUST, V.PASS), verdict(MAY, V.FAIL)]),  # a MAY is never scored
    (0.0, [verdict(MUST, V.FAIL), verdict(MAY, V.PASS)]),
    (None, [verdict(MAY, V.PASS)]),
    (None, [verdict(MUST, V.NOT_APPLICABLE)]),
]


@pytest.mark.parametrize(("score", "records"), SCORES)
def test_the_score_is_the_weights_passed_of_those_applicable(
    tmp_path: Path, score: float | None, records: list[Record]
) -> None:
    assert report(tmp_path, records).score == score


def test_an_expected_failure_costs_score_and_level_but_not_the_run(tmp_path: Path) -> None:
    found = report(tmp_path, {**all_of(PROFILES), MUST: verdict(MUST, V.FAIL)}.values(), target=EXPECTED)
    assert next(f for f in found.findings if f.requirement.id == MUST).reason == "expected: known"
    assert (found.exit_code, found.levels[0].reached, found.levels[0].missing) == (0, False, (MUST,))
    assert found.score is not None and found.score < 100


def test_server_and_client_have_scores_of_their_own(tmp_path: Path) -> None:
    found = report(tmp_path, [verdict(MUST, V.PASS), verdict("PEER-1", V.FAIL), verdict("PEER-2", V.PASS)])
    assert (found.scores, found.score) == ({"server": 100.0, "client": 50.0}, 100.0)
    assert found.exit_code == 1


def test_a_level_is_shown_where_its_subject_was_asked(tmp_path: Path) -> None:
    server = report(tmp_path / "server", [verdict(MUST, V.PASS)])
    both = report(tmp_path / "both", [verdict(MUST, V.PASS), verdict("PEER-1", V.PASS)])
    assert [level.name for level in server.levels] == ["Core", "Secure", "Connected", "Complete"]
    assert [level.name for level in both.levels] == ["Core", "Secure", "Connected", "Complete", "Client"]


def fit(requirement: str, found: Verdict) -> Record:
    return {**verdict(requirement, found), "as": "fitness"}


@pytest.mark.parametrize(("claimed", "code"), [(PROFILES, 0), ([*PROFILES, "peer"], 1)])
def test_fitness_counts_in_no_score_and_fails_a_run_where_it_is_claimed(
    tmp_path: Path, claimed: list[str], code: int
) -> None:
    records = [verdict(MUST, V.PASS), fit("PEER-1", V.PASS), fit("PEER-3", V.FAIL)]
    found = report(tmp_path, records, target={"profiles": claimed})
    assert (found.scores, found.exit_code) == ({"server": 100.0}, code)
    assert [finding.requirement.id for finding in found.findings] == [MUST]
    assert found.fitness_text == "1 of 2, not PEER-3"
    assert [finding.anchor for finding in found.red] == ["PEER-3-fitness"]


def test_a_requirement_may_be_found_of_the_widget_and_of_our_own_peers(tmp_path: Path) -> None:
    found = report(tmp_path, [verdict("PEER-1", V.PASS), fit("PEER-1", V.FAIL)])
    assert [f.verdict for f in found.findings] == [V.PASS]
    assert [f.verdict for f in found.fitness] == [V.FAIL]


def test_fitness_that_was_intended_and_has_no_verdict_is_a_problem(tmp_path: Path) -> None:
    folder = write(tmp_path, [{**header([MUST]), "fitness": ["PEER-1"]}, verdict(MUST, V.PASS), footer()])
    found = score.evaluate(runlog.read(folder), SPEC)
    assert found.problems == ("PEER-1 was intended, yet has no verdict",)


@pytest.mark.parametrize(
    ("changed", "reached", "provisional", "missing"),
    [
        ({}, True, (), ()),
        ({SHOULD: verdict(SHOULD, V.FAIL)}, True, (), ()),
        ({MUST: verdict(MUST, V.NOT_APPLICABLE)}, True, (), ()),
        ({MUST: not_run(MUST, "time")}, True, (MUST,), ()),
        ({MUST: not_run(MUST, "excluded")}, True, (MUST,), ()),
        ({MUST: not_run(MUST, "gentle")}, False, (), (MUST,)),
        ({MUST: not_run(MUST, "stopped")}, False, (), (MUST,)),
        ({MUST: verdict(MUST, V.FAIL)}, False, (), (MUST,)),
        ({MUST: verdict(MUST, V.INCONCLUSIVE)}, False, (), (MUST,)),
        ({MUST: verdict(MUST, V.FLAKY)}, False, (), (MUST,)),
        ({MUST: verdict(MUST, V.HARNESS_ERROR)}, False, (), (MUST,)),
    ],
)
def test_the_level_core(
    tmp_path: Path, changed: Any, reached: bool, provisional: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    core = report(tmp_path, {**all_of(PROFILES), **changed}.values()).levels[0]
    assert (core.name, core.reached, core.provisional, core.missing) == (
        "Core",
        reached,
        provisional,
        missing,
    )


def test_a_level_needs_its_profiles_to_be_claimed(tmp_path: Path) -> None:
    found = report(tmp_path, all_of(PROFILES).values())
    levels = {level.name: level for level in found.levels}
    assert list(levels) == ["Core", "Secure", "Connected", "Complete"]
    assert [level.reached for level in found.levels] == [True, False, False, False]
    assert levels["Secure"].missing == tuple(
        f"profile {name}: not claimed" for name in ("ratelimit", "csrf", "cors", "encryption", "concurrency")
    )
    assert levels["Secure"].lacks == ("ratelimit, csrf, cors, encryption, concurrency (not claimed)",)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda name: not_run(name, "time"), "decided"),
        (lambda name: verdict(name, V.FAIL if name == SHOULD else V.NOT_APPLICABLE), "passed"),
    ],
)
def test_a_profile_of_which_nothing_passed_reaches_no_level(
    tmp_path: Path, made: Callable[[str], Record], why: str
) -> None:
    changed = {name: made(name) for name in all_of(["core"])}
    core = report(tmp_path, {**all_of(PROFILES), **changed}.values()).levels[0]
    words = f"profile core: nothing of it {'was ' if why == 'decided' else ''}{why}"
    assert (core.reached, core.missing) == (False, (words,))


def test_a_subject_of_which_nothing_was_decided_has_no_score(tmp_path: Path) -> None:
    """PRIV-5 is asked of a widget: without a browser it is not run, and the widget is not bad for that."""
    found = report(tmp_path, [verdict(MUST, V.PASS), not_run("PRIV-5", "tools")])
    assert (found.scores, found.client_score) == ({"server": 100.0, "client": None}, None)


def test_a_delivery_has_a_score_and_a_level_of_its_own(tmp_path: Path) -> None:
    bundles = [verdict(f"CDN-{number}", V.FAIL if number == 9 else V.PASS) for number in range(1, 10)]
    alone = report(tmp_path / "alone", bundles, target={"profiles": ["cdn"]})
    assert (alone.subject, alone.score, alone.delivery_score) == ("delivery", 94.9, None)
    assert (alone.narrowed, alone.scored_of) == (False, "of the claimed profiles: cdn")
    assert [(level.name, level.reached) for level in alone.levels] == [("Delivery", True)]
    both = report(tmp_path / "both", [verdict(MUST, V.PASS), *bundles])
    assert (both.subject, both.score, both.delivery_score) == ("server", 100, 94.9)
    chosen = report(tmp_path / "chosen", bundles, target={"profiles": ["core", "cdn"]})
    assert (chosen.score, chosen.narrowed) == (94.9, True)
    part = report(tmp_path / "part", bundles[:3], target={"profiles": ["cdn"]})
    assert (part.narrowed, part.scored_of) == (True, "of the 3 requirements selected")
    assert not part.levels[0].reached


def test_fitness_tells_what_was_not_run_from_what_did_not_pass(tmp_path: Path) -> None:
    late = {**not_run("PEER-2", "tools"), "as": "fitness"}
    other = fit("PEER-5", V.NOT_APPLICABLE)
    records = [verdict(MUST, V.PASS), fit("PEER-1", V.PASS), late, fit("PEER-3", V.FAIL), other]
    found = report(tmp_path, records)
    assert (found.fitness_count, found.fitness_text) == ("1 of 3", "1 of 3, not PEER-3; not run: PEER-2")


def test_a_narrowed_run_reaches_no_level_and_says_so(tmp_path: Path) -> None:
    found = report(tmp_path, [verdict("MBOX-2", V.PASS), verdict("AUTH-9", V.PASS)])
    assert found.narrowed
    assert found.scored_of == "of the 2 requirements selected"
    assert (found.score, found.exit_code) == (100.0, 0)
    assert found.levels[0].missing == (
        "profile core: only in part selected",
        "profile auth: only in part selected",
        "profile validation: not selected",
    )


def test_a_whole_run_names_the_claims_beside_the_score(tmp_path: Path) -> None:
    found = report(tmp_path, all_of(PROFILES).values())
    assert not found.narrowed
    assert found.scored_of == "of the claimed profiles: core, auth, validation"


def test_what_was_intended_and_has_no_verdict_fails_the_run(tmp_path: Path) -> None:
    write(tmp_path, [header([MUST, "MBOX-3"]), verdict(MUST, V.PASS), footer()])
    found = score.evaluate(runlog.read(tmp_path), SPEC)
    assert found.problems == ("MBOX-3 was intended, yet has no verdict",)
    assert found.exit_code == 1


def test_what_is_red_comes_gravest_first_and_without_any_may(tmp_path: Path) -> None:
    found = report(
        tmp_path,
        [
            verdict(SHOULD, V.FAIL),
            verdict("ROOM-1", V.INCONCLUSIVE),
            verdict(MAY, V.FAIL),
            verdict("ROOM-4", V.HARNESS_ERROR),
            verdict(MUST, V.FAIL),
            verdict("ROOM-5", V.PASS),
        ],
    )
    assert [finding.requirement.id for finding in found.red] == [MUST, SHOULD, "ROOM-4", "ROOM-1"]
    assert next(f.word for f in found.findings if f.requirement.id == MAY) == "not offered"


def test_the_reason_is_that_of_the_check_which_gave_the_verdict(tmp_path: Path) -> None:
    records = [verdict(MUST, V.PASS), verdict(MUST, V.FAIL, reason="twice"), verdict(MUST, V.INCONCLUSIVE)]
    assert report(tmp_path, records).findings[0].reason == "twice"
    records = [verdict(MUST, V.PASS), verdict(MUST, V.INCONCLUSIVE, reason="no room")]
    assert report(tmp_path, records).findings[0].reason == "no room"


def test_the_check_that_failed_as_expected_is_the_worst(tmp_path: Path) -> None:
    records = [verdict(MUST, V.PASS), verdict(MUST, V.FAIL, check="it_fails")]
    (finding,) = report(tmp_path, records, target=EXPECTED).findings
    assert (finding.worst["check"], finding.reason, finding.word) == (
        "it_fails",
        "expected: known",
        "expected-fail",
    )


def test_what_passed_though_it_was_expected_to_fail_has_its_own_reason(tmp_path: Path) -> None:
    (finding,) = report(tmp_path, [verdict(MUST, V.PASS, note="it did")], target=EXPECTED).findings
    assert finding.reason == ""


def test_what_a_level_lacks_names_ids_first_and_draws_profiles_together(tmp_path: Path) -> None:
    lost = {MUST: verdict(MUST, V.FAIL), "MBOX-3": verdict("MBOX-3", V.FLAKY)}
    secure = report(tmp_path, {**all_of(PROFILES), **lost}.values()).levels[1]
    assert secure.lacks == (
        MUST,
        "MBOX-3",
        "ratelimit, csrf, cors, encryption, concurrency (not claimed)",
    )


def test_one_requirement_is_one(tmp_path: Path) -> None:
    assert report(tmp_path, [verdict(MUST, V.PASS)]).scored_of == "of the 1 requirement selected"


def test_only_a_may_that_failed_is_not_offered(tmp_path: Path) -> None:
    records = [verdict(MAY, V.INCONCLUSIVE), verdict(SHOULD, V.FAIL), verdict("MBOX-3", V.FAIL)]
    assert [finding.word for finding in report(tmp_path, records).findings] == [
        "inconclusive",
        "fail",
        "fail",
    ]


def test_a_verdict_that_none_of_the_checks_has_shows_the_first(tmp_path: Path) -> None:
    """Another program may have made the report; it is shown nevertheless."""
    (finding,) = report(tmp_path, [verdict(MUST, V.PASS, check="first")]).findings
    assert replace(finding, verdict=V.FAIL).worst["check"] == "first"


def test_why_its_undecided_checks_were_not_run(tmp_path: Path) -> None:
    records = [not_run(MUST, "time"), verdict(MUST, V.NOT_RUN), verdict(MUST, V.PASS, cause="tokens")]
    assert report(tmp_path, records).findings[0].causes == {"time", "stopped"}


def test_a_verdict_that_was_not_intended_is_a_finding_too(tmp_path: Path) -> None:
    write(tmp_path, [header([MUST]), verdict(MUST, V.PASS), verdict("MBOX-3", V.FAIL), footer(seconds=7.5)])
    log = runlog.read(tmp_path)
    found = score.evaluate(log, SPEC)
    assert [finding.requirement.id for finding in found.findings] == [MUST, "MBOX-3"]
    assert (found.exit_code, found.footer["seconds"], found.log) == (1, 7.5, log)


def test_a_target_need_not_expect_failures(tmp_path: Path) -> None:
    plain = header([MUST])
    del plain["target"]["expected_failures"]
    write(tmp_path, [plain, verdict(MUST, V.PASS), footer()])
    assert score.evaluate(runlog.read(tmp_path), SPEC).exit_code == 0


def test_the_verdicts_of_each_profile_are_counted(tmp_path: Path) -> None:
    records = [verdict(name, V.PASS) for name in (MUST, "MBOX-3", "AUTH-9")]
    records += [verdict("ROOM-4", V.FAIL), verdict(SHOULD, V.PASS)]
    assert report(tmp_path, records).profiles == {
        "core": {"MUST": {"pass": 2, "fail": 1}, "SHOULD": {"pass": 1}},
        "auth": {SPEC.requirement("AUTH-9").level: {"pass": 1}},
    }


def test_only_musts_that_were_not_asked_keep_a_level_from_being_reached(tmp_path: Path) -> None:
    whole = all_of(PROFILES)
    del whole[SHOULD]
    assert report(tmp_path, whole.values()).levels[0].missing == ()
    del whole["VAL-1"]
    assert report(tmp_path, whole.values()).levels[0].missing == (
        "profile validation: only in part selected",
    )


@pytest.mark.parametrize(
    ("causes", "provisional", "code"),
    [
        (["time", "excluded"], (MUST,), 0),
        (["time", "excluded", "gentle"], (), 0),
        (["time", "stopped"], (), 1),
    ],
)
def test_several_causes_together(
    causes: list[str], provisional: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    others = [record for name, record in all_of(PROFILES).items() if name != MUST]
    found = report(tmp_path, [*others, *(not_run(MUST, cause) for cause in causes)])
    assert (found.levels[0].provisional, found.exit_code) == (provisional, code)


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([verdict(MUST, V.PASS)], "100"),
        ([verdict(MUST, V.PASS), verdict(SHOULD, V.FAIL)], "71.4"),
        ([verdict(MAY, V.PASS)], "nothing was applicable"),
        ([not_run(MUST, "time")], "nothing was decided"),
    ],
)
def test_the_score_in_words(tmp_path: Path, records: list[Record], words: str) -> None:
    assert report(tmp_path, records).score_text == words


def test_what_proves_a_check_is_counted(tmp_path: Path) -> None:
    head = {**header([MUST]), "proofs": {MUST: 1, "MBOX-3": 2, "MBOX-4": 0}}
    write(tmp_path, [head, verdict(MUST, V.PASS), footer()])
    found = score.evaluate(runlog.read(tmp_path), SPEC)
    words = [found.proven_by(name) for name in (MUST, "MBOX-3", "MBOX-4", "MBOX-5")]
    assert words == ["; proven by 1 mutant", "; proven by 2 mutants", "", ""]
    assert report(tmp_path, [verdict(MUST, V.PASS)]).proven_by(MUST) == ""


def test_findings_of_some_verdicts(tmp_path: Path) -> None:
    found = report(tmp_path, [verdict(MUST, V.PASS), verdict(SHOULD, V.FAIL), verdict(MAY, V.INCONCLUSIVE)])
    assert [finding.requirement.id for finding in found.of(V.FAIL, V.INCONCLUSIVE)] == [SHOULD, MAY]


def test_beside_a_server_some_requirements_of_a_widget_give_no_score(tmp_path: Path) -> None:
    claims = [*PROFILES, "peer", "widget"]
    clients = [r.id for r in SPEC.of_profiles(["peer", "widget"])]
    server, some = all_of(PROFILES).values(), [verdict(clients[0], Verdict.PASS)]
    found = report(tmp_path, [*server, *some], target={"profiles": claims})
    assert (found.score, found.client_score) == (100, None)
    whole = [verdict(name, Verdict.PASS) for name in clients]
    assert report(tmp_path, [*server, *whole], target={"profiles": claims}).client_score == 100
    alone = report(tmp_path, some, target={"profiles": claims})
    assert (alone.score, alone.narrowed) == (100, True)
