"""The deliberately wrong widgets, and the wrong servers that only peers and browsers find."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from conformance import fingerprints
from conformance.kills import Entry, Outcome
from parley import chat_mutants, selftest
from protocol.spec import load
from reference_server import mutants
from reference_server.mutants import Mutant, MutantError
from reference_server.mutants.edited import Edited
from reference_server.mutants.telling import REACHED
from reference_server.pages import Pages
from reports import runlog
from reports.runlog import Record, verdict_record
from reports.verdicts import Verdict
from suite.embedded import Embedded
from tests.e2e_kit import ROOT

SPEC = load()
CHAT = {
    name: mutant
    for name, mutant in mutants.load().items()
    if chat_mutants.takes_chat(SPEC, mutant.requirement)
}
WIDGETS = {name: mutant for name, mutant in CHAT.items() if issubclass(mutant.cls, Edited)}


def test_every_must_of_peers_and_widgets_that_is_checked_has_a_mutant() -> None:
    wanted = {
        r.id for r in SPEC.requirements.values() if r.level == "MUST" and chat_mutants.takes_chat(SPEC, r.id)
    }
    assert {"PEER-1", "WID-1", "ICE-4", "PRIV-5"} <= wanted
    assert wanted <= {mutant.requirement for mutant in CHAT.values()}


@pytest.mark.parametrize("mutant", WIDGETS.values(), ids=WIDGETS)
def test_a_wrong_widget_differs_in_one_file_and_says_so_where_it_does_wrong(mutant: Mutant) -> None:
    right, wrong = Pages().table(SPEC), mutant.cls().table(SPEC)
    differing = {path for path in right if right[path].whole.body != wrong[path].whole.body}
    assert differing == {f"/widget/{mutant.cls.file}"}
    assert "reached()" in mutant.cls.new
    assert SPEC.requirement(mutant.requirement).subject == "client"


def test_the_edited_files_are_still_modules(tmp_path: Path) -> None:
    for name, mutant in WIDGETS.items():
        body = mutant.cls().table(SPEC)[f"/widget/{mutant.cls.file}"].whole.body
        (tmp_path / f"{name}.mjs").write_bytes(body)
    for file in sorted(tmp_path.iterdir()):
        ended = subprocess.run(["node", "--check", str(file)], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr


class Misfit(Edited):
    file, old, new = "room.js", "no such text", "reached();"


class Twofold(Edited):
    file, old, new = "room.js", "this", "reached();"


class Nowhere(Edited):
    file, old, new = "nowhere.js", "this", "reached();"


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (Misfit, "is found 0 times"),
        (Twofold, "is found [0-9]+ times"),
        (Nowhere, "the widget has no nowhere.js"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused_at_the_start(kind: type[Edited], says: str) -> None:
    with pytest.raises(MutantError, match=says):
        kind().table(SPEC)


def test_a_page_that_does_wrong_is_told_by_the_server() -> None:
    """As a browser would: the wrong path asks for an address of its own."""
    server = Embedded(SPEC, mutant="messages-are-shown-as-html")
    try:
        url = server.start().base_url
        with urllib.request.urlopen(f"{url}/widget/item.js", timeout=60) as answer:
            assert b"innerHTML: reached()" in answer.read()
        assert not server.reached, "that a file is served is not yet wrong"
        with urllib.request.urlopen(url + REACHED, timeout=60) as answer:
            assert answer.status == 204
    finally:
        server.end()
    assert server.reached == {None}


ENTRY = Entry("typing-is-never-shown", "WID-5", "whether typing is shown")
RED = verdict_record(
    "WID-5", "typing", Verdict.FAIL, "whether typing is shown: wanted True", attempt="WID-5 typing#1"
)


def judged(tmp_path: Path, reached: list[int | None], *records: Record) -> Outcome:
    with runlog.RunLogWriter(tmp_path) as write:
        for record in records:
            write(record)
    return chat_mutants._judged(SPEC, ENTRY, tmp_path, reached)


def test_a_red_check_kills_where_the_wrong_path_was_reached(tmp_path: Path) -> None:
    assert judged(tmp_path / "page", [None], RED).by == ("typing",)
    assert judged(tmp_path / "never", [], RED).why_not == "red, but its wrong path was never reached"
    of_another: Record = {"type": "exchange", "id": 7, "attempt": "WID-5 presence#1"}
    assert "in other attempts only" in judged(tmp_path / "other", [7], of_another, RED).why_not
    its_own: Record = {"type": "exchange", "id": 7, "attempt": RED["attempt"]}
    assert judged(tmp_path / "own", [7], its_own, RED).killed


def test_what_changes_an_outcome_changes_the_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def now() -> str:
        return fingerprints.chat(SPEC, "WID-5", "x", selftest.file_of(WIDGETS["typing-is-never-shown"]))

    before = now()
    assert before == now()
    (tmp_path / "room.js").write_text("// another widget")
    monkeypatch.setattr(fingerprints, "WIDGET", tmp_path)
    assert now() != before


def test_one_widget_and_one_server_are_found_by_their_own_checks() -> None:
    """The whole way: a page with the fault, a browser, the verdict, the reached report."""
    command = [sys.executable, "-m", "parley", "selftest", "--all", "--dry-run"]
    names = ["the-channel-is-unordered", "turn-credentials-are-in-hex"]
    ended = subprocess.run(
        [*command, *names], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "2 of 2 mutants killed" in ended.stdout
