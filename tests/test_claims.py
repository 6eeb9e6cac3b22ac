"""Claims: made from a bundle, held against one; weaker ones pass, stronger ones fail by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from bundle_kit import SPEC, edited, in_manifest, scored, verified
from report_kit import PROFILES, all_of, footer, header, verdict, write

from parley import cli
from reports.bundle import BundleError, claim, pack
from reports.bundle.verify import Verified
from reports.runlog import Record, read
from reports.score import evaluate
from reports.verdicts import Verdict

V = Verdict
ABOUT = claim.About("Chatterbox", "2.1", "https://chatter.example", "MIT", "https://chatter.example/b.zip")


def found(folder: Path, *others: Record, **target: Any) -> Verified:
    """As a verified bundle of a run in which all of the profiles passed but these. It has no evidence:
    that is what verifying holds against it, and nothing else.
    """
    verdicts = {**all_of(PROFILES), **{record["requirement"]: record for record in others}}
    write(folder, [header(verdicts, **target), *verdicts.values(), footer()])
    bundle = pack.pack(folder, SPEC, folder / "b.zip").file
    problems = verified(bundle).problems
    assert all("it judged nothing" in problem or "no expectation" in problem for problem in problems)
    whole = verified(bundle)
    assert whole.rejudged is not None
    return Verified(whole.manifest, whole.files, (), True, whole.rejudged, whole.borne_out)


def made(folder: Path, *others: Record, **target: Any) -> tuple[dict[str, Any], Path, Verified]:
    one = found(folder, *others, **target)
    file = folder / claim.FILE
    file.write_text(claim.make(one, folder / "b.zip", ABOUT), encoding="utf-8")
    return claim.read(file), folder / "b.zip", one


def test_a_claim_says_what_the_bundle_bears_out(tmp_path: Path) -> None:
    failing = verdict("ROOM-6", V.FAIL, reason="it goes\x1b[31m red")  # a SHOULD
    said, bundle, one = made(tmp_path, failing, verdict("AUTH-2", V.NOT_RUN, cause="time"))
    assert said["implementation"] == {
        "name": "Chatterbox",
        "version": "2.1",
        "url": "https://chatter.example",
        "licence": "MIT",
    }
    assert said["claims"]["profiles"] == ["core", "validation"]
    assert (said["claims"]["levels"], said["claims"]["provisional_levels"]) == ([], ["Core"])
    assert one.report is not None
    assert said["claims"]["scores"] == {"server": one.report.score}
    assert said["known_failures"] == {"ROOM-6": "fail: it goes\\u001b[31m red"}
    assert said["date"] == "2026-01-02"
    assert said["bundle"] == {"url": ABOUT.bundle_url, "sha256": claim.digest(bundle)}
    assert list(claim.held(said, bundle, one)) == []


def test_a_level_that_is_whole_is_claimed(tmp_path: Path) -> None:
    said, _, _ = made(tmp_path)
    assert (said["claims"]["levels"], said["claims"]["provisional_levels"]) == (["Core"], [])
    assert said["claims"]["profiles"] == PROFILES


CHANGES: list[tuple[str, Callable[[dict[str, Any]], object], list[str]]] = [
    ("less: no level", lambda c: c["claims"].update({"levels": [], "provisional_levels": []}), []),
    ("less: a lower score", lambda c: c["claims"].update({"scores": {"server": 12}}), []),
    ("less: one profile", lambda c: c["claims"].update({"profiles": ["core"]}), []),
    (
        "less: the level as provisional",
        lambda c: c["claims"].update({"levels": [], "provisional_levels": ["Core"]}),
        [],
    ),
    ("less: another failure", lambda c: c["known_failures"].update({"ROOM-1": "it may"}), []),
    ("in its own words", lambda c: c["known_failures"].update({"ROOM-6": "we know"}), []),
    (
        "more: a level",
        lambda c: c["claims"].update({"levels": ["Secure"]}),
        ["claims.levels: Secure: not reached: "],
    ),
    (
        "more: an unknown level",
        lambda c: c["claims"].update({"levels": ["Best"]}),
        ["claims.levels: Best: not reached: nothing"],
    ),
    (
        "more: a score",
        lambda c: c["claims"]["scores"].update({"server": 100}),
        ["claims.scores.server: 100; the bundle has 9"],
    ),
    (
        "more: another's score",
        lambda c: c["claims"]["scores"].update({"client": 1}),
        ["claims.scores.client: 1; the bundle has none"],
    ),
    (
        "more: a profile",
        lambda c: c["claims"].update({"profiles": ["cors"]}),
        ["claims.profiles: cors: not every"],
    ),
    (
        "a failure hidden",
        lambda c: c.pop("known_failures"),
        ["known_failures.ROOM-6: missing: fail: because"],
    ),
    ("another spec", lambda c: c["spec"].update({"hash": "0" * 64}), ["spec is "]),
    ("another target", lambda c: c.update({"target": "mine"}), ["target is mine; expected a server"]),
    ("another suite", lambda c: c.update({"suite": "1"}), ["suite is 1; expected 9.9.9"]),
    ("another day", lambda c: c.update({"date": "2030-01-01"}), ["date is 2030-01-01; expected 2026-01-02"]),
    ("another bundle", lambda c: c["bundle"].update({"sha256": "0" * 64}), ["bundle.sha256 is 000"]),
]


@pytest.mark.parametrize(("change", "words"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_less_may_be_claimed_and_never_more(
    change: Callable[[dict[str, Any]], object], words: list[str], tmp_path: Path
) -> None:
    said, bundle, one = made(tmp_path, verdict("ROOM-6", V.FAIL))
    change(said)
    problems = list(claim.held(said, bundle, one))
    assert len(problems) == len(words)
    assert all(problem.startswith(word) for problem, word in zip(problems, words, strict=True))


def test_a_level_with_musts_left_out_is_claimed_as_provisional_only(tmp_path: Path) -> None:
    said, bundle, one = made(tmp_path, verdict("AUTH-2", V.NOT_RUN, cause="time"))
    said["claims"]["levels"] = ["Core"]
    assert list(claim.held(said, bundle, one)) == ["claims.levels: Core: only provisionally: not run: AUTH-2"]


def test_a_score_of_a_part_is_not_claimed(tmp_path: Path) -> None:
    write(tmp_path, [header(["ROOM-4"]), verdict("ROOM-4", V.PASS), footer()])
    assert evaluate(read(tmp_path), SPEC).narrowed
    bundle = pack.pack(tmp_path, SPEC, tmp_path / "b.zip").file
    whole = verified(bundle)
    one = Verified(whole.manifest, whole.files, (), True, whole.rejudged, whole.borne_out)
    said = yaml.safe_load(claim.make(one, bundle, ABOUT))
    assert said["claims"] == {"profiles": [], "levels": [], "provisional_levels": [], "scores": {}}
    said["claims"]["scores"] = {"server": 100}
    assert list(claim.held(said, bundle, one)) == [
        "claims.scores.server: the run was narrowed, so it is no score of the claimed profiles"
    ]


def test_nothing_is_claimed_by_a_bundle_that_is_not_verified(tmp_path: Path) -> None:
    found(tmp_path)
    bad = edited(tmp_path / "b.zip", tmp_path / "bad.zip", in_manifest(lambda m: m.update({"score": 1})))
    with pytest.raises(BundleError, match="not verified"):
        claim.make(verified(bad), bad, ABOUT)


def test_an_address_is_one(tmp_path: Path) -> None:
    one = found(tmp_path)
    with pytest.raises(BundleError, match=r"the claim would be wrong: implementation\.url"):
        claim.make(one, tmp_path / "b.zip", claim.About("x", "1", "javascript:alert(1)"))


NO_CLAIMS = [
    ("hello: [", "neither a bundle nor a claim"),
    ("hello: world", "is a required property|Additional properties"),
    ("- 1", 'is not of type "object"'),
    ("? [1, 2]\n: x", "neither|expected"),
    ("", 'null is not of type "object"'),
    ("a: &a [*a]", "expected what JSON can say|required|Additional|Circular|neither"),
    ("x: " + "[" * 5000, "neither|expected"),
]


@pytest.mark.parametrize(("text", "words"), NO_CLAIMS)
def test_what_is_no_claim_is_said_in_one_line(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BundleError, match=words) as caught:
        claim.read(tmp_path / "c.yaml")
    assert "\n" not in str(caught.value)


def test_a_date_without_quotes_is_a_date(tmp_path: Path) -> None:
    made(tmp_path)
    file = tmp_path / claim.FILE
    file.write_text(file.read_text(encoding="utf-8").replace("'2026-01-02'", "2026-01-02"), encoding="utf-8")
    assert claim.read(file)["date"] == "2026-01-02"


def test_the_commands_make_and_verify_a_claim(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle, file = str(tmp_path / "b.zip"), str(tmp_path / "c.yaml")
    assert cli.main(["bundle", str(scored(tmp_path / "run")), "-o", bundle]) == 0
    assert cli.main(["claim", bundle, "--name", "Chatterbox", "--version", "2.1", "-o", file]) == 0
    assert cli.main(["verify", file, "--bundle", bundle]) == 0
    assert "verified a claim: reference server" in capsys.readouterr().out
    assert cli.main(["verify", file]) == 2
    assert "give its bundle by --bundle FILE; get it from its author" in capsys.readouterr().err
    said = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    said["claims"]["levels"] = ["Core"]
    Path(file).write_text(yaml.safe_dump(said), encoding="utf-8")
    assert cli.main(["verify", file, "--bundle", bundle]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "Not as it says: c.yaml: claims.levels: Core: not reached" in shown


def test_a_claim_that_is_not_there_or_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="not found; expected a bundle or a claim"):
        claim.read(tmp_path / "nothing.yaml")
    (tmp_path / "c.yaml").write_bytes(b"#" * (claim.MOST_BYTES + 1))
    with pytest.raises(BundleError, match=r"over \d+ bytes: no claim"):
        claim.read(tmp_path / "c.yaml")
