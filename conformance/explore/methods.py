"""The methods of an attack, by name, in the order of their turns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from conformance.explore.method import Method
from conformance.explore.model.by_model import ModelMethod
from conformance.explore.schedules.faults import Faults
from conformance.explore.schedules.schedules import Schedules
from conformance.explore.stage import Arena
from conformance.fuzz.fuzz import Fuzz
from conformance.fuzz.runner import LEFT_OUT
from conformance.fuzz.texts import ASKED, Texts
from protocol.spec import Spec

ROOMS = (*ASKED, "leaveRoom", "heartbeat", "listRooms", "sendCandidate", "getCandidates")
# What a method is to reach; one that is not named here is to reach all but these profiles, fuzz more.
OTHERS = ("emoji", "otp")
REACH = {"texts": ASKED, "schedules": ROOMS, "faults": ROOMS}
# The corpus is a folder of replays, for methods that try these first.
MAKERS: dict[str, Callable[[Arena, Path | None], Method]] = {
    "texts": Texts,
    "model": ModelMethod,
    "fuzz": Fuzz,
    "schedules": Schedules,
    "faults": Faults,
}
NAMES = tuple(MAKERS)


def tries(method: str, spec: Spec, operation: str) -> bool:
    """Whether the method is to reach this operation: where it does not, its run was a shallow one."""
    reach = REACH.get(method)
    if reach is not None:
        return operation in reach
    if method == "fuzz":
        return operation not in LEFT_OUT
    return not any(operation in spec.profiles[name].operations for name in OTHERS)


def make(names: Iterable[str], arena: Arena, corpus: Path | None) -> list[Method]:
    """The methods of these names; of no names, all."""
    wanted = set(names) or set(NAMES)
    return [maker(arena, corpus) for name, maker in MAKERS.items() if name in wanted]
