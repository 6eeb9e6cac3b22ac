"""What mutants of OTP-1 stand on: a login that keeps accounts, and lets it show who has one."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching
from reference_server.otp import normal
from reference_server.routes import Call


class Knowing(Reaching, LoginHandlers):
    """Knows who has logged in before, and who has asked."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._known: set[str] = set()
        self._asked: set[str] = set()

    def verify(self, call: Call) -> Json:
        answer = super().verify(call)
        self._known.add(normal(call.fields["email"]))
        return answer

    def request(self, call: Call) -> Json:
        email = normal(call.fields["email"])
        again = email in self._asked
        self._asked.add(email)
        return self.differently(call, super().request(call), known=email in self._known, again=again)

    def differently(self, call: Call, answer: Json, *, known: bool, again: bool) -> Json:
        """The wrong answer: `known` is whose address logged in before, `again` who asked before."""
        raise NotImplementedError
