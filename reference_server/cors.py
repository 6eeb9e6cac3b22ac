"""CORS and the security headers: which origins may read answers, and what every answer carries.

The allow-list holds exact origins. What a foreign origin may not do is decided in csrf.py.
"""

from __future__ import annotations

from protocol.spec import Spec
from reference_server.http1 import lines
from reference_server.refusal import Header

PREFLIGHT_AGE_S = 600

# What every answer carries. Answers are for one user at one time, so none is to be cached.
SECURITY: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"vary", b"Origin"),
)


class Cors:
    """The allow-list. Header names that scripts may read or send come from the spec."""

    def __init__(self, spec: Spec, allowed_origins: tuple[str, ...]) -> None:
        limited = spec.openapi["components"]["responses"]["RateLimited"]["headers"]
        exposed = [spec.policy["envelope"]["header"], *limited]
        common: list[Header] = [
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", ", ".join(exposed).encode("ascii")),
        ]
        names = [origin.encode("ascii") for origin in allowed_origins]
        self._fields = {name: lines([(b"access-control-allow-origin", name), *common]) for name in names}
        methods = sorted({operation.method for operation in spec.operations.values()} | {"OPTIONS"})
        headers = ["Content-Type", "Authorization", spec.policy["names"]["csrf_header"]]
        self._preflight = lines(
            [
                (b"access-control-allow-methods", ", ".join(methods).encode("ascii")),
                (b"access-control-allow-headers", ", ".join(headers).encode("ascii")),
                (b"access-control-max-age", b"%d" % PREFLIGHT_AGE_S),
            ]
        )

    def foreign(self, origin: bytes | None, host: bytes | None) -> bool:
        """True for a request that a browser sent from an origin that nobody allowed. The pages of this server
        itself, which is at `host`, are not foreign; a browser names their origin with each write.
        """
        if origin is None or origin in self._fields:
            return False
        return host is None or origin != b"http://" + host

    def fields(self, origin: bytes | None) -> bytes:
        """The header lines of any answer to this origin: none where it is foreign, or none was sent."""
        return b"" if origin is None else self._fields.get(origin, b"")

    def preflight(self, origin: bytes | None) -> bytes:
        """The header lines that an answer to OPTIONS carries besides."""
        return self._preflight if origin in self._fields else b""
