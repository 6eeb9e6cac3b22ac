"""Reads request bodies: streamed up to a cap, then strictly parsed. Nothing of a body is ever echoed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

from reference_server.refusal import Invalid, TooLarge, WrongType

Receive = Callable[[], Awaitable[Any]]

READ_TIMEOUT_S = 20.0
DRAIN_TIMEOUT_S = 5.0
DRAINED_BODIES = 8  # of a refused body this many times the cap is read and thrown away, for the client's sake


class Body:
    """The body of one request; it is read at most once."""

    __slots__ = ("_cap", "_declared", "_receive", "_unread")

    def __init__(self, receive: Receive, cap: int, length: bytes | None, chunked: bool) -> None:
        self._receive = receive
        self._cap = cap
        self._declared = int(length) if length is not None and length.isdigit() else 0
        self._unread = chunked or self._declared > 0

    def check_size(self) -> None:
        """Raises TooLarge where the declared length already says so."""
        if self._declared >= self._cap:
            raise TooLarge(f"A body has fewer than {self._cap} bytes.")

    async def read(self) -> bytes:
        """The whole body. Raises TooLarge, and Invalid for one that does not come to its end."""
        if not self._unread:
            return b""
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                first, more = await self._next()
                if not more:
                    return self._whole(first)
                parts, size = [first], len(first)
                while more:
                    part, more = await self._next()
                    parts.append(part)
                    size += len(part)
                    if size >= self._cap:
                        raise TooLarge(f"A body has fewer than {self._cap} bytes.")
                return self._whole(b"".join(parts))
        except TimeoutError:
            self._unread = False  # what never came cannot be drained
            raise Invalid("The body did not come to its end.") from None

    async def drain(self) -> None:
        """Reads on where a refusal left a body unread: clients that still send must not be cut off."""
        if not self._unread:
            return
        left = self._cap * DRAINED_BODIES
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                while self._unread and left > 0:
                    part, _ = await self._next()
                    left -= len(part)
        except (TimeoutError, Invalid):
            pass  # the client is too slow, or gone

    async def _next(self) -> tuple[bytes, bool]:
        message = await self._receive()
        if message["type"] != "http.request":
            self._unread = False
            raise Invalid("The body did not come to its end.")
        self._unread = message.get("more_body", False)
        return message.get("body", b""), self._unread

    def _whole(self, body: bytes) -> bytes:
        if len(body) >= self._cap:
            raise TooLarge(f"A body has fewer than {self._cap} bytes.")
        if len(body) < self._declared:
            raise Invalid("The body did not come to its end.")
        return body


def check_type(content_type: bytes | None, encoding: bytes | None) -> None:
    """Raises WrongType for anything but plain JSON in UTF-8."""
    if encoding is not None and encoding.strip().lower() not in (b"", b"identity"):
        raise WrongType("Content-Encoding: bodies are sent as they are.")
    if content_type == b"application/json":
        return
    media, _, parameters = (content_type or b"").partition(b";")
    if media.strip().lower() != b"application/json":
        raise WrongType("Content-Type: expected application/json.")
    for parameter in parameters.split(b";"):
        name, _, value = parameter.strip().lower().partition(b"=")
        if name == b"charset" and value.strip(b'"') not in (b"utf-8", b"utf8"):
            raise WrongType("Content-Type: expected UTF-8.")


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises Invalid for anything else, and for text that is not Unicode."""
    try:
        text = raw.decode("utf-8")
        value = _DECODER.decode(text)
        if b"\\u" in raw:
            # An escaped lone surrogate is valid JSON syntax but no text.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise Invalid("The body is not valid UTF-8 text.") from None
    except RecursionError:
        raise Invalid("The body is nested too deeply.") from None
    except ValueError:
        raise Invalid("The body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise Invalid("The body is not a JSON object.")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("the number is too large")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_float)
