"""Two people with a party room: one makes it and invites, the other joins, both leave."""

from __future__ import annotations

from typing import Any

from load.lobby import Room
from load.roles.actor import RETRY_S, Actor, Spent, World
from load.sending import Reply, Wrong


class Party:
    """`turn` is one party, below an unlisted room of its host's that lasts as long as the host does."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.host = Actor(world, number, "host")
        self.guest = Actor(world, number, "guest")
        self._parent: Room | None = None

    def turn(self) -> None:
        host, guest, pace = self.host, self.guest, self.world.pace
        host.pause(pace.think)
        try:
            self._be_people()
            if self._parent is None:
                host.until(host.due + RETRY_S)
                return
            party = self._make(self._parent)
            if party is None:
                host.until(host.due + RETRY_S)
                return
            self._celebrate(party)
        except Spent:
            self._apart()
            host.become_another()
            guest.become_another()

    def end(self) -> None:
        self.guest.end()
        self._apart_quickly()
        self.host.end()

    def _be_people(self) -> None:
        """The host is somebody who may make a party; where it is somebody new, with a new room above."""
        host, before = self.host, self.host.identity
        if self._parent is not None and not host.may((("createPartyRoom", 1),), self.world.pace.stay[1]):
            self._leave_parent()
        needs = [("createPartyRoom", 1)] + ([("createRoom", 1)] if self._parent is None else [])
        host.be_somebody(needs, self.world.pace.stay[1])
        if host.identity != before or self._parent is None:
            self._parent = host.create(listed=False)
            host.inside = None
        with host.ours():
            self.guest.be_somebody((("joinRoom", 1),), self.world.pace.stay[1])

    def _make(self, parent: Room) -> Room | None:
        host, person = self.host, self.host.person

        def check(reply: Reply) -> Wrong | None:
            room = reply.room
            if room.get("createdBy") != person.id or room.get("participantCount") != 1:
                return Wrong("the new party room is not its creator's alone", "PARTY-1")
            return None

        fields: dict[str, Any] = {"broadcasterId": person.id, "broadcasterName": person.name}
        fields["parentRoomId"] = parent.id
        reply = host.send("createPartyRoom", fields=fields, whose="PARTY-1", check=check)
        if not reply.good:
            return None
        host.inside = self.world.lobby.opened(reply.room["roomId"], person.id, listed=False)
        return host.inside

    def _celebrate(self, party: Room) -> None:
        host, guest = self.host, self.guest
        invited = guest.person.id

        def merged(reply: Reply) -> Wrong | None:
            if reply.body["invitedUsers"] != [invited]:
                return Wrong("invitedUsers are not those who were invited", "PARTY-5")
            return None

        fields = {"userIds": [invited]}
        host.send(
            "inviteToPartyRoom", params={"roomId": party.id}, fields=fields, whose="PARTY-5", check=merged
        )
        guest.due = host.due
        joined = guest.join(party)
        host.due = guest.due
        assert self._parent is not None
        parent, version = self._parent, party.version

        def listed(reply: Reply) -> Wrong | None:
            shown = next((one for one in reply.rooms if one["roomId"] == party.id), None)
            if shown is None:
                return Wrong("a party room is not listed below its parent", "PARTY-2")
            return self.world.lobby.unchanged(party, version, shown.get("participantCount"))

        host.send("listPartyRooms", params={"parentRoomId": parent.id}, whose="PARTY-2", check=listed)
        host.pause(self.world.pace.stay)
        guest.due = host.due
        if joined:
            guest.leave()
            host.due = guest.due
        host.leave()

    def _apart(self) -> None:
        for actor in (self.guest, self.host):
            try:
                actor.leave()
            except Spent:
                pass
            self.host.due = max(self.host.due, actor.due)
        try:
            self._leave_parent()
        except Spent:
            pass

    def _apart_quickly(self) -> None:
        """When it is stopped: the party first, then what is above."""
        if self._parent is not None:
            self.host.bye()
            self.host.inside, self._parent = self._parent, None

    def _leave_parent(self) -> None:
        if self._parent is not None:
            self.host.inside, self._parent = self._parent, None
            self.host.leave()
