"""Plays steps in scenes that follow one another, and makes findings of what is complained about."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.explore.corpus import Entry
from conformance.explore.findings import Covered, Finding, is_about
from conformance.explore.method import Box, ReplayError
from conformance.explore.stage import Arena, Report
from conformance.fuzz.scene import Memory, Scene
from conformance.fuzz.scripts import (
    Look,
    Mark,
    Shortener,
    finding_of,
    marks,
    perform,
    play,
    remembered,
    script_of,
)
from conformance.fuzz.trials import Script, Trial
from protocol.mint import MintError
from protocol.operations import Answer, Request
from protocol.whose import BUDGETS

ALIKE = 6  # findings of one requirement in one place; after so many the rest would say nothing new
PAUSE_S = 0.5  # where nothing can be arranged, or nobody is left to do it
NOTES, NOTE_CHARS = 8, 200
SHORTEN_S = 8.0  # for one finding
AGAIN_S = 30.0  # for one replay
# Operations that are not explored. A generated address may be somebody's, who would get mail; a logout may
# end what later trials stand on; a code, a refresh cookie, a form and a token with a domain no trial has.
LEFT_OUT = ("requestOtp", "verifyOtp", "refresh", "logout", "listEmoji", "uploadEmoji", "getEmoji")


@dataclass(frozen=True)
class Heard:
    """A complaint that is new: its number in its scene, and the trials that led to it."""

    mark: Mark
    number: int
    story: Script


class Runner:
    """Shared by the methods of this folder. `more` looks at answers that nobody complained about."""

    def __init__(self, arena: Arena, name: str, covered: Covered, more: Look | None = None) -> None:
        self.arena, self.name, self.covered = arena, name, covered
        self._more = more
        self._memory = Memory()
        self._scene: Scene | None = None
        self._scenes = 0
        self._known: set[Mark] = set()
        self._alike: dict[tuple[str | None, str], int] = {}
        self.notes: list[str] = []

    async def scene(self, *, fresh: bool = False) -> Scene:
        """The scene that goes on, or a new one."""
        if self._scene is None or fresh or self._scene.worn:
            if self._scene is not None and self._scene.broken:
                await asyncio.sleep(PAUSE_S)
            await self.end_scene()
            self._scenes += 1
            self._scene = Scene(self.arena, self.covered, f"{self.name} {self._scenes}", self._memory)
        return self._scene

    async def end_scene(self) -> None:
        scene, self._scene = self._scene, None
        if scene is not None:
            if scene.too_long:
                self.note(scene.too_long)
            await scene.tidy()

    async def play(
        self, script: Script, box: Box, report: Report, *, look: bool = False, fresh: bool = False
    ) -> None:
        """Performs the trials, and reports what is new."""
        scene = await self.scene(fresh=fresh)
        try:
            for trial in script:
                if box.over:
                    break
                await self.perform(scene, replace(trial, look=trial.look or look or bool(trial.credential)))
        except MintError:
            await self.harvest(scene, box, report)
            raise
        except asyncio.CancelledError:
            for heard in self._heard(scene):
                report(self._whole(scene, heard))
            raise
        self.covered.cases += 1
        await self.harvest(scene, box, report)
        if fresh:
            await self.end_scene()

    async def nobody(self, error: MintError) -> None:
        """Notes that there are no more people."""
        self.note(f"no more people: {error}")
        await asyncio.sleep(PAUSE_S)

    def note(self, words: str) -> None:
        line = " ".join(words.split())[:NOTE_CHARS]
        if line not in self.notes and len(self.notes) < NOTES:
            self.notes.append(line)

    async def perform(self, scene: Scene, trial: Trial) -> tuple[Request, Answer] | None:
        return await perform(scene, trial, self._more)

    async def harvest(self, scene: Scene, box: Box, report: Report) -> None:
        """Reports what the scene has brought, each made as short as may be."""
        if not scene.stage.complaints:
            return
        waiting = self._heard(scene)
        try:
            await self.end_scene()  # it may be in a state that nobody knows, and its people may be needed
            while waiting:
                report(await self._short(scene, waiting[0], box))
                del waiting[0]
        finally:  # it may be cancelled: what is not made short yet is told as it came
            for heard in waiting:
                report(self._whole(scene, heard))

    def _heard(self, scene: Scene) -> list[Heard]:
        """What is complained about in the scene and new, which it is no longer."""
        found: list[Heard] = []
        for mark, number in marks(scene):
            kin = (mark.requirement, mark.where)
            if mark in self._known or self._alike.get(kin, 0) >= ALIKE:
                continue
            self._known.add(mark)
            self._alike[kin] = self._alike.get(kin, 0) + 1
            story = scene.performed[: scene.blamed.get(number, len(scene.performed))]
            found.append(Heard(mark, number, story))
        return found

    async def replay(self, entry: Entry, box: Box, report: Report) -> None:
        """Plays an entry of the corpus."""
        try:
            script = script_of(entry.replay)
        except (KeyError, TypeError, ValueError):
            return
        claimed = operations_of(self.arena)
        if all(trial.operation in claimed for trial in script):
            await self.play(script, box, report, fresh=True)

    async def again(self, wanted: Mapping[str, Any]) -> Finding | None:
        return await replay(self.arena, wanted, self.name, self._more)

    async def _short(self, scene: Scene, heard: Heard, box: Box) -> Finding:
        longest = Box(min(SHORTEN_S, box.left_s + 1.0), box.stopped)
        shortener = Shortener(self.arena, self.covered, self.name, heard.mark, longest, self._more)
        whole = heard.mark.requirement in BUDGETS.values()
        try:
            script = await shortener.shorten(heard.story, whole=whole)
        except MintError:
            script = None
        if script is not None and shortener.scene is not None:
            return finding_of(
                shortener.scene, shortener.number, self.name, _what(script), script, minimal=not whole
            )
        return self._whole(scene, heard)

    def _whole(self, scene: Scene, heard: Heard) -> Finding:
        return finding_of(scene, heard.number, self.name, _what(heard.story), heard.story, minimal=False)


def operations_of(arena: Arena) -> list[str]:
    """The operations of the claimed profiles that are explored, in the order of the spec."""
    spec, claimed = arena.world.spec, arena.world.target.profiles
    named = {
        name for profile in claimed if profile in spec.profiles for name in spec.profiles[profile].operations
    }
    return [name for name in spec.operations if name in named and name not in LEFT_OUT]


def _what(script: Script) -> str:
    return (script[-1].credential or script[-1].label) if script else ""


async def replay(
    arena: Arena, replay: Mapping[str, Any], method: str = "fuzz", more: Look | None = None
) -> Finding | None:
    """Does the same again: the last complaint of it that the replay is about; or None. Raises ReplayError."""
    try:
        script = script_of(replay)
    except (KeyError, TypeError, ValueError) as error:
        raise ReplayError(f"expected trials, a list of what is sent: {error}") from None
    about = replay.get("about")
    memory = remembered(about.get("requirement")) if isinstance(about, Mapping) else None
    try:
        scene = await play(arena, Covered(), f"{method} again", script, Box(AGAIN_S), more, memory)
    except MintError:
        return None
    for number, (complaint, _) in reversed(list(enumerate(scene.stage.complaints))):
        if is_about(complaint, replay):
            return finding_of(scene, number, method, _what(script), script, minimal=True)
    return None
