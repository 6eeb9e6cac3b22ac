"""Small programs: what a person may do in a few steps, and the plays that are made of two or three of them.

Everyone plays in two rooms: what is lost or comes too often in one may turn up in the other. Who comes last
(`dave`) looks at what is left.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import factorial

from conformance.explore.schedules.schedule import (
    BOTH,
    VERBS,
    Group,
    Schedule,
    Step,
    count,
    merged,
    one_by_one,
    paths,
    steps_of,
    turbulence,
)

MAKER, GUESTS, LAST = "alice", ("bob", "carol"), "dave"
ROOMS = ("A", "B")
POSTS = {"poll": "offer", "poll-answer": "answer", "poll-candidates": "candidate"}  # what is read, by how
OWN = {"alice": "C", "bob": "D", "carol": "E"}  # what `@own` is for each
AT_ONCE = 0.35  # of the steps of three that may be sent together, so many are


@dataclass(frozen=True)
class Program:
    """A few steps of one person, who is in both rooms at first or comes from outside."""

    name: str
    does: str
    outside: bool = False

    def steps(self, who: str) -> tuple[Step, ...]:
        found = []
        for word in self.does.split():
            verb, _, room = word.partition("@")
            found.append(Step(who, verb, OWN[who] if room == "own" else room or ROOMS[0]))
        return tuple(found)


Pair = tuple[tuple[str, Program], tuple[str, Program]]
PROGRAMS = (
    Program("calls", "offer poll-answer"),
    Program("calls again", "offer offer"),
    Program("calls in both rooms", "offer offer@B poll-answer"),
    Program("calls and goes", "offer leave"),
    Program("asks and answers", "poll answer"),
    Program("reads twice", "poll poll"),
    Program("reads in both rooms", "poll@B poll"),
    Program("reads and calls", "poll offer"),
    Program("answers again", "answer answer"),
    Program("waits for the answer", "poll-answer poll-answer"),
    Program("answers in both rooms", "answer@B answer poll"),
    Program("trickles", "candidate candidate poll-candidates"),
    Program("follows", "poll-candidates poll-candidates poll-candidates"),
    Program("trickles and follows", "poll-candidates candidate poll-candidates"),
    Program("shows life", "heartbeat list"),
    Program("goes and comes back", "leave join heartbeat"),
    Program("goes twice", "leave leave"),
    Program("makes a room", "create@own list leave@own list"),
    Program("comes", "join heartbeat", outside=True),
    Program("comes and asks", "join poll answer", outside=True),
    Program("comes twice", "join join leave", outside=True),
    Program("comes and goes", "join leave", outside=True),
    Program("comes and trickles", "join candidate poll-candidates", outside=True),
    Program("knocks outside", "poll offer heartbeat", outside=True),
    Program("trickles outside", "poll-candidates candidate", outside=True),
)


def opening(people: Sequence[tuple[str, Program]]) -> Schedule:
    """The rooms are made, and those come in who are inside at first. Mail that several are going to read is
    there already.
    """
    steps = [Step(MAKER, "create", room) for room in ROOMS]
    steps += [
        Step(who, "join", room)
        for who, program in people
        if who != MAKER and not program.outside
        for room in ROOMS
    ]
    if MAKER not in dict(people):
        readers = [set(program.does.split()) for _, program in people]
        steps += [Step(MAKER, POSTS[verb]) for verb in POSTS if all(verb in does for does in readers)]
    return one_by_one(steps)


def closing(steps: Sequence[Step]) -> Schedule:
    """Somebody new looks: at the counts, and into every box that anybody had to do with."""
    done = {step.verb for step in steps}
    looks = [verb for verb, post in POSTS.items() if done & {verb, post}]
    found = [Step(LAST, "join", room) for room in ROOMS]
    found += [Step(LAST, verb, room) for verb in looks for room in reversed(ROOMS)]
    found += [Step(LAST, verb) for verb in looks if verb == "poll-candidates"]  # with the cursor
    return one_by_one([*found, Step(LAST, "list")])


def framed(people: Sequence[tuple[str, Program]], middle: Schedule) -> Schedule:
    return opening(people) + middle + closing(steps_of(middle))


@dataclass(frozen=True)
class Plays:
    """All plays that the offered operations allow. Two people's are enumerated, three people's are drawn."""

    offered: frozenset[str]

    @cached_property
    def programs(self) -> tuple[Program, ...]:
        return tuple(
            program
            for program in PROGRAMS
            if all(VERBS[step.verb] in self.offered for step in program.steps(MAKER))
        )

    @cached_property
    def makers(self) -> tuple[Program, ...]:
        """Who makes the rooms is in them."""
        return tuple(program for program in self.programs if not program.outside)

    @cached_property
    def pairs(self) -> list[Pair]:
        """Of two guests, while the maker of the rooms only is there; and of one with a maker who goes."""
        bob, carol = GUESTS
        going = [program for program in self.makers if "leave" in program.does.split()]
        guests = itertools.combinations_with_replacement(self.programs, 2)
        found = [((bob, one), (carol, other)) for one, other in guests]
        return found + [((MAKER, one), (bob, other)) for one in going for other in self.programs]

    def two(self, chance: random.Random, *, at_once: bool) -> Iterator[Schedule]:
        """Every merge of every pair, those with few changes first, in the order of chance otherwise."""
        found: list[tuple[int, float, str, Pair]] = []
        for pair in self.pairs:
            for path in paths(*_lengths(pair)):
                if (BOTH in path) == at_once:
                    found.append((turbulence(path), chance.random(), path, pair))
        for _, _, path, pair in sorted(found, key=lambda play: play[:2]):
            yield of_two(path, pair)

    def any(self, chance: random.Random, *, at_once: bool) -> Schedule:
        """One of two people's, drawn."""
        pair = chance.choice(self.pairs)
        found = [path for path in paths(*_lengths(pair)) if (BOTH in path) == at_once]
        return of_two(chance.choice(found), pair)

    def count_two(self, *, at_once: bool) -> int:
        lengths = [_lengths(pair) for pair in self.pairs]
        if not at_once:
            return sum(count(first, second, 0) for first, second in lengths)
        return sum(count(*pair, both) for pair in lengths for both in range(1, min(pair) + 1))

    def three(self, chance: random.Random) -> Iterator[Schedule]:
        """Three people's, drawn without end: whose step is next is chance, and so is what is sent at once."""
        while True:
            chosen = [chance.choice(self.makers), *(chance.choice(self.programs) for _ in GUESTS)]
            people = list(zip((MAKER, *GUESTS), chosen, strict=True))
            yield framed(people, _drawn(chance, [program.steps(who) for who, program in people]))

    def count_three(self) -> int:
        """The merges of three, without those that send anything at once."""
        lengths = {program: len(program.does.split()) for program in self.programs}
        return sum(
            factorial(lengths[one] + lengths[two] + lengths[three])
            // (factorial(lengths[one]) * factorial(lengths[two]) * factorial(lengths[three]))
            for one in self.makers
            for two in self.programs
            for three in self.programs
        )


def of_two(path: str, pair: Pair) -> Schedule:
    (one, ours), (other, theirs) = pair
    return framed(pair, merged(path, ours.steps(one), theirs.steps(other)))


def _lengths(pair: Pair) -> tuple[int, int]:
    (_, ours), (_, theirs) = pair
    return len(ours.does.split()), len(theirs.does.split())


def _drawn(chance: random.Random, programs: Sequence[Sequence[Step]]) -> Schedule:
    turns = [place for place, program in enumerate(programs) for _ in program]
    chance.shuffle(turns)
    left = [iter(program) for program in programs]
    groups: list[Group] = []
    for turn in turns:
        step = next(left[turn])
        if groups and chance.random() < AT_ONCE and step.who not in {one.who for one in groups[-1]}:
            groups[-1] = (*groups[-1], step)
        else:
            groups.append((step,))
    return tuple(groups)
