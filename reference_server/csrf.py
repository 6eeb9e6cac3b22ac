"""Cookie-authenticated writes: only from an allowed origin, and with the token's own CSRF word."""

from __future__ import annotations

import hmac

from reference_server.auth import Identity
from reference_server.refusal import Forbidden


class Csrf:
    """The rule for writes. A bearer is sent by a script on purpose and needs none of this."""

    def __init__(self, header_name: str) -> None:
        self._header_name = header_name

    def check(self, identity: Identity, sent: bytes | None, *, foreign: bool) -> None:
        """Raises Forbidden. `sent` is the CSRF header, `foreign` says that the origin is not allowed."""
        if foreign:
            raise Forbidden("This origin may not write.")
        # The header may hold any bytes; the claim is text, and compared as such.
        if sent is None or identity.csrf is None:
            raise Forbidden(f"A write by cookie needs the header {self._header_name}.")
        if not hmac.compare_digest(sent, identity.csrf.encode("utf-8")):
            raise Forbidden(f"The header {self._header_name} is not that of the token.")
