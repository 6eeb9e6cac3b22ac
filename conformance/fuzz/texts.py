"""The method `texts`: session descriptions, candidates, names and bodies from grammars, there and back."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.explore import corpus
from conformance.explore.findings import Covered, Finding
from conformance.explore.method import Box
from conformance.explore.stage import Arena, Report
from conformance.fuzz.edges import Edges
from conformance.fuzz.fuzz import notes
from conformance.fuzz.runner import Runner
from conformance.fuzz.sdp_grammar import Grammar
from conformance.fuzz.trials import CREATOR, PARTICIPANT, ROOM, Expectation, Trial
from protocol.mint import MintError

KINDS = ("Offer", "Answer")
SEALED = 0.15  # of the reads: to open an envelope costs tens of milliseconds
ASKED = ("createRoom", "joinRoom", "sendOffer", "getOffer", "sendAnswer", "getAnswer")


class Texts:
    name = "texts"

    def __init__(self, arena: Arena, folder: Path | None = None) -> None:
        self.covered = Covered()
        self._arena = arena
        self._runner = Runner(arena, self.name, self.covered)
        self._corpus = [one for one in corpus.entries(corpus.SHIPPED, folder) if one.method == self.name]
        self._numbers = itertools.count()
        profiles = arena.world.target.profiles
        self._candidates = "ice" in profiles

    async def run(self, box: Box, report: Report) -> None:
        try:
            while not box.over:
                if self._corpus:
                    await self._runner.replay(self._corpus.pop(0), box, report)
                    continue
                await self._runner.play(self._next(), box, report)
        except MintError as error:
            await self._runner.nobody(error)
        finally:
            await self._runner.end_scene()
        self.covered.notes = [*notes(self.covered, ASKED), *self._runner.notes]

    async def again(self, replay: Mapping[str, Any]) -> Finding | None:
        return await self._runner.again(replay)

    # -- inside

    def _next(self) -> list[Trial]:
        chance = self._arena.chance("texts", next(self._numbers))
        kind = chance.choices(("whole", "odd", "broken", "candidate", "edge"), (5, 2, 3, 2, 6))[0]
        if kind == "edge":
            return [_looking(Edges(self._arena.world, chance).any(), chance)]
        if kind == "candidate" and self._candidates:
            return self._candidate(chance)
        return self._mail(kind, chance)

    def _mail(self, kind: str, chance: random.Random) -> list[Trial]:
        box = chance.choice(KINDS)
        field = box.lower()
        grammar = Grammar(chance)
        schema = self._arena.world.spec.operation(f"send{box}").request_schema or {}
        most = int(schema["properties"][field]["maxLength"])
        text: object = grammar.odd() if kind == "odd" else grammar.session(most)
        expect = None
        if kind == "broken":
            text, expect = grammar.broken(field, most)
        poster, reader = chance.sample((CREATOR, PARTICIPANT), 2)
        body = {"roomId": ROOM, field: text, "type": field}
        posting = Trial(
            f"send{box}", f"{kind} {field}", poster, body=body, expect=expect, look=kind == "broken"
        )
        reading = Trial(f"get{box}", f"{kind} {field}", reader, self._way(chance), params={"roomId": ROOM})
        return [posting] if kind == "broken" else [posting, reading]

    def _candidate(self, chance: random.Random) -> list[Trial]:
        grammar = Grammar(chance)
        poster, reader = chance.sample((CREATOR, PARTICIPANT), 2)
        script = []
        for _ in range(chance.randrange(1, 4)):
            item, expect = _item(grammar, chance)
            body = {"roomId": ROOM, "candidate": item}
            script.append(Trial("sendCandidate", "candidates", poster, body=body, expect=expect))
        way = self._way(chance)
        return [*script, Trial("getCandidates", "candidates", reader, way, params={"roomId": ROOM})]

    def _way(self, chance: random.Random) -> str:
        target = self._arena.world.target
        if "bearer" not in target.deliveries or len(target.deliveries) == 1:
            return ""
        return "bearer" if chance.random() < (SEALED if target.encrypted.get("bearer") else 0.5) else ""


def _item(grammar: Grammar, chance: random.Random) -> tuple[dict[str, Any], Expectation | None]:
    """A candidate; where a real reader may refuse it, it may be refused."""
    places = (("0", 0), ("audio", None), (None, 1))
    mid, index = chance.choice(places)
    text = "" if chance.random() < 0.1 else grammar.candidate()
    odd = chance.random() < 0.2
    if odd and chance.random() < 0.5:
        text = grammar.odd_candidate()
    elif odd:
        mid, index = chance.choice((("", None), ("\u00e4", 65535), (None, None)))
    expect = Expectation((200, 400), None, "a candidate that not everybody reads") if odd else None
    return {"candidate": text, "sdpMid": mid, "sdpMLineIndex": index}, expect


def _looking(trial: Trial, chance: random.Random) -> Trial:
    return replace(trial, look=chance.random() < 0.3)
