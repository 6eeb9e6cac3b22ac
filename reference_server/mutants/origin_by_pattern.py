"""A dot that means any letter."""

from __future__ import annotations

import re

from reference_server.cors import Cors
from reference_server.mutants import Reaching, mutant


@mutant("CORS-5", "allowed origins are taken for regular expressions", shows="got 'https://goodxexample'")
class OriginByPattern(Reaching, Cors):
    def fields(self, origin: bytes | None) -> bytes:
        for allowed in self._fields:
            if origin is not None and origin != allowed and re.fullmatch(allowed, origin):
                self.reached()
                return b"access-control-allow-origin: %s\r\n" % origin
        return super().fields(origin)
