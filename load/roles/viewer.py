"""A viewer: sees a room in the listing, joins, gets an offer, answers it, stays a while, leaves, thinks."""

from __future__ import annotations

import time

from load.lobby import Room, Visit
from load.roles.actor import Actor, Grid, Spent, World

AGAIN = 0.125  # the share of offers that are asked for once more, to see that they are gone
POLLS_A_KNOCK = 3  # polls without an offer, before it knocks again


class Viewer:
    """One visit after the other. `turn` is one visit."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.actor = Actor(world, number, "viewer")
        self._visit: Visit | None = None
        self._chosen: Room | None = None

    def turn(self) -> None:
        actor, world, pace = self.actor, self.world, self.world.pace
        actor.pause(pace.think)
        polls = round(world.spec.timings["poll_timeout"] / pace.poll) + 2
        actor.be_somebody((("joinRoom", 1), ("sendAnswer", 1), ("getOffer", polls)), pace.stay[1])
        with actor.ours():
            room = self._chosen = world.lobby.accompany(actor.chance)
        try:
            actor.look(room)
            if room is None:
                actor.until(actor.due + pace.look)
            elif room.open and actor.join(room):
                self._stay(room)
        except Spent:
            actor.become_another()
        finally:
            self._away()

    def end(self) -> None:
        self._away()
        self.actor.end()

    def _away(self) -> None:
        """It takes no place of a room any more, and nobody's turn."""
        room, visit = self._chosen, self._visit
        self._chosen = self._visit = None
        if room is not None:
            if visit is not None:
                self.world.lobby.finish(room, visit)
            self.world.lobby.gone(room)

    def _stay(self, room: Room) -> None:
        actor, world, pace = self.actor, self.world, self.world.pace
        visit = self._visit = world.lobby.arrive(room, actor.person.id)
        beat = world.grid(pace.heartbeat, actor.due, actor.chance)
        try:
            if world.ice:
                actor.servers()
            patience = actor.due + world.spec.timings["poll_timeout"]
            self._wait(room, visit, beat, patience)
            if visit.turn.is_set() and not visit.over and self._ask(room, visit, beat):
                actor.post(room, "answer")
                self._wait(room, visit, beat, actor.due + world.spec.timings["poll_timeout"], connected=True)
                self._beating(room, beat, actor.due + actor.chance.uniform(*pace.stay))
        except Spent:
            world.lobby.finish(room, visit)
            actor.leave()
            raise
        world.lobby.finish(room, visit)
        actor.leave()

    def _ask(self, room: Room, visit: Visit, beat: Grid) -> bool:
        """Polls for the offer, and knocks while there is none; its heart goes on beating meanwhile."""
        actor, world, pace = self.actor, self.world, self.world.pace
        poll = Grid(pace.poll, world.zero if pace.in_step else actor.due, actor.due)
        patience = actor.due + world.spec.timings["poll_timeout"]
        knocks, polls = world.spec.limits["knocks"] if world.ice else 0, 0
        while not visit.over:
            if actor.read(room, "offer", poll):
                visit.offered = True
                if actor.chance.random() < AGAIN:
                    actor.read(room, "offer")
                return True
            if knocks and polls % POLLS_A_KNOCK == 0:
                actor.knock(room)
                knocks -= 1
            polls += 1
            if poll.next > patience:
                return False
            self._beating(room, beat, poll.next)
        return False

    def _wait(
        self, room: Room, visit: Visit, beat: Grid, patience: float, *, connected: bool = False
    ) -> None:
        """For its turn, or to be connected; its heart goes on beating meanwhile."""
        event = visit.connected if connected else visit.turn
        while not event.is_set():
            moment = min(beat.next, patience)
            if event.wait(max(0.0, moment - time.perf_counter())) or moment == patience:
                break
            self.actor.due = moment
            self.actor.beat(room, beat)
        self.actor.due = max(self.actor.due, time.perf_counter())

    def _beating(self, room: Room, beat: Grid, ends: float) -> None:
        """Waits until then."""
        while beat.next < ends:
            self.actor.until(beat.next)
            self.actor.beat(room, beat)
        self.actor.until(ends)
