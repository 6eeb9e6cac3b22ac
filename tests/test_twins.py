"""No fault without its twin, seen from outside.

At a server that refuses whatever is asked nothing passes that asks for more than good refusals; at one that
accepts whatever is asked every negative requirement fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from score_kit import UNCONFIRMED, Scored, ahead, asked_for, hostile, score

from protocol import spec as spec_module
from protocol.expected import Either, Expected, Refuse, Unchanged

SPEC = spec_module.load()
EVERY_FORM = """
base_url = "{url}"
test_control = true
tokens = {{ issuer = {{ port = 0, iss = "https://issuer.example", aud = "parley" }} }}
origins = {{ allowed = ["https://app.example"] }}
delivery = {{ bearer = {{ encrypted = true }}, cookie = {{ encrypted = false }} }}
"""


def refusing(expected: Expected) -> bool:
    """Whether a refusal is what it asks for, or one of the outcomes that it allows."""
    if isinstance(expected, Either):
        return any(refusing(option) for option in expected.options)
    return isinstance(expected, Refuse | Unchanged)


NEGATIVE = [
    requirement.id
    for requirement in SPEC.requirements.values()
    if (requirement.checked or "").startswith("conformance.")
    and requirement.when != "https"
    and refusing(requirement.expected)
]


ACCEPTS = ("accepts",)
REFUSES = [("refuses", "--status", status) for status in ("400", "401", "403", "404", "429")]
Mind = tuple[str, ...]
Runs = Callable[[Mind], Scored]


def run(folder: Path, mind: Mind) -> Scored:
    """Asks a server of one mind for everything; the one that accepts, for the negative requirements only."""
    file = folder / "target.toml"
    with hostile(*mind, script="one_minded.py") as url:
        file.write_text(EVERY_FORM.format(url=url), encoding="utf-8")
        names = NEGATIVE if mind == ACCEPTS else []
        chosen = [word for name in names for word in ("--requirement", name)]
        return score(folder / "run", "--target-file", str(file), *UNCONFIRMED, *chosen)


@pytest.fixture(scope="module")
def scored(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    with ahead(lambda mind: run(tmp_path_factory.mktemp(mind[0]), mind), asked_for(request, "mind")) as runs:
        yield runs


def checks(done: Scored, *verdicts: str) -> set[tuple[str, str]]:
    """(requirement, check) of every check that ended like that, whatever its requirement ended with."""
    return {
        (record["requirement"], record["check"])
        for record in done.records
        if record["type"] == "verdict" and record["verdict"] in verdicts
    }


def test_most_of_the_suite_is_negative() -> None:
    assert len(NEGATIVE) > 60
    assert {"AUTH-1", "AUTH-12", "AUTH-14", "VAL-4", "RATE-1", "CSRF-5", "PARTY-10"} <= set(NEGATIVE)


@pytest.mark.parametrize("mind", REFUSES, ids=lambda mind: mind[-1])
def test_where_everything_is_refused_no_refusal_passes(mind: Mind, scored: Runs) -> None:
    done = scored(mind)
    assert {done.verdicts[name] for name in NEGATIVE} <= {"inconclusive", "fail"}
    # Of errors of a good shape that much is true; health is what it answers well.
    true_of_errors = {"ERR-3", "ERR-4", "ERR-5", "PRIV-3", "PRIV-7"}
    assert {name for name, _ in checks(done, "pass")} == {*true_of_errors, "HEALTH-1"}
    assert done.verdicts["PRIV-7"] == "inconclusive", "what its own check wants was not to be had"
    assert not checks(done, "harness-error", "flaky")
    assert done.code == 1


# Requirements that accepting everything meets, for accepting is an outcome that they allow.
MET_BY_ACCEPTING = {
    "ROOM-15",  # a leave of an unknown room is a 2xx or a 404
    "MBOX-14",  # reading one's own mail does not consume it: there nothing does
}

# Single checks of the others that pass there, and rightly.
RIGHT_TO_ACCEPT = {
    ("AUTH-14", "joining_in_anothers_name_is_refused_or_overridden"),  # one more is counted, whoever it is
    ("AUTH-14", "leaving_in_anothers_name_does_not_take_the_other_out"),  # nobody is ever taken out
    ("EMO-3", "others_of_the_domain_see_an_emoji"),  # it asks for acceptance
    ("EMO-4", "a_right_name_is_accepted"),  # it asks for acceptance
    ("MBOX-13", "mail_without_a_sender_is_the_posters"),  # it asks for acceptance
    ("OTP-9", "a_refresh_rotates_the_refresh_token"),  # each one is another
    ("PARTY-10", "an_unknown_parent_makes_no_server_error"),  # a party may be made under an unknown parent
    ("RATE-6", "the_heartbeat_budget_is_counted_by_room"),  # it asks for acceptance
    ("ROOM-13", "a_rooms_lifetime_begins_anew_with_a_write"),  # it asks for acceptance
    ("VAL-14", "prototype_keys_are_harmless"),  # of the members but one: __proto__ as an object fails
    ("VAL-15", "duplicate_keys_do_not_bypass_validation"),  # where the last, which is used, is the valid one
}

# It gives no 401 or 404, so their headers cannot be looked at: the 429 that fails is another check's.
UNDECIDED = {("CORS-6", "a_401_and_a_404_carry_the_cors_headers")}


@pytest.mark.parametrize("mind", [ACCEPTS], ids=lambda mind: mind[-1])
def test_where_everything_is_accepted_every_negative_requirement_fails(mind: Mind, scored: Runs) -> None:
    done = scored(mind)
    assert {name for name in NEGATIVE if done.verdicts[name] != "fail"} == MET_BY_ACCEPTING
    assert {done.verdicts[name] for name in MET_BY_ACCEPTING} == {"pass"}
    passed = {(name, check) for name, check in checks(done, "pass") if name not in MET_BY_ACCEPTING}
    assert passed == RIGHT_TO_ACCEPT
    assert checks(done, "inconclusive", "not-run", "harness-error", "flaky") == UNDECIDED
    assert done.code == 1
