"""A valid request of any signaling operation, with the state that makes it work: what faults go into."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from conformance.cast import Cast
from conformance.things import relay_candidate, sdp
from protocol.client import User
from protocol.operations import Request
from protocol.spec import Spec
from suite.expectations import given

Cases = Callable[[Spec], Iterable[tuple[str, str]]]


def operations_of(requirement_id: str) -> Cases:
    """Cases for @each: the operations that the requirement names."""

    def cases(spec: Spec) -> Iterable[tuple[str, str]]:
        return [(name, name) for name in spec.requirement(requirement_id).operations]

    return cases


async def valid_request(cast: Cast, operation: str) -> tuple[User, Request]:
    """Who sends what so that it is answered with 200. Rooms, mail and parties it needs are made first.

    alice makes the room and bob joins it; bob sends what a viewer would.
    """
    alice = await cast.get("alice")
    if operation == "createRoom":
        return alice, alice.creating()
    if operation == "createPartyRoom":
        return alice, alice.creating_party()
    if operation in ("listRooms", "getIceServers", "health"):
        return alice, alice.request(operation)
    bob = await cast.get("bob")
    if operation == "inviteToPartyRoom":
        party = given(await alice.create_party()).room_id
        return alice, alice.inviting(party, bob.id)
    room = await cast.new_room(alice)
    if operation == "listPartyRooms":
        return alice, alice.request(operation, params={"parentRoomId": room})
    if operation == "joinRoom":
        return bob, bob.joining(room)
    given(await bob.join(room))
    if operation == "getOffer":
        given(await alice.send_offer(room, sdp()))
    if operation == "getAnswer":
        given(await bob.send_answer(room, sdp()))
        return alice, alice.request(operation, params={"roomId": room})
    if operation in ("getOffer", "getCandidates"):
        return bob, bob.request(operation, params={"roomId": room})
    requests = {
        "sendOffer": lambda: alice.offering(room, sdp()),
        "sendAnswer": lambda: alice.answering(room, sdp()),
        "heartbeat": lambda: alice.request("heartbeat", roomId=room),
        "leaveRoom": lambda: alice.leaving(room),
        "sendCandidate": lambda: alice.candidate_of(room, relay_candidate()),
    }
    return alice, requests[operation]()
