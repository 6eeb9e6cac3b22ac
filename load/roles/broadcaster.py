"""A broadcaster: keeps a room, beats its heart, looks for newcomers, connects them one after the other."""

from __future__ import annotations

import time

from load.lobby import Room, Visit
from load.roles.actor import RETRY_S, Actor, Grid, Spent, World
from load.sending import Reply, Wrong

AGAIN = 0.125  # the share of answers that are asked for once more, to see that they are gone


class Broadcaster:
    """One room after the other. `turn` is one room."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.actor = Actor(world, number, "broadcaster")
        self._cursor: str | None = None
        self._heard: dict[str, int] = {}
        self._looks = 0

    def turn(self) -> None:
        actor, pace = self.actor, self.world.pace
        stays = actor.chance.uniform(*pace.room)
        actor.be_somebody((("createRoom", 1), ("sendOffer", 2)), stays)
        room = actor.create()
        if room is None:
            actor.until(actor.due + RETRY_S)
            return
        try:
            self._keep(room, actor.due + stays)
            actor.leave()
        except Spent:
            self._leave_spent()

    def end(self) -> None:
        room = self.actor.inside
        if room is not None:
            self.world.lobby.closed(room)
        self.actor.end()

    def _leave_spent(self) -> None:
        try:
            self.actor.leave()
        except Spent:
            pass
        self.actor.become_another()

    def _keep(self, room: Room, ends: float) -> None:
        actor, pace, world = self.actor, self.world.pace, self.world
        self._cursor, self._heard = None, {}
        if world.ice:
            actor.servers()
        if pace.offers:
            actor.post(room, "offer")
        beat = world.grid(pace.heartbeat, actor.due, actor.chance)
        look = world.grid(pace.look, actor.due, actor.chance)
        poll: Grid | None = None
        visit: Visit | None = None
        patience = 0.0
        while True:
            moment = min(beat.next, look.next, poll.next if poll is not None else ends, ends)
            actor.until(moment)
            if moment >= ends:
                return
            if not actor.person.lasts():
                raise Spent("token")
            if moment == beat.next:
                actor.beat(room, beat)
            elif moment == look.next:
                newcomer = self._look(room, look)
                if poll is None and newcomer and pace.offers and room.visit is not None:
                    visit = room.visit
                    self._offer(room, visit)
                    poll = Grid(pace.poll, world.zero if pace.in_step else actor.due, actor.due)
                    patience = actor.due + world.spec.timings["poll_timeout"]
            elif poll is not None and visit is not None:
                arrived = actor.read(room, "answer", poll)
                if arrived:
                    room.served.add(visit.viewer)
                    if actor.chance.random() < AGAIN:
                        actor.read(room, "answer")
                if arrived or visit.over or time.perf_counter() > patience:
                    world.lobby.finish(room, visit)
                    poll = visit = None

    def _offer(self, room: Room, visit: Visit) -> None:
        """One for this newcomer, where it has none yet and none is waiting for it."""
        if not visit.offered and self.world.lobby.due(room, "offer", visit.viewer) is None:
            self.actor.post(room, "offer")

    def _look(self, room: Room, grid: Grid) -> bool:
        """Whether the target shows somebody who is not connected yet: by the listing, or by a knock."""
        self._looks += 1
        if self.world.ice and self._looks % 2 == 0:
            return self._listen(room, grid)
        reply = self.actor.look(room, grid)
        shown = (
            next((one for one in reply.rooms if one.get("roomId") == room.id), None) if reply.good else None
        )
        return shown is not None and shown["participantCount"] - 1 > len(room.served)

    def _listen(self, room: Room, grid: Grid) -> bool:
        """Reads the candidates since the last time; whether anybody knocked who is not served."""
        before = set(self._heard)

        def check(reply: Reply) -> Wrong | None:
            wrong = None
            for item in reply.body["candidates"]:
                wrong = self.world.lobby.heard(room, item.get("fromUserId"), self._heard) or wrong
            return wrong

        query = {"since": self._cursor} if self._cursor is not None else None
        reply = self.actor.send(
            "getCandidates", grid=grid, params={"roomId": room.id}, query=query, whose="ICE-5", check=check
        )
        if isinstance(reply.body, dict) and "next" in reply.body:
            self._cursor = str(reply.body["next"])
        return bool(self._heard.keys() - before)
