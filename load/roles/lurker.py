"""A lurker: looks at the listing and asks how the service is, in turn, and joins nothing."""

from __future__ import annotations

from load.roles.actor import Actor, Grid, Spent, World


class Lurker:
    """`turn` is one look."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.actor = Actor(world, number, "lurker")
        self._grid: Grid | None = None
        self._looks = 0

    def turn(self) -> None:
        actor = self.actor
        if self._grid is None:
            self._grid = self.world.grid(self.world.pace.look, actor.due, actor.chance)
        actor.until(self._grid.next)
        actor.be_somebody((("listRooms", 1), ("health", 1)), self._grid.every)
        self._looks += 1
        try:
            if self._looks % 2:
                actor.look(None, self._grid)
            else:
                actor.send("health", grid=self._grid, whose="HEALTH-1")
        except Spent:
            actor.become_another()

    def end(self) -> None:
        self.actor.end()
