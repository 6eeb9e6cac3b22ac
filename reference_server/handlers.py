"""What each operation does, in the words of the state. No HTTP, no token, no budget: a Call is past all that.

The acting user is the token's; the ids that a body gives for it are overridden by leaving them unread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from protocol.spec import Json
from reference_server.candidates import START
from reference_server.clock import Clock
from reference_server.mailbox import Mailbox
from reference_server.privacy import clean_candidate, clean_sdp
from reference_server.refusal import Invalid, NotFound
from reference_server.routes import Call, Handler
from reference_server.state import Rooms, iso
from reference_server.turn import Turn

MAX_CANDIDATE_CHARS = 4096  # ours, per text in a candidate: what is kept for the room's life is bounded
UFRAG_CHARS = 256  # RFC 8839, 5.4


class RoomHandlers:
    """Rooms: create, join, leave, list, keep alive."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def table(self) -> dict[str, Handler]:
        return {
            "createRoom": self.create,
            "joinRoom": self.join,
            "heartbeat": self.heartbeat,
            "leaveRoom": self.leave,
            "listRooms": self.list,
        }

    def create(self, call: Call) -> Json:
        fields = call.fields
        room = self._rooms.create(
            call.user,
            fields["broadcasterName"],
            custom_name=fields.get("customName"),
            encrypted_room_key=fields.get("encryptedRoomKey"),
            key_hash=fields.get("keyHash"),
            public=fields.get("isPublic", True),
            anonymous=fields.get("anonymous", False),
        )
        return {"success": True, "room": room.shown_to(call.user)}

    def join(self, call: Call) -> Json:
        room = self._rooms.join(call.fields["roomId"], call.user)
        return {"success": True, "room": room.shown_to(call.user)}

    def heartbeat(self, call: Call) -> Json:
        room = self._rooms.heartbeat(call.fields["roomId"], call.user)
        return {"success": True, "message": "Heartbeat received", "room": room.shown_to(call.user)}

    def leave(self, call: Call) -> Json:
        left = self._rooms.leave(call.fields["roomId"], call.user)
        return {"success": True, "message": "Left the room" if left else "Not in the room"}

    def list(self, call: Call) -> Json:
        return {"success": True, "rooms": [room.shown_to(call.user) for room in self._rooms.listed()]}


class PartyHandlers:
    """Party rooms and invitations."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def table(self) -> dict[str, Handler]:
        return {
            "createPartyRoom": self.create,
            "listPartyRooms": self.list,
            "inviteToPartyRoom": self.invite,
        }

    def create(self, call: Call) -> Json:
        fields = call.fields
        room = self._rooms.create(
            call.user,
            fields["broadcasterName"],
            custom_name=fields.get("customName"),
            parent=fields.get("parentRoomId"),
            invited=fields.get("invitedUsers", ()),
            public=False,
            party=True,
        )
        return {"success": True, "room": room.shown_to(call.user)}

    def list(self, call: Call) -> Json:
        rooms = self._rooms.parties_below(call.params["parentRoomId"])
        return {"success": True, "rooms": [room.shown_to(call.user) for room in rooms]}

    def invite(self, call: Call) -> Json:
        room = self._rooms.invite(call.params["roomId"], call.user, call.fields["userIds"])
        return {"success": True, "invitedUsers": list(room.invited)}


class MailHandlers:
    """The two boxes of a room. `kind` is the name of the property that holds the text."""

    def __init__(self, rooms: Rooms, offers: Mailbox, answers: Mailbox) -> None:
        self._rooms = rooms
        self._boxes = {"offer": offers, "answer": answers}

    def table(self) -> dict[str, Handler]:
        return {
            "sendOffer": lambda call: self.send("offer", call),
            "getOffer": lambda call: self.get("offer", call),
            "sendAnswer": lambda call: self.send("answer", call),
            "getAnswer": lambda call: self.get("answer", call),
        }

    def send(self, kind: str, call: Call) -> Json:
        room = self._rooms.of_participant(call.fields["roomId"], call.user)
        text = call.fields[kind]
        self._boxes[kind].put(room.id, clean_sdp(text) if room.anonymous else text, call.user)
        self._rooms.wrote(room)
        return {"success": True, "message": f"The {kind} is in the box"}

    def get(self, kind: str, call: Call) -> Json:
        room = self._rooms.of_participant(call.params["roomId"], call.user)
        mail = self._boxes[kind].take(room.id, call.user)
        if mail is None:
            raise NotFound(f"There is no {kind} for you.")
        return {"success": True, kind: mail.text, "type": kind, "fromUserId": room.sender_shown(mail.sender)}


class IceHandlers:
    """TURN credentials and trickled candidates."""

    def __init__(self, rooms: Rooms, turn: Turn | None) -> None:
        self._rooms = rooms
        self._turn = turn

    def table(self) -> dict[str, Handler]:
        return {
            "getIceServers": self.servers,
            "sendCandidate": self.send,
            "getCandidates": self.get,
        }

    def servers(self, call: Call) -> Json:
        if self._turn is None:
            raise NotFound("No TURN server is configured here.")
        return {"success": True, **self._turn.ice_servers(call.user)}

    def send(self, call: Call) -> Json:
        item = _kept(call.fields["candidate"])
        room = self._rooms.of_participant(call.fields["roomId"], call.user)
        if room.anonymous:
            line = clean_candidate(item["candidate"])
            if line is None:
                raise Invalid(
                    "candidate.candidate: a private host address has no place in an anonymous room",
                    field="candidate.candidate",
                )
            item["candidate"] = line
        room.candidates.add(call.user, item)
        self._rooms.wrote(room)
        return {"success": True, "message": "The candidate is kept"}

    def get(self, call: Call) -> Json:
        room = self._rooms.of_participant(call.params["roomId"], call.user)
        found, cursor = room.candidates.since(call.query.get("since", START), call.user)
        items = [{**one.item, "fromUserId": room.sender_shown(one.sender)} for one in found]
        return {"success": True, "candidates": items, "next": cursor}


class HealthHandlers:
    """Is the service well? It is, if it can say so."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def table(self) -> dict[str, Handler]:
        return {"health": self.health}

    def health(self, call: Call) -> Json:
        return {"status": "ok", "service": "signaling", "timestamp": iso(self._clock.now_ms())}


def _kept(candidate: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a candidate that the others get. Raises Invalid for an immoderate one."""
    found = {name: candidate[name] for name in ("candidate", "sdpMid", "sdpMLineIndex")}
    for name in ("candidate", "sdpMid"):
        if len(found[name] or "") > MAX_CANDIDATE_CHARS:
            raise Invalid(
                f"candidate.{name}: has more than {MAX_CANDIDATE_CHARS} characters", field=f"candidate.{name}"
            )
    ufrag = candidate.get("usernameFragment")
    if isinstance(ufrag, str) and len(ufrag) <= UFRAG_CHARS:
        found["usernameFragment"] = ufrag
    return found
