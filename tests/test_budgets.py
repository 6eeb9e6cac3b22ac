"""Budgets, with a clock of the test's own."""

from __future__ import annotations

import pytest
from server_kit import START, FakeClock

from protocol.spec import Budget
from reference_server.budgets import Budgets
from reference_server.refusal import TooMany


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def budgets(clock: FakeClock) -> Budgets:
    return Budgets(clock, {"offer": Budget(3, 60, ("user",)), "answer": Budget(1, 3600, ("user",))})


def use(budgets: Budgets, operation: str, *key: str) -> bool:
    """One answered request; False where the budget refuses it."""
    try:
        budgets.check(operation, key)
    except TooMany:
        return False
    budgets.spend(operation, key)
    return True


def test_the_budget_holds_exactly(budgets: Budgets) -> None:
    assert [use(budgets, "offer", "alice") for _ in range(5)] == [True, True, True, False, False]


def test_a_window_is_fixed_and_opens_with_the_first_request(budgets: Budgets, clock: FakeClock) -> None:
    assert use(budgets, "offer", "alice")
    clock.time += 59
    assert use(budgets, "offer", "alice")
    assert use(budgets, "offer", "alice")
    assert not use(budgets, "offer", "alice")
    clock.time += 0.999
    assert not use(budgets, "offer", "alice")
    clock.time += 0.001
    assert [use(budgets, "offer", "alice") for _ in range(4)] == [True, True, True, False]


def test_a_refusal_says_when_the_window_ends(budgets: Budgets, clock: FakeClock) -> None:
    use(budgets, "answer", "alice")
    clock.time += 1799.5
    with pytest.raises(TooMany) as refused:
        budgets.check("answer", ("alice",))
    assert refused.value.retry_after == 1801
    assert refused.value.reset == int((START + 3600) * 1000)
    clock.time = START + 3599.999
    with pytest.raises(TooMany) as refused:
        budgets.check("answer", ("alice",))
    assert refused.value.retry_after == 1


def test_users_and_operations_have_budgets_of_their_own(budgets: Budgets) -> None:
    assert use(budgets, "answer", "alice")
    assert not use(budgets, "answer", "alice")
    assert use(budgets, "answer", "bob")
    assert use(budgets, "offer", "alice")


def test_asking_spends_nothing(budgets: Budgets) -> None:
    for _ in range(10):
        budgets.check("answer", ("alice",))
    assert use(budgets, "answer", "alice")


def test_a_key_of_two_words_is_one_budget_each(clock: FakeClock) -> None:
    budgets = Budgets(clock, {"beat": Budget(1, 60, ("user", "room"))})
    assert use(budgets, "beat", "alice", "one")
    assert use(budgets, "beat", "alice", "two")
    assert not use(budgets, "beat", "alice", "one")


def test_ended_windows_are_forgotten(budgets: Budgets, clock: FakeClock) -> None:
    for number in range(1000):
        use(budgets, "offer", f"user{number}")
    assert budgets.open_windows() == 1000
    clock.time += 61
    for number in range(100):
        use(budgets, "offer", f"later{number}")
    assert budgets.open_windows() == 100


def test_whoever_makes_up_people_has_no_real_ones_forgotten(
    budgets: Budgets, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reference_server.budgets.MOST", 50)
    assert use(budgets, "answer", "alice")
    assert [use(budgets, "offer", "alice") for _ in range(2)] == [True, True]
    clock.time += 30
    granted = [use(budgets, operation, f"x{n}") for n in range(200) for operation in ("answer", "offer")]
    assert granted.count(True) == 2 * 49
    assert budgets.open_windows() == 2 * 50
    assert not use(budgets, "answer", "alice"), "her window is still there"
    assert [use(budgets, "offer", "alice") for _ in range(2)] == [True, False], "and so is what is left in it"
    with pytest.raises(TooMany) as refused:
        budgets.check("answer", ("bob",))
    assert (refused.value.retry_after, refused.value.reset) == (3570, int((START + 3600) * 1000))
    clock.time = START + 60
    assert use(budgets, "offer", "bob"), "the oldest window has ended"
    assert not use(budgets, "offer", "carol")


def test_clear_forgets_everything(budgets: Budgets) -> None:
    use(budgets, "answer", "alice")
    budgets.clear()
    assert use(budgets, "answer", "alice")
