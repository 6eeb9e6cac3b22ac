"""The deliberately wrong servers: each is named, explained, and, by the matrix that ships, found."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from conformance.proofs import MATRIX, proofs
from protocol.spec import load
from reference_server import mutants
from reference_server.assembly import Parts

SPEC = load()
ALL = mutants.load()
KNOWN = json.loads(MATRIX.read_text(encoding="utf-8"))["mutants"]
# A SHOULD over https has no mutant: the reference server speaks http.
WITHOUT = {"HDR-3"}


@pytest.mark.parametrize("name", ALL)
def test_a_mutant_breaks_what_is_checked_and_explains_the_rest(name: str) -> None:
    mutant = ALL[name]
    assert SPEC.requirement(mutant.requirement).checked is not None
    assert set(mutant.also) <= SPEC.requirements.keys()
    assert mutant.requirement not in mutant.also
    assert bool(mutant.also) == bool(mutant.why_also)
    assert mutant.into(Parts()) != Parts()


@pytest.mark.parametrize("name", ALL)
def test_the_matrix_that_ships_has_it_killed_and_reached(name: str) -> None:
    record = KNOWN[name]
    assert record["killed"]
    assert record["reached"]
    assert record["by"]
    assert record["requirement"] == ALL[name].requirement


def test_the_matrix_names_no_mutant_that_is_gone() -> None:
    assert KNOWN.keys() == ALL.keys()


def test_every_checked_requirement_but_mays_has_a_mutant() -> None:
    checked = {r.id for r in SPEC.requirements.values() if r.checked is not None and r.level != "MAY"}
    assert checked - proofs().keys() == WITHOUT


def test_one_is_found_by_its_own_check_and_no_other() -> None:
    """The whole way: a server with the fault, the suite, the verdict, the reached report."""
    command = [sys.executable, "-m", "parley", "selftest", "--all", "--dry-run", "offer-survives-reading"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "killed" in ended.stdout


def test_an_unknown_mutant_is_refused_in_one_line() -> None:
    command = [sys.executable, "-m", "reference_server", "--port", "0", "--mutant", "nobody"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "parley mutants" in ended.stderr
