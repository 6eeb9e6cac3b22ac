"""Bundles: what is packed, what is verified, and what the commands say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema_rs
import pytest
from bundle_kit import (
    LOG,
    MANIFEST,
    RESULT,
    SPEC,
    another_status,
    edited,
    files_of,
    in_manifest,
    painted,
    records_of,
    scored,
    verified,
)
from report_kit import a_failure, report

from parley import cli
from reports import writers
from reports.bundle import BundleError, pack
from reports.bundle.verify import ANOTHER_SPEC
from suite.server_process import EmbeddedServer

SECRET = "a secret of the tests, long enough for HS256"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scored(tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="module")
def bundle(run: Path) -> Path:
    return pack.pack(run, SPEC, run / "good.parley.zip").file


@pytest.fixture(scope="module")
def other_spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The spec with another budget."""
    other = Path(shutil.copytree(SPEC.source, tmp_path_factory.mktemp("other") / "spec"))
    policy = other / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(text.replace("createRoom: { limit: 5", "createRoom: { limit: 6"), encoding="utf-8")
    return other


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory, other_spec: Path) -> Path:
    """The bundle of a run in which a budget was not the spec's."""
    folder = tmp_path_factory.mktemp("bad")
    with EmbeddedServer({"auth": {"hs256_secret": SECRET}}, spec_dir=other_spec) as server:
        file = folder / "target.toml"
        file.write_text(f'base_url = "{server.url}"\n[tokens]\nsecret = "{SECRET}"\n', encoding="utf-8")
        options = ["--requirement", "RATE-1", "--target-file", str(file)]
        assert scored(folder / "run", *options)
    return pack.pack(folder / "run", SPEC, folder / "bad.parley.zip").file


# -- what is packed


def test_the_same_run_gives_the_same_bytes(run: Path, bundle: Path, tmp_path: Path) -> None:
    again = pack.pack(run, SPEC, tmp_path / "again.zip")
    assert again.file.read_bytes() == bundle.read_bytes()
    assert again.absent == ()


def test_a_bundle_has_the_log_the_result_and_the_spec(bundle: Path) -> None:
    spec = {f"spec/{p.relative_to(SPEC.source).as_posix()}" for p in SPEC.source.rglob("*") if p.is_file()}
    assert files_of(bundle).keys() == {MANIFEST, LOG, RESULT} | spec


def test_the_manifest_is_valid_for_its_schema(bundle: Path, failing: Path) -> None:
    schema = json.loads(
        (Path(writers.__file__).parent / "schemas/bundle.schema.json").read_text(encoding="utf-8")
    )
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    for file in (bundle, failing):
        assert [error.message for error in validator.iter_errors(json.loads(files_of(file)[MANIFEST]))] == []


def with_artifact(folder: Path, name: str) -> None:
    *before, failed = a_failure()
    report(folder, [*before, {**failed, "artifacts": [name]}])


def test_what_a_verdict_names_is_packed(tmp_path: Path) -> None:
    with_artifact(tmp_path, "e2e-1/trace.zip")
    packed = pack.pack(tmp_path, SPEC, tmp_path / "a.zip")
    assert packed.absent == ("e2e-1/trace.zip",)
    (tmp_path / "e2e-1").mkdir()
    (tmp_path / "e2e-1" / "trace.zip").write_bytes(b"a trace")
    (tmp_path / "e2e-1" / "other").write_bytes(b"not named")
    packed = pack.pack(tmp_path, SPEC, tmp_path / "b.zip")
    assert packed.absent == ()
    assert files_of(packed.file)["run/e2e-1/trace.zip"] == b"a trace"
    assert "run/e2e-1/other" not in files_of(packed.file)


def test_nothing_outside_of_the_run_is_packed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret", encoding="utf-8")
    for number, name in enumerate(["../secret", str(secret), "e2e/link", "linked/secret", "a\nb", "C:\\x"]):
        folder = tmp_path / str(number)
        with_artifact(folder, name)
        (folder / "e2e").mkdir()
        (folder / "e2e" / "link").symlink_to(secret)
        (folder / "linked").symlink_to(tmp_path)
        (folder / "a\nb").write_text("odd", encoding="utf-8")
        (folder / "C:\\x").write_text("odd", encoding="utf-8")
        with pytest.raises(BundleError, match=r"no name that a bundle may have|not a link"):
            pack.pack(folder, SPEC, tmp_path / "never.zip")
    assert not (tmp_path / "never.zip").exists()


