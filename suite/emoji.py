"""Emoji of a domain, as checks of the service and of the widget upload and find them."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable
from typing import Any

from protocol import tokens
from protocol.client import User
from protocol.operations import Answer
from protocol.target import Target
from suite.expectations import Inconclusive, NotRun, given
from suite.pictures import png

TRIES = 1000  # to find a name of two characters that is not taken


def emoji_name(animal: str = "cat") -> str:
    """A name that nothing else has; no mark, for the others of the domain are to see it."""
    return f"{animal}_{secrets.token_hex(6)}"


def name_like(shape: str, taken: Iterable[Any]) -> str:
    """A name of this shape (letter for letter, digit for digit) that is none of those taken, in any case.

    Inconclusive where they are all taken, as may be where it is short.
    """
    known = {one.lower() for one in taken if isinstance(one, str)}
    for _ in range(TRIES):
        name = "".join(_like(character) for character in shape)
        if name.lower() not in known:
            return name
    raise Inconclusive(f"the domain has an emoji of every name like {shape!r} that was tried")


def _like(character: str) -> str:
    for kind in (string.ascii_lowercase, string.ascii_uppercase, string.digits):
        if character in kind:
            return secrets.choice(kind)
    return character


def own_domain(target: Target) -> str:
    """A domain that nobody else is of."""
    return f"d{secrets.token_hex(6)}.{target.otp.domain}"


def domain_of(user: User) -> str:
    """The domain of a token that we did not sign. Raises NotRun where it names none."""
    try:
        found = tokens.peek(user.token)[1].get("domain")
    except tokens.TokenError:
        found = None
    if not isinstance(found, str) or not found:
        raise NotRun("needs a token with a claim `domain`; those of the target file have none", "tokens")
    return found


def emoji_of(answer: Answer) -> dict[str, Any]:
    """The emoji of an answer; {} where there is none."""
    found = answer.at("emoji")
    return found if isinstance(found, dict) else {}


def listed(answer: Answer) -> list[dict[str, Any]]:
    """The emoji of a list; [] where there is none."""
    found = answer.at("emojis")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


async def uploaded(user: User, content: bytes | None = None, name: str | None = None) -> dict[str, Any]:
    """A new emoji of the user; inconclusive where it is not taken."""
    picture = png() if content is None else content
    found = emoji_of(given(await user.upload(name or emoji_name(), picture)))
    if not isinstance(found.get("id"), str):
        raise Inconclusive("a prerequisite failed: uploadEmoji gave no id")
    return found
