"""Load profiles: what is shipped, what a phase means, and one line about what is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from load import profiles
from load.profiles import MOST_S, MOST_USERS, ProfileError, parse
from protocol import spec

SPEC = spec.load()
LEAST = 'title = "x"\n[users]\nlurker = 1\n[[phases]]\nseconds = 1\n'


def wrong(text: str) -> str:
    with pytest.raises(ProfileError) as error:
        parse(text, "mine.toml", "mine", SPEC)
    return str(error.value)


@pytest.mark.parametrize("name", profiles.names())
def test_every_shipped_profile_can_be_run(name: str) -> None:
    profile = profiles.find(name, SPEC)
    assert 0 < profile.most_users <= MOST_USERS
    assert 0 < profile.measured_s <= profile.seconds <= MOST_S
    assert not profile.phases[0].measured
    assert "error_rate" in profile.objectives


def test_the_profiles_that_are_promised_are_there() -> None:
    promised = {"smoke", "steady", "spike", "ramp", "churn", "heartbeat-storm", "poll-storm", "soak", "knee"}
    assert promised <= set(profiles.names())


def test_steady_is_as_the_spec_says() -> None:
    profile, steady = profiles.find("steady", SPEC), SPEC.policy["steady"]
    assert profile.most_users == steady["rooms"] * steady["users_per_room"]
    assert (profile.seconds, profile.measured_s) == (
        steady["warm_up"] + steady["seconds"],
        steady["seconds"],
    )
    assert profile.objectives == {
        key: SPEC.policy["objectives"][key] for key in ("read_p95_ms", "write_p95_ms", "error_rate")
    }


def test_what_a_profile_decides_is_what_the_spec_says_of_it() -> None:
    said = {r.id: r.checked for r in SPEC.requirements.values() if (r.checked or "").startswith("load.")}
    assert dict(profiles.deciders()) == said


def test_paces_are_the_specs_where_nothing_is_said() -> None:
    pace = parse(LEAST, "mine.toml", "mine", SPEC).pace
    timings = SPEC.timings
    assert (pace.poll, pace.look, pace.heartbeat) == (
        timings["poll_interval"],
        timings["participant_look_interval"],
        timings["heartbeat_interval"],
    )


def test_a_phase_goes_from_its_first_share_to_its_last() -> None:
    text = LEAST.replace(
        "seconds = 1\n", "seconds = 10\nload = [0.2, 1]\n[[phases]]\nseconds = 5\nload = 0.5\n"
    )
    profile = parse(text, "mine.toml", "mine", SPEC)
    shares = [profile.phase_at(second) for second in (0, 5, 10, 14.9, 15)]
    assert [found and round(found[1], 6) for found in shares] == [0.2, 0.6, 0.5, 0.5, None]


def test_scaling_keeps_every_kind_of_user() -> None:
    profile = profiles.find("smoke", SPEC)
    assert profile.scaled(0.01).users == {"broadcaster": 1, "viewer": 1, "lurker": 1, "party": 1}
    assert profile.scaled(3).users["viewer"] == 3 * profile.users["viewer"]
    assert profiles.find("steady", SPEC).scaled(0.1).users["party"] == 0


def test_lasting_stretches_what_is_measured_only() -> None:
    profile = profiles.find("spike", SPEC).lasting(10)
    assert round(profile.measured_s, 6) == 10
    assert profile.phases[0].seconds == profiles.find("spike", SPEC).phases[0].seconds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title =", "mine.toml: not readable as TOML"),
        (LEAST.replace("lurker", "lurkr"), "users.lurkr: unknown key; did you mean lurker?"),
        (LEAST.replace("seconds", "second"), "phases[0].second: unknown key; did you mean seconds?"),
        (LEAST.replace("seconds = 1", 'name = "x"'), "phases[0].seconds: missing; expected seconds above 0"),
        (LEAST.replace("= 1\n[[", "= -1\n[["), "users.lurker: expected a whole number of users"),
        (
            LEAST.replace("= 1\n[[", '= "steady.cats"\n[['),
            "users.lurker: policy.yaml has no number steady.cats",
        ),
        (LEAST.replace("= 1\n[[", "= 0\n[["), "users: expected at least one user of some kind"),
        (LEAST.replace("lurker", "viewer"), "users.broadcaster: expected at least 1"),
        (LEAST + "load = 1.5\n", "phases[0].load: expected the share of the users"),
        (LEAST + "measured = false\n", "phases: expected at least one that is measured"),
        (LEAST + "[objectives]\nerror_rate = 0.1\n", "objectives.error_rate: expected at most 0.001"),
        (LEAST + "[objectives]\nspeed = 1\n", "objectives.speed: unknown key"),
        (LEAST + "[pace]\nstay = [3, 1]\n", "pace.stay: expected the least first, got [3, 1]"),
        (LEAST + "[pace]\npoll = 0\n", "pace.poll: expected seconds above 0"),
        ('decides = ["SLO-9"]\n' + LEAST, "decides: SLO-9 is no requirement; did you mean SLO-"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, words: str) -> None:
    said = wrong(text)
    assert words in said
    assert said.startswith("mine.toml: ") and "\n" not in said


def test_an_objective_may_be_tightened() -> None:
    text = LEAST + "[objectives]\nerror_rate = 0.0001\nread_p95_ms = 10\n"
    assert parse(text, "mine.toml", "mine", SPEC).objectives == {"error_rate": 0.0001, "read_p95_ms": 10}


def test_a_profile_of_ones_own_decides_no_requirement(tmp_path: Path) -> None:
    file = tmp_path / "steady.toml"
    file.write_text('decides = ["SLO-1"]\n' + LEAST, encoding="utf-8")
    with pytest.raises(ProfileError, match="decides: only profiles that come with Parley"):
        profiles.find(str(file), SPEC)
    file.write_text(LEAST, encoding="utf-8")
    assert profiles.find(str(file), SPEC).name == "steady"


def test_a_profile_of_no_such_name() -> None:
    with pytest.raises(ProfileError, match=re.escape("no load profile 'steadi'; did you mean steady?")):
        profiles.find("steadi", SPEC)
    with pytest.raises(ProfileError, match=r"^nowhere\.toml: no such file"):
        profiles.find("nowhere.toml", SPEC)
