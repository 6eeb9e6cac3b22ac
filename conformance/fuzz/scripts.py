"""Plays scripts of trials: the first time, and again to find the shortest that brings the same complaint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.explore.findings import Covered, Finding
from conformance.explore.method import Box
from conformance.explore.stage import Arena
from conformance.fuzz.scene import Memory, Scene
from conformance.fuzz.trials import Script, Trial, from_json, plainer
from protocol.mint import MintError
from protocol.operations import Answer, Request
from reports.reproduction.fault import Complaint

Look = Callable[[Trial, Request, Answer], Complaint | None]
TRIES = 40  # plays to make one finding smaller


@dataclass(frozen=True)
class Mark:
    """What makes two complaints the same one."""

    requirement: str | None
    where: str
    operation: str

    @classmethod
    def of(cls, scene: Scene, complaint: Complaint, place: int) -> Mark:
        records = scene.stage.records
        record = records[min(place, len(records) - 1)] if records else {}
        return cls(complaint.requirement, complaint.where, str(record.get("operation", "")))


async def play(
    arena: Arena,
    covered: Covered,
    name: str,
    script: Script,
    box: Box,
    more: Look | None = None,
    memory: Memory | None = None,
) -> Scene:
    """A scene of its own in which the trials were performed, or as many as the box has time for. It is tidied
    up. Raises MintError.
    """
    scene = Scene(arena, covered, name, memory)
    try:
        for trial in script:
            if box.over:
                break
            await perform(scene, trial, more)
    except MintError:
        await scene.tidy()
        raise
    await scene.tidy()
    return scene


async def perform(scene: Scene, trial: Trial, more: Look | None = None) -> tuple[Request, Answer] | None:
    """Performs a trial; `more` looks at an answer that nobody complained about."""
    seen = len(scene.stage.complaints)
    sent = await scene.perform(trial)
    if sent is not None and more is not None and len(scene.stage.complaints) == seen and not trial.method:
        request, answer, place = sent
        complaint = more(trial, request, answer)
        if complaint is not None:
            scene.stage.complain(complaint, place)
    for number in range(seen, len(scene.stage.complaints)):
        scene.blamed[number] = len(scene.performed)
    return None if sent is None else sent[:2]


def remembered(requirement: str | None) -> Memory:
    """As it was when this was found wanting, so that what is played anew is judged alike."""
    return Memory(cookie_writes=requirement != "CSRF-3")


def marks(scene: Scene, since: int = 0) -> list[tuple[Mark, int]]:
    """What was complained about, each with its number among the complaints."""
    return [
        (Mark.of(scene, complaint, place), number)
        for number, (complaint, place) in enumerate(scene.stage.complaints)
        if number >= since
    ]


def finding_of(
    scene: Scene, number: int, method: str, what: str, script: Script, *, minimal: bool
) -> Finding:
    complaint, place = scene.stage.complaints[number]
    return scene.stage.finding(method, what, complaint, place, replay=replay_of(script), minimal=minimal)


def replay_of(script: Script) -> dict[str, Any]:
    return {"trials": [trial.to_json() for trial in script]}


def script_of(replay: Mapping[str, Any]) -> list[Trial]:
    """Raises KeyError or TypeError for what is no replay of ours."""
    return [from_json(one) for one in replay["trials"]]


class Shortener:
    """Finds the shortest script that brings a complaint, within a box and a number of plays."""

    def __init__(
        self, arena: Arena, covered: Covered, name: str, mark: Mark, box: Box, more: Look | None = None
    ) -> None:
        self._arena, self._covered, self._name, self._mark, self._box = arena, covered, name, mark, box
        self._more = more
        self._tries = TRIES
        self.scene: Scene | None = None
        self.number = 0

    async def shorten(self, script: Sequence[Trial], *, whole: bool = False) -> list[Trial] | None:
        """None where it cannot be brought about again. `whole`: every trial of it is needed."""
        best: list[Trial] | None = None
        lengths = (len(script),) if whole else (1, 2, 4, len(script))
        for length in dict.fromkeys(lengths):
            if await self._holds(list(script[-length:])):
                best = list(script[-length:])
                break
        if best is None or whole:
            return best
        size = (len(best) - 1) // 2  # of what is left out at once; the last is what it is about
        while size >= 1:
            number = 0
            while number + size < len(best):
                shorter = best[:number] + best[number + size :]
                if await self._holds(shorter):
                    best = shorter
                else:
                    number += size
            size //= 2
        progress = True
        while progress:
            progress = False
            for candidate in plainer(best[-1]):
                if await self._holds([*best[:-1], candidate]):
                    best = [*best[:-1], candidate]
                    progress = True
                    break
        return best

    async def _holds(self, script: list[Trial]) -> bool:
        if not script or self._tries <= 0 or self._box.over:
            return False
        self._tries -= 1
        memory = remembered(self._mark.requirement)
        scene = await play(self._arena, self._covered, self._name, script, self._box, self._more, memory)
        for mark, number in marks(scene):
            if mark == self._mark:
                self.scene, self.number = scene, number
                return True
        return False
