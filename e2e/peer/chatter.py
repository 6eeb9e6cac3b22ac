"""What a chat client is to a check: the steps that a headless peer and a widget on its page both have."""

from __future__ import annotations

from typing import Protocol

from protocol.client import User


class PeerError(Exception):
    """A step of a chat could not be done; the message says which, and what came instead."""


class Chatter(Protocol):
    """One person with a chat client. Every step is bounded in time; one that fails raises."""

    user: User
    name: str

    async def create_room(self) -> str:
        """Becomes the broadcaster of a new room; its id."""

    async def join(self, room: str) -> None:
        """Comes into the room as a viewer; done when the channel is open."""

    async def say(self, text: str) -> None:
        """Sends a message as a person would. A client that refuses it raises nothing."""

    async def messages(self) -> list[str]:
        """What is shown of all messages, one's own too, in the order in which they are shown."""

    async def start_typing(self) -> None:
        """Types without sending."""

    async def typing(self) -> bool:
        """Whether anybody is shown as typing."""

    async def online(self) -> list[str]:
        """What is shown of who is present."""

    async def leave(self) -> None:
        """Leaves the room, saying so."""

    async def gap_reasons(self) -> list[str]:
        """The reasons named so far for gaps in somebody's history."""
