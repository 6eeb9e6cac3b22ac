"""What is tried, in which order: an endless weave of cases, credentials, mail in turns and budgets."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance import things
from conformance.cast import World
from conformance.explore.stage import Arena
from conformance.fuzz import credentials
from conformance.fuzz.cases import Cases
from conformance.fuzz.trials import (
    CREATOR,
    ME,
    OTHER_ROOM,
    OUTSIDER,
    PARTICIPANT,
    PARTY,
    ROOM,
    Script,
    Trial,
    weave,
)
from protocol.whose import BUDGETS

CHAIN = "chain"
# One turn: which source gives the next script.
TURN = (
    *("coverage", "mail", "coverage", "credentials", "coverage", "credentials", "fuzzing") * 5,
    *("coverage", "credentials", "coverage", "coverage", "coverage", "fuzzing") * 5,
    CHAIN,
)
BUDGET_EVERY = 60  # scripts


@dataclass(frozen=True)
class Step:
    """A script to play; `fresh` in a scene of its own. A chain makes its script as it goes, from `seed`."""

    source: str
    script: Script = ()
    fresh: bool = False
    seed: int = 0


class Plan:
    """`next` may take tens of milliseconds, for Schemathesis makes cases by the batch."""

    def __init__(self, arena: Arena, cases: Cases) -> None:
        self._arena, self._cases = arena, cases
        self._count = 0
        self._examples = iter(cases.examples(arena.chance("examples")))
        sources: dict[str, Iterator[Step]] = {
            "coverage": self._coverage(),
            "fuzzing": self._fuzzing(),
            "credentials": self._credentials(),
            "mail": self._mail(),
            CHAIN: self._chains(),
        }
        self._sources = sources
        self._turn = itertools.cycle(TURN)
        self._budgets = self._spending()

    def next(self) -> Step:
        self._count += 1
        if self._count % BUDGET_EVERY == 20:
            step = next(self._budgets, None)
            if step is not None:
                return step
        if self._count % 2 and (example := next(self._examples, None)) is not None:
            return Step("examples", [example])
        while True:
            step = next(self._sources[next(self._turn)], None)
            if step is not None:
                return step

    # -- inside

    def _coverage(self) -> Iterator[Step]:
        for number in itertools.count():
            made = self._cases.coverage(self._arena.chance("coverage", number))
            yield from (
                Step("coverage", ready(trial, self._arena.chance("ready", number, at)))
                for at, trial in enumerate(made)
            )

    def _fuzzing(self) -> Iterator[Step]:
        for number in itertools.count():
            chance = self._arena.chance("fuzzing", number)
            order = [(name, negative) for name in self._cases.operations for negative in (True, False)]
            chance.shuffle(order)
            for name, negative in order:
                if name == "health" and number:
                    continue
                seed = chance.randrange(2**32)
                for trial in self._cases.fuzzing(name, seed, negative=negative, chance=chance):
                    yield Step("fuzzing", ready(trial, chance))

    def _chains(self) -> Iterator[Step]:
        for number in itertools.count():
            yield Step(CHAIN, seed=self._arena.chance("chain", number).randrange(2**32))

    def _credentials(self) -> Iterator[Step]:
        """Every fault at every operation; the kinds of faults take turns."""
        for number in itertools.count():
            chance = self._arena.chance("credentials", number)
            kinds: dict[str, list[tuple[str, str]]] = {}
            for name in credentials.names(self._arena.world):
                for operation in self._cases.operations:
                    if credentials.applies(self._arena.world, name, operation):
                        kind = name if name.startswith("csrf") else name.split(": ")[0]
                        kinds.setdefault(kind, []).append((name, operation))
            if not kinds:
                return  # the target claims nothing of the kind
            for pairs in kinds.values():
                chance.shuffle(pairs)
            for name, operation in weave(kinds.values()):
                trial = valid(self._arena.world, operation, chance)
                faulty = Trial(**{**vars(trial), "credential": name, "label": name})
                yield Step("credentials", [faulty])

    def _mail(self) -> Iterator[Step]:
        for number in itertools.count():
            yield Step("mail", mail_in_turns(self._arena.chance("mail", number)))

    def _spending(self) -> Iterator[Step]:
        """Each budget is spent to its end, by one person."""
        world = self._arena.world
        if "ratelimit" not in world.target.profiles or world.minter.capacity is not None:
            return
        order = [name for name in BUDGETS if name in self._cases.operations]
        for number in itertools.count():
            for name in order:
                chance = self._arena.chance("budget", number, name)
                budget = world.spec.operation(name).budget
                assert budget is not None, "what is named in BUDGETS has a budget"
                actor = OUTSIDER if name == "joinRoom" else PARTICIPANT
                trial = valid(world, name, chance)
                spend = Trial(
                    **{
                        **vars(trial),
                        "actor": actor,
                        "same_person": True,
                        "delivery": "",
                        "label": "a budget spent",
                    }
                )
                yield Step("budgets", [spend] * (budget.limit + 1), fresh=True)


def mail_in_turns(chance: random.Random) -> list[Trial]:
    """Posts and reads by two people in two rooms, in some order."""
    script: list[Trial] = []
    kind = chance.choice(("Offer", "Answer"))
    for _ in range(chance.randrange(3, 7)):
        if chance.random() < 0.2:
            kind = chance.choice(("Offer", "Answer"))
        room = chance.choices((ROOM, OTHER_ROOM), (2, 1))[0]
        # The creator posts and the participant reads, so that nobody reads his own.
        if not script or chance.random() < 0.4:
            script.append(posting(kind, room, CREATOR))
        else:
            reading = Trial(f"get{kind}", "mail in turns", PARTICIPANT, params={"roomId": room})
            script.append(reading)
    return script


def posting(kind: str, room: str, actor: str) -> Trial:
    name = kind.lower()
    body = {"roomId": room, name: things.sdp(), "type": name}
    return Trial(f"send{kind}", "mail in turns", actor, body=body)


def ready(trial: Trial, chance: random.Random) -> Script:
    """The trial, after a post where it reads mail: mostly there is something to read."""
    room = trial.params.get("roomId")
    if trial.operation in ("getOffer", "getAnswer") and room in (ROOM, OTHER_ROOM) and chance.random() < 0.7:
        poster = PARTICIPANT if trial.actor == CREATOR else CREATOR
        return [posting(trial.operation.removeprefix("get"), room, poster), trial]
    return [trial]


def valid(world: World, operation: str, chance: random.Random) -> Trial:
    """A valid request of the operation."""
    room: dict[str, Any] = {"roomId": chance.choice((ROOM, ROOM, OTHER_ROOM))}
    name = {"broadcasterId": ME, "broadcasterName": f"Fuzz {chance.randrange(10**6)}"}
    bodies: dict[str, dict[str, Any]] = {
        "createRoom": name,
        "createPartyRoom": name,
        "joinRoom": room,
        "sendOffer": {**room, "offer": things.sdp(), "type": "offer"},
        "sendAnswer": {**room, "answer": things.sdp(), "type": "answer"},
        "heartbeat": room,
        "leaveRoom": room,
        "inviteToPartyRoom": {"userIds": [f"guest-{chance.randrange(10**6)}"]},
        "sendCandidate": {
            **room,
            "candidate": {"candidate": things.relay_candidate(), "sdpMid": "0", "sdpMLineIndex": 0},
        },
    }
    params: dict[str, str] = {}
    for param in world.spec.operation(operation).path_params:
        params[param] = PARTY if operation == "inviteToPartyRoom" else ROOM
    if operation == "joinRoom":
        actor = OUTSIDER
    else:
        actor = CREATOR if operation == "inviteToPartyRoom" else chance.choice((CREATOR, PARTICIPANT))
    ways: list[str] = ["", "", *world.target.deliveries]
    return Trial(operation, "valid", actor, chance.choice(ways), params, body=bodies.get(operation))
