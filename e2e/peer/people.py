"""Who is present and who is typing, by the frames that say so. Time is the caller's."""

from __future__ import annotations

from dataclasses import dataclass, field

from protocol.spec import Spec

MOST = 1000  # people that are kept


@dataclass
class Person:
    name: str
    status: str = "offline"
    typing_until: float = 0.0
    said: str = ""  # the presence frame that said the status


@dataclass
class People:
    spec: Spec
    known: dict[str, Person] = field(default_factory=dict)

    def meet(self, user_id: str, name: str) -> Person:
        """The person of that id, who has this name now."""
        if user_id not in self.known and len(self.known) >= MOST:
            return Person(name)
        person = self.known.setdefault(user_id, Person(name))
        person.name = name
        return person

    def present(self, user_id: str, name: str, status: str, text: str) -> None:
        person = self.meet(user_id, name)
        person.status, person.said = status, text
        if status == "offline":
            person.typing_until = 0.0

    def types(self, user_id: str, name: str, now: float) -> None:
        self.meet(user_id, name).typing_until = now + self.spec.asyncapi["x-policy"]["typing_shown"]

    def stops(self, user_id: str) -> None:
        if user_id in self.known:
            self.known[user_id].typing_until = 0.0

    def typing(self, now: float) -> list[str]:
        """The names of who is typing."""
        return [person.name for person in self.known.values() if person.typing_until > now]

    def online(self) -> list[str]:
        """The names of who is online or away."""
        return [person.name for person in self.known.values() if person.status != "offline"]
