"""Gets the codes of the one-time login: by test control, or by a command of the target file.

What is read here is not judged. Where no code can be had, NotRun says why.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from dataclasses import dataclass
from typing import NoReturn

from protocol.asking import CommandError, asked
from protocol.operations import Request
from protocol.spec import Spec
from protocol.target import Target
from protocol.wire import Wire
from suite.expectations import NotRun

POLL_S = 0.5  # between two looks for a newer mail
NEWER_S = 15.0  # how long a newer mail may take


@dataclass(frozen=True)
class OtpCodes:
    """The codes of one target."""

    spec: Spec
    target: Target
    wire: Wire

    @property
    def source(self) -> str | None:
        """Where codes come from, in words; None where from nowhere."""
        if self.target.otp.command is not None:
            return "otp.command of the target file"
        return "test control" if self.target.test_control else None

    def address(self) -> str:
        """An e-mail address that nobody used before. All are of one length, with the same beginning and end:
        so an answer that shows a part of it does so alike.
        """
        return f"parley-{secrets.token_hex(8)}-otp@{self.target.otp.domain}"

    async def code(self, email: str, older: str | None = None) -> str:
        """The newest code sent to the address; where mail takes its time, one that is not the `older` one.

        Raises NotRun where none can be had.
        """
        found = await self._read(email)
        loop = asyncio.get_running_loop()
        until = loop.time() + NEWER_S
        while found == older and self.target.otp.command is not None and loop.time() < until:
            await asyncio.sleep(POLL_S)
            found = await self._read(email)
        return found

    async def _read(self, email: str) -> str:
        command = self.target.otp.command
        if command is not None:
            patience = self.target.timeouts.command_s
            try:
                found = await asyncio.to_thread(asked, "otp.command", "code", command, email, patience)
            except CommandError as error:
                _not_had(str(error))
        elif self.target.test_control:
            found = await self._by_control(email)
        else:
            _not_had("the target file has neither test_control nor otp.command")
        digits = self.spec.limits["otp_digits"]
        if re.fullmatch(rf"[0-9]{{{digits}}}", found) is None:
            _not_had(f"{self.source} gave {len(found)} characters; expected {digits} digits")
        return found

    async def _by_control(self, email: str) -> str:
        path = Request("readOtp", "GET", self.spec.test_control["readOtp"]).with_query(email=email)
        answer = await self.wire.send(path)
        found = answer.at("otp")
        if answer.status != 200 or not isinstance(found, str):
            came = answer.error or f"{answer.status}"
            _not_had(f"test control: GET {self.spec.test_control['readOtp']}: wanted 200 and otp, got {came}")
        return found


def _not_had(why: str) -> NoReturn:
    raise NotRun(f"needs a code of the one-time login: {why}", "tokens")
