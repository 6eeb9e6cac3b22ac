"""Names in the place of values: «room 1» for an id that an answer gave, «alice token» for a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NAME = re.compile(r"«([^»]+)»")
NAME_BYTES = re.compile("«([ -~]+?)»".encode())


@dataclass
class Names:
    """What stands for the values that differ from one play to the next, and which names may be filled in."""

    learned: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    actors: set[str] = field(default_factory=set)

    def put(self, text: str) -> str:
        for value, name in self._longest_first():
            text = text.replace(value, f"«{name}»")
        return text

    def put_bytes(self, raw: bytes) -> bytes:
        for value, name in self._longest_first():
            raw = raw.replace(value.encode("utf-8", "surrogatepass"), f"«{name}»".encode())
        return raw

    def deep(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.put(value)
        if isinstance(value, list):
            return [self.deep(item) for item in value]
        if isinstance(value, Mapping):
            return {key: self.deep(item) for key, item in value.items()}
        return value

    def credential(self, name: str) -> bool:
        """Whether it names something of a person in this play: a token, a CSRF word, the id."""
        who, _, what = name.partition(" ")
        return who in self.actors and what.rpartition(" ")[2] in ("token", "csrf", "id")

    def may_be_filled(self, name: str) -> bool:
        return name in self.learned.values() or self.credential(name)

    def _longest_first(self) -> list[tuple[str, str]]:
        return sorted({**self.learned, **self.people}.items(), key=lambda pair: -len(pair[0]))
