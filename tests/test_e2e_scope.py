"""What a run of the end-to-end suite asks, and how its processes share that out."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from e2e import registry, scope
from e2e.options import Settings
from protocol.spec import load
from protocol.target import Target

SPEC = load()


@pytest.fixture(scope="module", autouse=True)
def _checks() -> None:
    registry.load_checks()


@pytest.fixture
def target() -> Target:
    return scope.target_of(Settings(), SPEC)


def asked(target: Target, settings: Settings) -> list[scope.Item]:
    return [item for item in scope.items_of(SPEC) if scope.wanted(item, target, settings)]


@pytest.mark.parametrize("of", [1, 2, 3])
def test_every_process_makes_out_the_same_shares_of_all(target: Target, of: int) -> None:
    items = asked(target, Settings())
    shuffled = list(items)
    random.Random(1).shuffle(shuffled)
    shares = scope.shared_out(items, of)
    assert shares == scope.shared_out(shuffled, of)
    assert sorted(item.key for share in shares for item in share) == sorted(item.key for item in items)


def test_shares_take_about_as_long(target: Target) -> None:
    items = asked(target, Settings(sides=("browser",)))
    seconds = [sum(item.check.takes_s for item in share) for share in scope.shared_out(items, 2)]
    assert abs(seconds[0] - seconds[1]) <= max(item.check.takes_s for item in items)


def test_what_two_browsers_are_asked_alike_is_one_item(target: Target) -> None:
    item = asked(target, Settings())[0]
    assert scope.shared_out([item, item], 2) == [[item], []]


def test_fitness_is_asked_of_a_target_that_claims_nothing(target: Target) -> None:
    bare = replace(target, profiles=("core",), widget=None)
    found = asked(bare, Settings(requirements=("PEER-3", "WID-2")))
    assert {(item.requirement.id, item.fitness) for item in found} == {("PEER-3", True)}


def test_without_a_widget_no_client_is_asked_anything(target: Target) -> None:
    found = asked(replace(target, widget=None), Settings())
    assert {item.side for item in found} == {"peers"}


def test_the_long_checks_are_the_nightlys(target: Target) -> None:
    usual, all_ = asked(target, Settings()), asked(target, Settings(nightly=True))
    assert not any(item.check.nightly for item in usual)
    assert set(usual) < set(all_)


def test_a_side_leaves_out_the_other(target: Target) -> None:
    for side in ("peers", "browser"):
        assert {item.side for item in asked(target, Settings(sides=(side,)))} == {side}


def test_an_app_url_is_the_widget_and_claims_the_client(target: Target) -> None:
    bare = replace(target, profiles=("core",), widget=None)
    found = scope.with_app(bare, Settings(app_url="http://127.0.0.1:3000/#{token}"), SPEC)
    assert found.widget is not None
    assert found.widget.url == "http://127.0.0.1:3000/#{token}"
    assert {"core", "peer", "widget"} <= set(found.profiles)


def test_emoji_are_asked_of_a_widget_only_where_there_are_any(target: Target) -> None:
    def of(found: list[scope.Item]) -> set[str]:
        return {item.requirement.id for item in found}

    assert "WID-10" in of(asked(target, Settings()))
    without = replace(target, profiles=tuple(name for name in target.profiles if name != "emoji"))
    items = asked(without, Settings())
    assert "WID-10" not in of(items)
    # It is in the denominator all the same, as not applicable.
    assert "WID-10" in scope.intended(items, without, Settings(), SPEC)
    assert "WID-10" not in scope.intended(items, without, Settings(sides=("peers",)), SPEC)
    assert "WID-10" not in scope.intended(items, without, Settings(profiles=("peer",)), SPEC)
