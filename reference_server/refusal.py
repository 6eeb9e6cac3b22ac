"""Refusals: what the server says instead of an answer, each with its status and one clear sentence.

A refusal never carries what the client sent: names of fields are the spec's, values are left out.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Self

Header = tuple[bytes, bytes]


class Refusal(Exception):
    """The request is refused. `field` names the offending property, as the spec writes it."""

    status: ClassVar[int]
    error: ClassVar[str]

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = {"error": self.error, "message": self.message}
        if self.field:
            found["details"] = {"field": self.field}
        return found

    def headers(self) -> list[Header]:
        return []


class Invalid(Refusal):
    status, error = 400, "Invalid request"


class Unauthorized(Refusal):
    status, error = 401, "Unauthorized"

    def headers(self) -> list[Header]:
        return [(b"www-authenticate", b'Bearer realm="signaling"')]


class Forbidden(Refusal):
    status, error = 403, "Forbidden"


class NotFound(Refusal):
    status, error = 404, "Not found"


class MethodNotAllowed(Refusal):
    status, error = 405, "Method not allowed"

    def __init__(self, allowed: str) -> None:
        super().__init__(f"This path answers {allowed}.")
        self._allowed = allowed

    def headers(self) -> list[Header]:
        return [(b"allow", self._allowed.encode("ascii"))]


class Conflict(Refusal):
    status, error = 409, "Conflict"


class TooLarge(Refusal):
    status, error = 413, "Body too large"


class WrongType(Refusal):
    status, error = 415, "Unsupported content"


class TooMany(Refusal):
    """The budget is spent. `retry_after` is in whole seconds, `reset` in epoch milliseconds."""

    status, error = 429, "Too many requests"

    def __init__(self, retry_after: int, reset: int) -> None:
        super().__init__(f"The budget of this operation is spent. Try again in {retry_after} s.")
        self.retry_after = retry_after
        self.reset = reset

    @classmethod
    def until(cls, ends: int, now: int) -> Self:
        """Until that time; both are in epoch milliseconds."""
        return cls(max(1, math.ceil((ends - now) / 1000)), ends)

    def body(self) -> dict[str, Any]:
        return {**super().body(), "retryAfter": self.retry_after}

    def headers(self) -> list[Header]:
        return [
            (b"retry-after", b"%d" % self.retry_after),
            (b"x-ratelimit-remaining", b"0"),
            (b"x-ratelimit-reset", b"%d" % self.reset),
        ]


class Internal(Refusal):
    """A fault of ours. It says nothing about itself; the log does."""

    status, error = 500, "Internal error"

    def __init__(self) -> None:
        super().__init__("The server failed to answer.")
