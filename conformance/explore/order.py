"""An attack from its order to its result: opens the target, asks the guard, lets the methods take turns."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from conformance import doctor
from conformance.control import ControlError
from conformance.explore import methods
from conformance.explore.attack import Attack
from conformance.explore.findings import Record
from conformance.explore.method import ReplayError
from conformance.explore.result import result
from conformance.explore.stage import Arena
from conformance.lease import Lease
from conformance.session import Session
from conformance.settings import Settings
from protocol.spec import Spec
from suite import guard, interrupts


class AttackError(Exception):
    """An option cannot be used, or a replay cannot be read; one line says why."""


def read_replay(file: Path, option: str) -> Record:
    """A replay.json. Raises AttackError, which names the option, the file and what was expected."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise AttackError(f"{option}: {file}: {error.strerror}") from None
    except ValueError as error:
        raise AttackError(f"{option}: {file}: is no JSON: {error}") from None
    good = isinstance(found, dict) and found.get("method") in methods.NAMES
    if not good or not isinstance(found.get("replay"), dict):
        raise AttackError(
            f"{option}: {file}: expected a replay.json with method ({', '.join(methods.NAMES)}) and replay"
        )
    return dict(found)


def check_corpus(folder: Path) -> None:
    """Raises AttackError where it is no folder of replays."""
    if not folder.is_dir():
        raise AttackError(f"--corpus: {folder}: expected a folder")
    for file in sorted(folder.rglob("*.json")):
        read_replay(file, "--corpus")


@dataclass(frozen=True)
class Order:
    """What is to be attacked, how long, and by what."""

    settings: Settings
    seconds: float
    methods: tuple[str, ...]
    seed: int
    corpus: Path | None = None
    operated: bool = False
    only_first: bool = False


async def run(
    order: Order,
    spec: Spec,
    said: Callable[[Attack], None] = lambda attack: None,
    replay: Record | None = None,
) -> Record:
    """One attack from start to end. `said` is told of the attack as it goes on, and may stop it.

    Raises AttackError, GuardError, and whatever opening a target raises, each with one line.
    """
    if order.corpus is not None:
        check_corpus(order.corpus)
    session = Session(order.settings, spec)
    async with AsyncExitStack() as stack:
        world = await session.open(stack)
        guard.only_loopback(world.target.base_url, operated=order.operated)
        stack.enter_context(Lease(world.target.base_url, control=world.control is not None))
        reason = await doctor.unreachable(world)
        if reason is not None:
            raise AttackError(reason)
        arena = Arena(world, order.seed)
        chosen = methods.make(order.methods, arena, order.corpus)
        attack = Attack(arena, chosen, order.seconds, said, order.only_first)
        if world.control is not None:
            await world.control.reset()
        try:
            if replay is None:
                await attack.run()
            else:
                await _again(attack, replay)
        finally:
            if world.control is not None:
                with contextlib.suppress(ControlError):  # the target is gone, which the attack has said
                    await world.control.reset()
        return result(attack, replayed=replay is not None)


async def _again(attack: Attack, replay: Record) -> None:
    try:
        await attack.replay(replay["method"], replay["replay"])
    except ReplayError as error:
        raise AttackError(f"the replay of {replay['method']}: {error}") from None


async def interruptible(
    order: Order,
    spec: Spec,
    said: Callable[[Attack], None] = lambda attack: None,
    replay: Record | None = None,
) -> Record:
    """The same, in the main thread: Ctrl-C (and a polite TERM) end it early, with a result of what was found.
    Before it has begun, and the second time, they end it without.
    """
    begun: list[Attack] = []

    def told(attack: Attack) -> None:
        begun[:] = [attack]
        said(attack)

    def stop() -> bool:
        if not begun or begun[0].stopped:
            return False
        begun[0].stop("interrupted")
        return True

    try:
        return await interrupts.interruptible(run(order, spec, told, replay), stop)
    except asyncio.CancelledError:
        raise AttackError("interrupted before there was anything to tell") from None