def test_a_log_that_is_a_link_is_not_packed(run: Path, tmp_path: Path) -> None:
    (tmp_path / "run.jsonl").symlink_to(run / "run.jsonl")
    with pytest.raises(BundleError, match="not a link"):
        pack.pack(tmp_path, SPEC, tmp_path / "never.zip")


# -- what is verified


def test_a_bundle_is_verified(bundle: Path) -> None:
    found = verified(bundle)
    assert found.problems == ()
    assert found.shipped
    assert found.report is not None and found.borne_out is not None
    assert found.report.exit_code == 0
    assert found.borne_out.compared > 50
    assert set(found.borne_out.observers) == set()


def test_a_bundle_of_a_failing_run_is_verified(failing: Path) -> None:
    found = verified(failing)
    assert found.problems == ()
    assert found.report is not None
    assert [finding.requirement.id for finding in found.report.red] == ["RATE-1"]


def test_a_run_by_another_spec_is_judged_by_its_own(
    other_spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = scored(tmp_path / "run", "--spec", str(other_spec), "--requirement", "RATE-1")
    with pytest.raises(BundleError, match=r"judged by spec .*--spec"):
        pack.pack(folder, SPEC, tmp_path / "never.zip")
    assert cli.main(["bundle", str(folder), "--spec", str(other_spec), "-o", str(tmp_path / "a.zip")]) == 0
    found = verified(tmp_path / "a.zip")
    assert (found.problems, found.shipped) == ((ANOTHER_SPEC,), False)
    assert found.report is not None and found.report.exit_code == 0
    file, out = str(tmp_path / "a.zip"), str(tmp_path / "c.yaml")
    capsys.readouterr()
    assert cli.main(["verify", file]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "judged by another spec than this Parley ships; --any-spec accepts it" in said
    assert f"Parley {found.report.header['suite']['version']} made the run" in said
    assert cli.main(["verify", file, "--any-spec"]) == 0
    claim = ["claim", file, "--name", "x", "--version", "1", "-o", out]
    assert cli.main(claim) == 2 and not Path(out).exists()
    assert "--any-spec accepts it" in capsys.readouterr().err
    assert cli.main([*claim, "--any-spec"]) == 0
    assert (
        cli.main(["verify", out, "--bundle", file]),
        cli.main(["verify", out, "--bundle", file, "--any-spec"]),
    ) == (1, 0)


@pytest.mark.parametrize("verdict", ["pass", "not-run", "inconclusive", "not-applicable", "not-claimed"])
def test_a_fail_painted_otherwise_is_found(verdict: str, failing: Path, tmp_path: Path) -> None:
    found = verified(edited(failing, tmp_path / "e.zip", *painted("RATE-1", verdict)))
    assert any("RATE-1" in problem for problem in found.problems)


# -- the commands


def told(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    assert cli.main([*arguments]) == code
    caught = capsys.readouterr()
    assert "Traceback" not in caught.err
    return " ".join((caught.out + caught.err).split())


def test_the_commands_say_what_came_of_it(
    run: Path,
    bundle: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = told(capsys, 0, "bundle", str(run))
    (made,) = tmp_path.glob("reference-server-*.parley.zip")
    assert shown.startswith(f"Wrote {made.name}")
    shown = told(capsys, 0, "verify", made.name)
    assert "Verified: all is as it says." in shown
    assert "Not shown by this: that the target gave these answers." in shown
    assert "the one that this Parley ships" in shown
    bad = edited(bundle, tmp_path / "bad.zip", in_manifest(lambda m: m.update({"score": 1})))
    assert "Not as it says: manifest.json: score is 1; expected 100" in told(capsys, 1, "verify", str(bad))
    (tmp_path / "text").write_text("hello: [", encoding="utf-8")
    assert "neither a bundle nor a claim" in told(capsys, 2, "verify", "text")
    assert "expected a bundle or a claim" in told(capsys, 2, "verify", "nothing")
    assert "not found" in told(capsys, 2, "bundle", "nothing")


def test_rejudging_holds_the_transcript_against_the_log_too(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = list(records_of({LOG: (run / "run.jsonl").read_bytes()}))
    another_status(records)
    text = "".join(json.dumps(record) + "\n" for record in records)
    (tmp_path / "run.jsonl").write_text(text, encoding="utf-8")
    assert "which has 418" in told(capsys, 1, "rejudge", str(tmp_path))
    assert told(capsys, 0, "rejudge", str(run))
