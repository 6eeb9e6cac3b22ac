"""The Node server made wrong in ways that real servers are (tests/targets/node_faults.mjs): each fault is
found and named by what it breaks, and nothing else is held against the server.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from score_kit import ROOT, Scored, ahead, asked_for, free_port, score

from protocol import spec as spec_module

TARGET = Path("tests/targets/node.toml")
ACCUSED = ("fail", "flaky", "harness-error", "expected-fail")
SPEC = spec_module.load()

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None and "CI" not in os.environ, reason="no node on this machine's PATH"
)


def ids(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What each fault breaks; more than one requirement where a server with it cannot keep the other either.
FAULTS = {
    "a heartbeat counts before the token is looked at": ids("AUTH-12"),
    "mail is fetched before the token is looked at": ids("AUTH-12"),
    # Whoever forges a signature comes in: by another key, by the public key as a secret, in a write that must
    # change nothing, and beside a good cookie.
    "the payload is read, the signature is not": ids("AUTH-3 AUTH-5 AUTH-12 AUTH-23"),
    "expired tokens are good": ids("AUTH-2"),
    "a token in the query will do": ids("AUTH-11"),
    # Both requirements say it of an offer's sender.
    "the body says who sends": ids("MBOX-13 AUTH-14"),
    "rooms are listed as they were made": ids("ROOM-10"),
    # A room that lives on is not gone, so its mail is refused for want of rights (403), not of a room (404).
    "a room lives on when all have left": ids("ROOM-8 MBOX-10"),
    "who joins twice counts twice": ids("ROOM-6"),
    "an idle room is forgotten by the listing": ids("ROOM-16"),
    "an offer is read again and again": ids("MBOX-2"),
    "line breaks of an offer are the server's own": ids("MBOX-1"),
    "a heartbeat keeps the mail alive": ids("MBOX-4 MBOX-5"),
    "limits count bytes": ids("VAL-18"),
    "names are one shorter": ids("VAL-5"),
    # Not JSON, not UTF-8, a byte order mark: none of them is parsed. A 500 is what ERR-3 forbids whatever the
    # request, and ERR-5 asks for the refusal that it could look at.
    "what cannot be parsed is a server error": ids("VAL-6 VAL-7 VAL-19 ERR-3 ERR-5"),
    "the parser's own words are passed on": ids("ERR-5"),
    # ERR-4 asks every error for one of its two shapes, the 404 of ERR-1 among them.
    "an unknown path is a web page": ids("ERR-1 ERR-4"),
}


def scored(folder: Path, fault: str) -> Scored:
    """The whole run of the Node server with the fault: what is left out could not be accused by mistake."""
    file = folder / "target.toml"
    right = '"tests/targets/node_server.mjs"'
    text = TARGET.read_text(encoding="utf-8")
    assert right in text
    file.write_text(text.replace(right, f'"tests/targets/node_faults.mjs", "{fault}"'), encoding="utf-8")
    port = str(free_port())
    words = (
        "--target",
        f"http://127.0.0.1:{port}",
        "--target-file",
        str(file),
        "--start",
        "--no-control-lane",
    )
    return score(folder / "run", *words, env={"PORT": port})


@pytest.fixture(scope="module")
def run_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Scored]]:
    with ahead(
        lambda fault: scored(tmp_path_factory.mktemp("fault"), fault), asked_for(request, "fault")
    ) as runs:
        yield runs


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_nothing_else(fault: str, run_of: Callable[[str], Scored]) -> None:
    done = run_of(fault)
    assert set(done.having(*ACCUSED)) == FAULTS[fault], done.err
    assert not done.having("inconclusive", "not-run")
    grave = any(SPEC.requirement(name).level == "MUST" for name in FAULTS[fault])
    assert done.code == (1 if grave else 0)


def test_no_fault_is_left_out() -> None:
    source = (ROOT / "tests/targets/node_faults.mjs").read_text(encoding="utf-8")
    assert re.findall(r'^  "(.+)": \[$', source, re.MULTILINE) == list(FAULTS)
