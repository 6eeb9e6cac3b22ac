"""requirements.yaml as a whole: the ids, levels and conditions hang together."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby, pairwise

import yaml

from protocol import expected, spec

SPEC = spec.load()
DOCUMENT = yaml.safe_load((spec.SPEC_DIR / "requirements.yaml").read_text(encoding="utf-8"))
ALL = list(SPEC.requirements.values())


def test_ids_are_numbered_without_a_gap() -> None:
    numbers: dict[str, list[int]] = {}
    for requirement in ALL:
        prefix, number = requirement.id.rsplit("-", 1)
        numbers.setdefault(prefix, []).append(int(number))
    gaps = {prefix: found for prefix, found in numbers.items() if found != list(range(1, len(found) + 1))}
    assert gaps == {}
    assert {prefix: len(found) for prefix, found in numbers.items()} == {
        "ROOM": 16, "MBOX": 15, "ERR": 5, "HEALTH": 2, "AUTH": 24, "VAL": 19, "RATE": 14, "CSRF": 6,
        "CORS": 9, "HDR": 5, "ENC": 9, "CONC": 6, "PARTY": 12, "ICE": 8, "PRIV": 7,
        "EMO": 6, "OTP": 11, "PEER": 15, "WID": 12, "VOX": 9, "CDN": 9, "SLO": 5,
    }  # fmt: skip


def test_requirements_stand_in_the_order_of_the_profiles() -> None:
    assert [name for name, _ in groupby(r.profile for r in ALL)] == list(SPEC.profiles)


def test_each_is_checked_or_excluded_and_never_both() -> None:
    assert [r.id for r in ALL if (r.checked is None) == (r.excluded is None)] == []


def test_what_is_excluded_of_the_delivered_profiles() -> None:
    delivered = {r.profile for r in ALL if r.checked}
    assert set(SPEC.profiles) - delivered == set()
    left = [r.id for r in ALL if r.profile in delivered and r.excluded]
    assert left == []


def test_conditions_are_described_and_used() -> None:
    used = {r.when for r in ALL if r.when is not None}
    assert used == set(DOCUMENT["conditions"])


def test_sentences_are_sentences_of_their_own() -> None:
    sentences = [r.sentence for r in ALL]
    assert len(set(sentences)) == len(sentences)
    assert [s for s in sentences if not re.search(r"\.\)?$", s) or "\n" in s] == []


def test_the_levels_are_cumulative_and_every_profile_belongs_to_one() -> None:
    servers = [level for level in SPEC.levels if level.subject == "server"]
    assert [level.name for level in servers] == ["Core", "Secure", "Connected", "Complete"]
    for lower, higher in pairwise(servers):
        assert set(lower.profiles) < set(higher.profiles)
    reached = {name for level in SPEC.levels for name in level.profiles}
    assert reached == {profile.name for profile in SPEC.profiles.values() if not profile.optional}
    assert {profile.name for profile in SPEC.profiles.values() if profile.optional} == {"voice"}
    every = {
        r.id for level in SPEC.levels for r in SPEC.of_profiles(level.profiles) if r.subject == level.subject
    }
    optional = {r.id for r in ALL if SPEC.profiles[r.profile].optional}
    assert every == SPEC.requirements.keys() - optional


def test_the_client_requirement_in_privacy_counts_for_the_client_level() -> None:
    client = next(level for level in SPEC.levels if level.name == "Client")
    found = [
        r.id for r in SPEC.of_profiles(client.profiles) if r.subject == "client" and r.profile == "privacy"
    ]
    assert found == ["PRIV-5"]


def test_operations_exist_and_each_belongs_to_one_profile() -> None:
    assert {o for r in ALL for o in r.operations} <= set(SPEC.operations)
    owners = Counter(o for p in SPEC.profiles.values() for o in p.operations)
    assert owners == Counter(list(SPEC.operations))


def test_refusals_never_allow_a_success_or_a_server_error() -> None:
    for requirement in ALL:
        if isinstance(requirement.expected, expected.Refuse):
            allowed = set(requirement.statuses)
            assert allowed <= {*range(400, 500), 503}, requirement.id
            assert 503 not in allowed or requirement.id == "AUTH-17"


def test_only_lifetimes_wait() -> None:
    assert {r.id: r.wait_s for r in ALL if r.wait_s} == {
        "ROOM-12": SPEC.seconds("listing_window + grace_after"),
        "ROOM-13": SPEC.seconds("room_lifetime + grace_after"),
        "ROOM-16": SPEC.seconds("listing_window + grace_after"),
        "MBOX-4": SPEC.seconds("offer_lifetime + grace_after"),
        "MBOX-5": SPEC.seconds("answer_lifetime + grace_after"),
        "MBOX-6": SPEC.seconds("offer_lifetime - grace_before"),
        "OTP-4": SPEC.seconds("otp_lifetime + grace_after"),
    }
    assert [r.id for r in ALL if r.control_only] == ["RATE-9"]
