"""Whose requirement it is: of budgets and shapes by operation, of mail by the kind of its box."""

from __future__ import annotations

BUDGETS = {
    "createRoom": "RATE-1",
    "createPartyRoom": "RATE-2",
    "joinRoom": "RATE-3",
    "sendOffer": "RATE-4",
    "sendAnswer": "RATE-5",
    "heartbeat": "RATE-6",
    "sendCandidate": "ICE-6",
}
ONCE = {"offer": "MBOX-2", "answer": "MBOX-3"}
LIFETIME = {"offer": "MBOX-4", "answer": "MBOX-5"}
NEWEST = {"offer": "MBOX-7", "answer": "MBOX-15"}
# Whose the shape of a success is. Of the others the spec's own schema is all there is to name.
SHAPES = {"createRoom": "ROOM-1", "createPartyRoom": "PARTY-1", "getIceServers": "ICE-1"}
