"""The signaling of one person in one room, through the verbs of protocol.client.User.

Each step that a chat cannot do without raises PeerError with what came instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from e2e.peer.chatter import PeerError
from protocol.client import User
from protocol.operations import Answer

NOT_FOUND = 404  # a room that is gone (protocol section 6, WID-6)


@dataclass(frozen=True)
class Mail:
    """An offer or an answer, and who the server says it is from."""

    sdp: str
    sender: str | None


class Mailbox:
    """A room's boxes, candidates and heartbeat, as one participant uses them."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.room = ""
        self.host_id: str | None = None
        self.gone = False  # whether the last heartbeat found no such room
        self._since: str | None = None

    async def create(self) -> str:
        answer = _done(await self.user.create_room(), "createRoom")
        self._enter(answer)
        self.host_id = self.user.id
        return self.room

    async def join(self, room: str) -> None:
        answer = _done(await self.user.join(room), "joinRoom")
        self._enter(answer)
        broadcaster = answer.at("room.broadcasterId")
        self.host_id = broadcaster if isinstance(broadcaster, str) else None

    def _enter(self, answer: Answer) -> None:
        if not answer.room_id:
            raise PeerError(f"{answer.operation} gave no roomId")
        self.room = answer.room_id
        self._since = None

    async def leave(self) -> None:
        if self.room:
            await self.user.leave(self.room)

    async def post_offer(self, sdp: str) -> None:
        _done(await self.user.send_offer(self.room, sdp), "sendOffer")

    async def post_answer(self, sdp: str) -> None:
        _done(await self.user.send_answer(self.room, sdp), "sendAnswer")

    async def take_offer(self) -> Mail | None:
        """The offer, which is then gone from the box; None where there is none."""
        return _mail(await self.user.get_offer(self.room), "offer")

    async def take_answer(self) -> Mail | None:
        return _mail(await self.user.get_answer(self.room), "answer")

    async def knock(self) -> None:
        """The empty candidate: a viewer without a connection is here."""
        await self.user.send_candidate(self.room, "")

    async def knocks(self) -> list[str]:
        """Who posted candidates since the last look. Nobody where the target does not answer."""
        answer = await self.user.get_candidates(self.room, self._since)
        found = answer.at("candidates")
        if not answer.ok or not isinstance(found, list):
            return []
        following = answer.at("next")
        self._since = following if isinstance(following, str) else self._since
        senders = [one.get("fromUserId") for one in found if isinstance(one, dict)]
        return [sender for sender in senders if isinstance(sender, str)]

    async def beat(self) -> int | None:
        """One heartbeat; the room's participantCount where its answer tells it."""
        answer = await self.user.heartbeat(self.room)
        self.gone = answer.status == NOT_FOUND
        count = answer.at("room.participantCount")
        return count if answer.ok and isinstance(count, int) else None


def _done(answer: Answer, what: str) -> Answer:
    if not answer.ok:
        came = answer.error if answer.error is not None else f"{answer.status} {str(answer.body)[:200]}"
        raise PeerError(f"{what} was not done: {came}")
    return answer


def _mail(answer: Answer, name: str) -> Mail | None:
    sdp, sender = answer.at(name), answer.at("fromUserId")
    if not answer.ok or not isinstance(sdp, str):
        return None
    return Mail(sdp, sender if isinstance(sender, str) else None)
