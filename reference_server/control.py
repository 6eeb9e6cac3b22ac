"""Test control: moves the clock, forgets everything, tells codes. It is there only where the configuration
says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from protocol.spec import Json, Spec
from protocol.validation import Validator, component_validator
from reference_server.clock import MovableClock
from reference_server.mail import Kept
from reference_server.otp import normal
from reference_server.refusal import Invalid, NotFound
from reference_server.routes import Call, Handler, Route, Router

MAX_OFFSET_S = 100 * 365 * 86_400.0  # beyond it dates could no longer be written


class TestControl:
    """The operations; tokens are not asked for, since none would say who may do this."""

    __test__ = False  # not a test class, whatever its name says to pytest

    def __init__(self, clock: MovableClock, codes: Kept, forget: Sequence[Callable[[], None]]) -> None:
        self._clock = clock
        self._codes = codes
        self._forget = forget

    def add_to(self, router: Router, spec: Spec) -> None:
        email = {"email": component_validator(spec, "Email")}
        table: dict[str, tuple[str, Handler, bool, dict[str, Validator]]] = {
            "advanceClock": ("POST", self.advance, True, {}),
            "reset": ("POST", self.reset, False, {}),
            "readOtp": ("GET", self.code, False, email),
        }
        for name, (method, handler, takes_body, query) in table.items():
            route = Route(
                name=name,
                handler=handler,
                needs_token=False,
                needs_refresh=False,
                guarded=False,
                sealed=False,
                body=None,
                takes_body=takes_body,
                takes_form=False,
                budget=None,
                query=query,
            )
            router.add(method, spec.test_control[name], route)

    def advance(self, call: Call) -> Json:
        step = call.fields.get("advanceSeconds")
        if isinstance(step, bool) or not isinstance(step, int | float):
            raise Invalid("advanceSeconds: expected a number", field="advanceSeconds")
        # Compared before anything is added: an int of any size compares, and nothing overflows.
        if not 0 <= step <= MAX_OFFSET_S - self._clock.offset or not math.isfinite(step):
            raise Invalid("advanceSeconds: expected 0 or more, not centuries", field="advanceSeconds")
        self._clock.advance(float(step))
        return {"now": self._clock.now_ms()}

    def code(self, call: Call) -> Json:
        """The newest code that was sent to an address, used or not."""
        found = self._codes.of(normal(call.query.get("email", "")))
        if found is None:
            raise NotFound("No code was sent to this address.")
        return {"otp": found}

    def reset(self, call: Call) -> Json:
        for forget in self._forget:
            forget()
        self._clock.reset()
        return {"success": True}
