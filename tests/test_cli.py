"""The command line: what each command prints and which code it ends with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from report_kit import a_failure, footer, header, verdict, write

from parley import __main__ as entrance
from parley import cli, scaffold
from protocol.spec import SPEC_DIR, load
from protocol.target import SECRET_VARIABLE
from reports.verdicts import Verdict
from suite.server_process import EmbeddedServer

COMMANDS = ("score", "report", "serve", "lint", "target", "new")
SECRET = "a secret of the tests, long enough for HS256"
NOBODY = "http://127.0.0.1:1"
SPEC = load()


def run(*arguments: str) -> int:
    """The exit code; argparse leaves by SystemExit."""
    try:
        return cli.main(list(arguments))
    except SystemExit as left:
        return int(left.code or 0)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    shown = capsys.readouterr().out
    assert all(f"\n    {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize("command", [*COMMANDS, "target init", "target check", "new check"])
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*command.split(), "--help") == 0
    assert f"usage: parley {command}" in capsys.readouterr().out


def test_the_help_of_score_says_what_the_exit_codes_mean(capsys: pytest.CaptureFixture[str]) -> None:
    run("score", "--help")
    shown = " ".join(capsys.readouterr().out.split())
    assert "Exit codes: 0 every applicable claimed MUST passed, 1 one did not, 2 nothing was decided" in shown


def test_python_m_parley_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "parley", "--version"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith("parley ")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["scoer"], "invalid choice: 'scoer'"),
        (["score", "--colour"], "unrecognized arguments: --colour"),
        (["score", "--seed", "x"], "argument --seed: invalid int value: 'x'"),
        (["target"], "the following arguments are required: ACTION"),
        (["new"], "the following arguments are required: KIND"),
        (["report"], "the following arguments are required: RUN"),
    ],
)
def test_wrong_usage_is_said_by_the_parser(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--requirement", "MBOX-22"], "--requirement MBOX-22: no such requirement; did you mean MBOX-2"),
        (["--profile", "encription"], "--profile encription: no such profile; did you mean encryption"),
        (["--max-wait", "-1"], "--max-wait: expected 0 or more seconds, got -1"),
        (["--concurrency", "0"], "--concurrency: expected 1 or more, got 0"),
        (["--deadline", "0"], "--deadline: expected more than 0 seconds, got 0"),
        (["--mutant", "a", "--target", NOBODY], "--mutant: of the reference server only; leave out --target"),
        (["--start"], "--start: needs --target-file with a [start] command"),
        (["--target", "example"], "target URL: expected an http or https URL such as"),
        (["--target", NOBODY], f"{NOBODY}: {SECRET_VARIABLE} is not set; put the secret"),
        (["--target-file", "nowhere.toml"], "nowhere.toml: "),
        (["--spec", "nowhere"], "nowhere"),
    ],
)
def test_a_run_that_cannot_start_says_why_in_one_line_and_ends_with_2(
    arguments: list[str],
    complaint: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert run("score", *arguments, "--run-dir", str(tmp_path / "run")) == 2
    said = capsys.readouterr()
    assert said.err.startswith("parley: ")
    assert complaint in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_a_target_that_is_down_decides_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, SECRET)
    assert run("score", "--target", NOBODY, "--run-dir", str(tmp_path)) == 2
    shown = capsys.readouterr().out
    assert "The run was stopped: http://127.0.0.1:1 gives no HTTP answer" in shown
    assert "nothing was decided" in shown
    assert shown.rstrip().endswith(f"Report     {tmp_path / 'index.html'}")
    assert {path.name for path in tmp_path.iterdir()} == {
        "run.jsonl",
        "result.json",
        "junit.xml",
        "index.html",
        "requirements.html",
        "made.html",
        ".pages",
    }


def test_without_a_run_dir_a_run_lands_in_a_folder_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, SECRET)
    monkeypatch.chdir(tmp_path)
    assert [run("score", "--target", NOBODY) for _ in range(2)] == [2, 2]
    folders = sorted((tmp_path / "runs").iterdir())
    assert len(folders) == 2
    assert all((folder / "result.json").is_file() for folder in folders)


def test_the_embedded_server_is_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("score", "--requirement", "MBOX-2", "--seed", "5", "--run-dir", str(tmp_path)) == 0
    shown = capsys.readouterr().out
    assert "seed 5" in shown
    assert "of the 1 requirement selected" in shown
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert (result["requirements"]["MBOX-2"]["verdict"], result["exit_code"]) == ("pass", 0)


# --- report -------------------------------------------------------------------------------------------------


def test_report_shows_a_run_again_and_ends_with_its_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "red", [header(["MBOX-2"]), *a_failure(), footer()])
    write(tmp_path / "green", [header(["MBOX-2"]), verdict("MBOX-2", Verdict.PASS), footer()])
    assert run("report", str(tmp_path / "green")) == 0
    assert run("report", str(tmp_path / "red")) == 1
    assert "wanted  getOffer: 404" in capsys.readouterr().out


def test_a_terminal_that_knows_few_characters_is_no_obstacle(tmp_path: Path) -> None:
    write(tmp_path, [header(["MBOX-2"]), *a_failure(), footer()])
    done = subprocess.run(
        [sys.executable, "-m", "parley", "report", str(tmp_path)],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="ascii",
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "bob GET /signaling/offer/room_1 \\u2192 200" in done.stdout


@pytest.mark.parametrize("cut", [True, False])
def test_report_refuses_what_is_no_whole_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cut: bool
) -> None:
    if cut:
        write(tmp_path, [header(["MBOX-2"]), *a_failure()])
    assert run("report", str(tmp_path)) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"parley: {tmp_path / 'run.jsonl'}: ")
    assert ("cut off" if cut else "not found") in said.err
    assert said.out == ""


# --- lint ---------------------------------------------------------------------------------------------------


def test_lint_accepts_the_spec(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("lint") == 0
    assert "does not contradict itself" in capsys.readouterr().out


def test_lint_names_a_contradiction_and_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path(shutil.copytree(SPEC_DIR, tmp_path / "spec"))
    policy = copy / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(text.replace("heartbeat_interval: 45", "heartbeat_interval: 30"), encoding="utf-8")
    assert run("lint", "--spec", str(copy)) == 1
    shown = capsys.readouterr().out
    assert "policy.yaml" in shown
    assert "heartbeat" in shown


# --- target -------------------------------------------------------------------------------------------------


def test_target_init_writes_a_file_and_never_replaces_one_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "target.toml"
    assert run("target", "init", str(file)) == 0
    assert f"parley target check --target-file {file}" in capsys.readouterr().out
    file.write_text("mine", encoding="utf-8")
    assert run("target", "init", str(file)) == 2
    assert file.read_text(encoding="utf-8") == "mine"
    assert "--force replaces it" in capsys.readouterr().err
    assert run("target", "init", str(file), "--force") == 0
    assert "base_url" in file.read_text(encoding="utf-8")
    assert run("target", "init", str(tmp_path / "nowhere" / "target.toml")) == 2
    assert "No such file or directory" in capsys.readouterr().err


def _target_file(folder: Path, url: str, secret: str = SECRET) -> Path:
    file = folder / "target.toml"
    file.write_text(f'base_url = "{url}"\n[tokens]\nsecret = "{secret}"\n', encoding="utf-8")
    return file


def test_target_check_says_whether_a_target_can_be_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = {"auth": {"hs256_secret": SECRET}, "encryption": {"enabled": True}}
    with EmbeddedServer(config) as server:
        file = _target_file(tmp_path, server.url)
        assert run("target", "check", "--target-file", str(file)) == 0
        shown = capsys.readouterr().out
        assert f"ok   {server.url} answers" in shown
        assert "ok   a bearer token is accepted" in shown
        assert "ok   a cookie token is accepted" in shown
        assert "no   codes of the one-time login cannot be read: add otp.command" in shown
        assert shown.endswith("It can be scored.\n")

        _target_file(tmp_path, server.url, "another secret that the server does not know")
        assert run("target", "check", "--target-file", str(file)) == 1
        shown = capsys.readouterr().out
        assert "no   a bearer token is not accepted: listRooms gave 401" in shown
        assert shown.endswith("It cannot be scored like this.\n")


def test_target_check_of_a_target_that_is_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("target", "check", "--target-file", str(_target_file(tmp_path, NOBODY))) == 1
    assert f"no   {NOBODY} gives no HTTP answer" in capsys.readouterr().out


# --- new check ----------------------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "conformance" / "checks").mkdir(parents=True)
    return tmp_path


def test_new_check_starts_a_module_and_adds_to_one(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("new", "check", "MBOX-2", "--root", str(checkout)) == 0
    module = checkout / "conformance" / "checks" / "mailbox.py"
    assert str(module) in capsys.readouterr().out
    first = module.read_text(encoding="utf-8")
    assert run("new", "check", "MBOX-3", "--root", str(checkout)) == 0
    text = module.read_text(encoding="utf-8")
    assert text.startswith(first)
    assert [line for line in text.splitlines() if line.startswith("@check")] == [
        '@check("MBOX-2")',
        '@check("MBOX-3")',
    ]
    compile(text, str(module), "exec")
    with pytest.raises(scaffold.ScaffoldError, match="has a check called"):
        scaffold.new_check("MBOX-3", checkout)


def test_new_check_refuses_what_has_no_place(
    checkout: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    later = replace(SPEC.requirement("MBOX-1"), checked=None, excluded="Later.")
    partly = replace(SPEC, requirements={**SPEC.requirements, later.id: later})
    monkeypatch.setattr(scaffold, "load", lambda: partly)
    for name, complaint in (
        ("MBOX-99", "MBOX-99: no such requirement in the spec; add it there first"),
        ("MBOX-1", "MBOX-1: excluded in requirements.yaml (Later.)"),
    ):
        assert run("new", "check", name, "--root", str(checkout)) == 2
        assert complaint in capsys.readouterr().err
    assert list((checkout / "conformance" / "checks").iterdir()) == []


def test_new_check_wants_a_checkout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("new", "check", "MBOX-2", "--root", str(tmp_path)) == 2
    assert "run it in a checkout, or say --root" in capsys.readouterr().err


# --- serve --------------------------------------------------------------------------------------------------


def test_serve_hands_over_to_the_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "server.toml"
    config.write_text("[auth]\ncolour = 1\n", encoding="utf-8")
    assert run("serve", "--config", str(config)) == 2
    assert "auth.colour: unknown" in capsys.readouterr().err


def test_ctrl_c_before_anything_began_is_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "main", interrupted)
    assert entrance.main() == 2
    assert capsys.readouterr().err == "parley: interrupted before there was anything to tell\n"
