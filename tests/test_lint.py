"""Lint against contradictory specs: one edit of a copy of the spec a case, and exactly its findings."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from lint_cases import AT_THE_EDGE, CONTRADICTIONS, OPENAPI, POLICY, REMOVED, REQUIREMENTS, Edit, Wanted

from protocol import findings, lint, spec


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(spec.SPEC_DIR, tmp_path / "spec"))


def apply(folder: Path, file: str, keys: str, value: Any) -> None:
    """Sets (or removes) what stands at the keys; a list's item is named by itself, its id, name or place."""
    document = yaml.load((folder / file).read_text(encoding="utf-8"), Loader=spec.SafeLoader)  # noqa: S506
    *way, last = keys.split()
    node = document
    for key in way:
        node = node[_place(node, key)]
    if last == "+":
        node.append(value)
    elif value is REMOVED:
        del node[_place(node, last)]
    else:
        node[_place(node, last)] = value
    # JSON is YAML, and written many times faster.
    (folder / file).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def _place(node: Any, key: str) -> Any:
    if not isinstance(node, list):
        return key
    if key.isdigit():
        return int(key)
    names = [{item.get("id"), item.get("name")} if isinstance(item, dict) else {item} for item in node]
    return next(index for index, name in enumerate(names) if key in name)


def found(folder: Path, known: dict[str, list[str]] | None = None) -> list[findings.Finding]:
    return lint.lint(folder, known)


def assert_exactly(got: list[findings.Finding], wanted: list[Wanted]) -> None:
    assert [(f.file, f.key) for f in got] == [(file, key) for file, key, _ in wanted], "\n".join(
        map(str, got)
    )
    for finding, (_, _, words) in zip(got, wanted, strict=True):
        assert words in finding.sentence


def test_the_spec_does_not_contradict_itself() -> None:
    assert lint.lint(spec.SPEC_DIR) == []


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_contradiction_is_found_and_nothing_else(case: str, copy: Path) -> None:
    edits, wanted = CONTRADICTIONS[case]
    for edit in edits:
        apply(copy, *edit)
    assert_exactly(found(copy), wanted)


@pytest.mark.parametrize("edit", AT_THE_EDGE, ids=lambda edit: f"{edit[1]} {edit[2]}")
def test_what_just_fits_is_no_contradiction(edit: Edit, copy: Path) -> None:
    apply(copy, *edit)
    assert found(copy) == []


def test_the_header_of_the_envelope_has_one_name(copy: Path) -> None:
    apply(copy, POLICY, "envelope header", "X-Sealed")
    got = found(copy)
    assert {(f.file, f.sentence) for f in got} == {
        (OPENAPI, "expected X-Sealed (policy.yaml envelope.header)")
    }
    assert len(got) == 19  # every 200 of /signaling, /emoji and /health


@pytest.fixture
def known() -> dict[str, list[str]]:
    wanted = spec.load().requirements.values()
    return {r.id: [r.checked] for r in wanted if r.checked is not None}


def test_every_checked_id_may_have_its_check(known: dict[str, list[str]]) -> None:
    assert found(spec.SPEC_DIR, known) == []
    known["ROOM-1"].append("conformance.checks.more")
    assert found(spec.SPEC_DIR, known) == []


def test_a_checked_id_without_a_check_is_found(known: dict[str, list[str]]) -> None:
    del known["ROOM-1"]
    known["ROOM-2"] = []
    assert_exactly(found(spec.SPEC_DIR, known), [(REQUIREMENTS, f"ROOM-{n}", "has no check") for n in (1, 2)])


def test_a_check_in_another_module_is_found(known: dict[str, list[str]]) -> None:
    known["ROOM-1"] = ["conformance.checks.mailbox"]
    wanted = [(REQUIREMENTS, "ROOM-1.checked", "is checked by conformance.checks.mailbox, not by")]
    assert_exactly(found(spec.SPEC_DIR, known), wanted)


def test_a_check_of_an_excluded_id_is_found(known: dict[str, list[str]], copy: Path) -> None:
    file = copy / "requirements.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("checked: conformance.checks.ice", "excluded: Later.", 1), encoding="utf-8")
    assert_exactly(found(copy, known), [(REQUIREMENTS, "ICE-1", "is excluded, yet")])


def test_a_check_of_no_requirement_is_found(known: dict[str, list[str]]) -> None:
    known["ROOM-99"] = ["conformance.checks.rooms"]
    assert_exactly(found(spec.SPEC_DIR, known), [(REQUIREMENTS, "ROOM-99", "is no requirement")])


@pytest.mark.parametrize("file", [*findings.DOCUMENTS, "schemas/policy.schema.json"])
def test_a_file_that_cannot_be_read_is_one_finding(file: str, copy: Path) -> None:
    for content, words in (("[", "is not"), ("[]", "expected a mapping"), (None, "cannot be read")):
        if content is None:
            (copy / file).unlink()
        else:
            (copy / file).write_text(content)
        assert_exactly(found(copy), [(file, "", words)])


@pytest.mark.parametrize(("edit", "status"), [(None, 0), ((POLICY, "limits knocks", 60), 1)])
def test_the_command_prints_a_line_a_finding(edit: Edit | None, status: int, copy: Path) -> None:
    if edit:
        apply(copy, *edit)
    ran = subprocess.run(
        [sys.executable, "-m", "protocol.lint", "--spec", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (status, "")
    assert ran.stdout.count("\n") == status
    assert ran.stdout.startswith("policy.yaml: limits.knocks: " if status else "")
