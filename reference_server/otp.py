"""One-time codes: made, kept as hashes, compared, used up. No I/O, no HTTP; time comes from the clock.

Who gets a code is decided by nobody: every address gets one, so that there is no difference to be seen.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict

from reference_server.clock import Clock
from reference_server.refusal import TooMany

MOST = 100_000  # codes kept at once: when so many are good, nobody new gets one until one ends
SWEPT_AT_ONCE = 16  # ended codes forgotten per new one


def normal(email: str) -> str:
    """The address as it is counted and compared: in small letters, as good as every mail system has it."""
    return email.lower()


class _Code:
    __slots__ = ("digest", "ends", "wrong")

    def __init__(self, digest: bytes, ends: int) -> None:
        self.digest = digest
        self.ends = ends
        self.wrong = 0


class Codes:
    """The codes that are on their way: one an address, the newest."""

    def __init__(self, clock: Clock, lifetime_s: int, digits: int, wrong_tries: int) -> None:
        self._clock = clock
        self._lifetime_ms = lifetime_s * 1000
        self._digits = digits
        self._wrong_tries = wrong_tries
        # A code of digits is soon guessed from a plain hash; without this key it is not.
        self._key = secrets.token_bytes(32)
        # All live equally long and a newer one goes to the end: so they are in the order in which they end.
        self._codes: OrderedDict[str, _Code] = OrderedDict()

    def clear(self) -> None:
        """Forgets every code."""
        self._codes.clear()

    def make(self, email: str) -> str:
        """A new code for the address; an older one is worth nothing from now on.

        Raises TooMany where as many good ones are kept as may be: no code is forgotten for another's.
        """
        now = self._clock.now_ms()
        self._sweep(now)
        if len(self._codes) >= MOST and email not in self._codes:
            raise TooMany.until(next(iter(self._codes.values())).ends, now)
        code = f"{secrets.randbelow(10**self._digits):0{self._digits}d}"
        self._codes.pop(email, None)
        self._codes[email] = _Code(self._digest(email, code), now + self._lifetime_ms)
        return code

    def use(self, email: str, code: str) -> bool:
        """Whether this is the code of the address. A right one is used up, a wrong one counts as a try."""
        known = self._codes.get(email)
        # The same work for every address: a hash and a comparison.
        right = hmac.compare_digest(self._digest(email, code), b"" if known is None else known.digest)
        if known is None:
            return False
        if self._clock.now_ms() >= known.ends:
            del self._codes[email]
            return False
        if right:
            del self._codes[email]
            return True
        known.wrong += 1
        if known.wrong >= self._wrong_tries:
            del self._codes[email]
        return False

    def __len__(self) -> int:
        return len(self._codes)

    def _digest(self, email: str, code: str) -> bytes:
        return hmac.new(self._key, f"{email}\n{code}".encode(), hashlib.sha256).digest()

    def _sweep(self, now: int) -> None:
        for _ in range(SWEPT_AT_ONCE):
            code = next(iter(self._codes.values()), None)
            if code is None or code.ends > now:
                return
            self._codes.popitem(last=False)
