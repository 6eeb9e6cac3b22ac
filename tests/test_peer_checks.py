"""Each PEER check is green for the right peer, and red, with a telling complaint, for its wrong ones."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.checks import peer as peer_checks
from e2e.checks import peer_history, peer_loss
from e2e.peer import Peer, PeerError
from e2e.registry import ATTRIBUTE, Check
from protocol import room_key
from suite.expectations import CheckFailed, Inconclusive, Recorder, current
from tests.peer_kit import SPEC, Place, needs_turn
from tests.wrong_peers import WRONG, peer_with
from tests.wrong_peers_history import OpensWithAnyKey, RefusesBatchesWhole

pytestmark = needs_turn
AT_ONCE = 8  # more would make a busy machine late
LIMIT_S = 90.0
FUNCTIONS = {
    name: function
    for module in (peer_checks, peer_history, peer_loss)
    for name, function in vars(module).items()
    if isinstance(getattr(function, ATTRIBUTE, None), Check) and not getattr(function, ATTRIBUTE).nightly
}
OF_OTHER_HANDS = {  # right, by other ways than ours
    "refuses batches whole": ("a_tampered_block_is_refused", peer_with(RefusesBatchesWhole)),
    "refuses unsigned batches whole": (
        "a_block_that_the_room_key_did_not_sign_is_refused",
        peer_with(RefusesBatchesWhole),
    ),
}
ALONE = "a_channel_carries_many_messages"  # measures what others would disturb


async def ask(place: Place, name: str, kind: type[Peer]) -> str:
    """What the check says of a subject of this kind: nothing where it passes."""
    function = FUNCTIONS[name]
    requirement = SPEC.requirement(getattr(function, ATTRIBUTE).requirement)
    recorder = Recorder(SPEC, requirement, "test", lambda record: None, place.transcript.redactor())
    current.set(recorder)
    async with place.peers() as new:
        people: dict[str, Any] = {"subject": await new("subject", kind), "spec": SPEC}
        people |= {who: await new(who) for who in ("peer", "third")}
        inner = inspect.unwrap(function)
        wanted = {word: people[word] for word in inspect.signature(inner).parameters}
        try:
            async with asyncio.timeout(LIMIT_S):
                await inner(**wanted)
        except CheckFailed as error:
            return f"fail: {error}"
        except (Inconclusive, PeerError) as error:
            return f"inconclusive: {error}"
    return "" if recorder.judged else "nothing was judged"


@pytest.fixture(scope="module")
def found() -> Iterator[dict[str, str]]:
    """What every check says of the right peer and of its wrong ones, many at once."""
    jobs = {name: (name, Peer) for name in FUNCTIONS}
    jobs |= OF_OTHER_HANDS
    jobs |= {title: (wrong.check, wrong.peer) for title, wrong in WRONG.items()}

    async def all_of_them(place: Place) -> dict[str, str]:
        places = asyncio.Semaphore(AT_ONCE)

        async def one(title: str) -> tuple[str, str]:
            async with places:
                return title, await ask(place, *jobs[title])

        alone = [title for title, (name, _) in jobs.items() if name == ALONE]
        results = dict(await asyncio.gather(*(one(title) for title in alone)))
        results |= dict(await asyncio.gather(*(one(title) for title in jobs if title not in alone)))
        await place.wire.close()
        return results

    with Place() as place:
        yield asyncio.run(all_of_them(place))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_right_peer_passes(name: str, found: dict[str, str]) -> None:
    assert found[name] == ""


@pytest.mark.parametrize("title", OF_OTHER_HANDS)
def test_a_right_peer_of_another_hand_passes(title: str, found: dict[str, str]) -> None:
    assert found[title] == ""


@pytest.mark.parametrize("title", WRONG)
def test_a_wrong_peer_is_found_by_its_check(title: str, found: dict[str, str]) -> None:
    wrong = WRONG[title]
    assert found[title].startswith("fail: "), found[title]
    assert any(words in found[title] for words in wrong.shows), found[title]


def test_every_check_has_a_wrong_peer() -> None:
    assert set(FUNCTIONS) == {wrong.check for wrong in WRONG.values()}


@pytest.fixture(autouse=True, scope="module")
def every_key_is_known() -> Iterator[None]:
    """For OpensWithAnyKey: each key that is made is one that it has."""
    real = room_key.make

    def make(spec: Any) -> str:
        key = real(spec)
        OpensWithAnyKey.known.append(key)
        return key

    patch = pytest.MonkeyPatch()
    patch.setattr(room_key, "make", make)
    yield
    patch.undo()
