"""Sends codes by e-mail (SMTP), from a thread of its own: no answer waits for it, nor tells how it went.

Test control keeps the newest codes besides, so that a harness without a mailbox can read them.
"""

from __future__ import annotations

import queue
import smtplib
import ssl
import threading
from collections import OrderedDict
from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from reference_server.config import MailConfig
from reference_server.log import Log

WAITING = 1000  # mails that may wait; beyond it they are dropped, and the log says so
KEPT = 10_000  # newest codes that test control can read

Deliver = Callable[[str, str], None]  # takes an address and its code, and returns at once


class Mailer:
    """Takes mails and sends them one after the other. A mail server that fails is told to the log only."""

    def __init__(self, settings: MailConfig, lifetime_s: int, log: Log) -> None:
        self._settings = settings
        self._minutes = max(1, lifetime_s // 60)
        self._log = log
        self._waiting: queue.Queue[tuple[str, str]] = queue.Queue(WAITING)
        threading.Thread(target=self._run, name="mail", daemon=True).start()

    def __call__(self, email: str, code: str) -> None:
        try:
            self._waiting.put_nowait((email, code))
        except queue.Full:
            self._log.error("mail_dropped", hint=f"{WAITING} mails are waiting for the mail server")

    def _run(self) -> None:
        while True:
            email, code = self._waiting.get()
            try:
                self._send(self._message(email, code))
            except Exception as error:
                # Neither address nor code, nor what the mail server says, for it repeats the address.
                self._log.error("mail_failed", type=type(error).__name__)

    def _message(self, email: str, code: str) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.sender
        message["To"] = Address(addr_spec=email)  # a value, never glued into a header
        message["Subject"] = "Your code"
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = make_msgid(domain=self._settings.sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(
            f"Your code is {code}\n\nIt is good for {self._minutes} minutes and for one login.\n"
            "If you did not ask for it, there is nothing to do.\n"
        )
        return message

    def _send(self, message: EmailMessage) -> None:
        settings = self._settings
        with smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s) as server:
            if settings.starttls:
                server.starttls(context=ssl.create_default_context())
            if settings.user is not None:
                server.login(settings.user, settings.password or "")
            server.send_message(message)


class Kept:
    """The newest code of each address, as test control tells it."""

    def __init__(self) -> None:
        self._codes: OrderedDict[str, str] = OrderedDict()

    def __call__(self, email: str, code: str) -> None:
        self._codes.pop(email, None)
        self._codes[email] = code
        if len(self._codes) > KEPT:
            self._codes.popitem(last=False)

    def of(self, email: str) -> str | None:
        return self._codes.get(email)

    def clear(self) -> None:
        self._codes.clear()
