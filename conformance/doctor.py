"""Can this target be scored at all? Said in plain words before anything is scored.

`unreachable` is the preflight of every run; `examine` is `parley target check`.
"""

from __future__ import annotations

import email.utils
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from conformance import delivery as deliveries
from conformance import registry
from conformance.cast import Cast, World
from protocol.mint import MintError
from protocol.operations import Answer

TRIES = 2
A_CHECK_NEEDS = 3  # people, on average over the suite; measured, for an estimate only


@dataclass(frozen=True)
class Finding:
    """One line of the examination. Only `blocking` ones mean that the target cannot be scored."""

    good: bool
    text: str
    blocking: bool = False


async def unreachable(world: World) -> str | None:
    """Why the target gives no HTTP answer, or None when it does."""
    answer = Answer("health")
    for _ in range(TRIES):
        answer = await world.wire.send(world.operations.request("health"))
        if answer.status is not None:
            return None
    return f"{world.target.base_url} gives no HTTP answer: {answer.error}"


async def examine(world: World, profiles: tuple[str, ...] = ()) -> AsyncIterator[Finding]:
    """Reachable? Token accepted, by each delivery? Clocks agree? Users and requests needed?"""
    if world.target.cdn is not None:
        reason = world.target.cdn.missing or await deliveries.unreachable(world)
        alone = world.target.tokens.source == "none"
        yield Finding(
            reason is None,
            reason or f"the delivery at {world.target.cdn.url} answers",
            alone and bool(reason),
        )
        if alone:
            return
    reason = await unreachable(world)
    if reason is not None:
        yield Finding(False, reason, blocking=True)
        return
    yield Finding(True, f"{world.target.base_url} answers")
    async for finding in _signing_in(world):
        yield finding
    if "otp" in (profiles or world.target.profiles):
        yield _codes(world)
    yield _users_needed(world, profiles)


async def _signing_in(world: World) -> AsyncIterator[Finding]:
    job = registry.Job(_A_LOOK)
    cast = Cast(world, job, "target check")
    try:
        user = await cast.person("alice")
    except MintError as error:
        yield Finding(False, f"no token can be had: {error}", blocking=True)
        return
    for delivery in world.target.deliveries:
        answer = await replace(user, delivery=delivery).list_rooms()
        if answer.ok:
            yield Finding(True, f"a {delivery} token is accepted")
        elif answer.status == 200:
            hint = "is it encrypted for another token?" if answer.envelope else "not a JSON object"
            yield Finding(False, f"a {delivery} token is accepted, but the body cannot be read: {hint}")
        else:
            came = answer.error or f"{answer.status} {answer.raw[:120].decode('utf-8', 'replace')}"
            yield Finding(False, f"a {delivery} token is not accepted: listRooms gave {came}", blocking=True)
        skew = clock_skew(answer)
        if skew is not None and abs(skew) > world.target.tolerances.clock_skew_s + 1:
            yield Finding(
                False, f"the target's clock is {skew:+.0f} s off ours; times will be judged wrongly"
            )


def _codes(world: World) -> Finding:
    """Whether the codes of the one-time login can be read."""
    source = world.codes.source
    if source is None:
        hint = "add otp.command to the target file, or test_control: what needs a code is not run"
        return Finding(False, f"codes of the one-time login cannot be read: {hint}")
    return Finding(True, f"codes of the one-time login are read by {source}")


def clock_skew(answer: Answer) -> float | None:
    """Seconds by which the answer's Date header is ahead of our clock; None without one."""
    header = answer.header("Date")
    if header is None:
        return None
    try:
        return email.utils.parsedate_to_datetime(header).timestamp() - time.time()
    except ValueError:
        return None


def _users_needed(world: World, profiles: tuple[str, ...]) -> Finding:
    checks = [
        job
        for check in registry.CHECKS
        for job in registry.jobs_of(check, world.spec)
        if world.spec.requirement(check.requirement).profile in (profiles or world.target.profiles)
    ]
    users = len(checks) * A_CHECK_NEEDS
    capacity = world.minter.capacity
    if capacity is not None and capacity < users:
        return Finding(
            False,
            f"the chosen profiles need about {users} users; the target file lists {capacity}: "
            "what needs more is not run",
        )
    return Finding(True, f"the chosen profiles need about {users} users and {users * 4} requests")


async def _a_look() -> None:
    """Stands for no check: the examination is not one."""


_A_LOOK = registry.Check("ROOM-1", "target_check", _a_look, __name__, 0, ())
