"""Keys that are never fetched again."""

from __future__ import annotations

from typing import Any

from reference_server.auth import Authenticator
from reference_server.mutants import Reaching, mutant


@mutant(
    "AUTH-16",
    "the keys of the issuer are fetched once and never again",
    shows="rotated_key_works: listRooms: wanted 200 .* got 401",
    also=["VAL-8", "VAL-9"],
    why_also="once a key was rotated, whoever came later is signed in by the new one and refused",
)
class KeysAreFetchedOnce(Reaching, Authenticator):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        source = self._source
        if source is None:
            return
        fetch = source._refresh

        async def refresh_once() -> None:
            if source._keys:
                self.reached()
                return
            await fetch()

        source._refresh = refresh_once  # type: ignore[method-assign]
