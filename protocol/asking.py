"""Asks a command of the target file for one word (a token, a code), within bounds of time and size."""

from __future__ import annotations

import os
import re
import selectors
import shlex
import signal
import subprocess
import time
from contextlib import suppress

WORD_CHARS = 100_000  # no token is longer
PRINTED_BYTES = WORD_CHARS + 1000  # with white space around it; more is not read
COMPLAINT_BYTES = 10_000  # the end of what it says to stderr


class CommandError(Exception):
    """The command gave no word; one sentence says why, without what may be a secret."""


class _TooMuch(Exception):
    """It printed more than a word may have."""


def asked(key: str, what: str, command: str | tuple[str, ...], about: str, patience_s: float) -> str:
    """The one word that the command prints when `about` is added to it. Waits in this thread.

    `key` is where the target file names the command, `what` what it is to print. Raises CommandError.
    """
    words = [*(shlex.split(command) if isinstance(command, str) else command), about]
    shown = f"{key} of the target file ({words[0]})"
    try:
        code, printed, said = _ran(words, patience_s)
        word = printed.decode("utf-8").strip()
    except subprocess.TimeoutExpired:
        raise CommandError(
            f"{shown} printed no {what} within {patience_s:g} s (timeouts.command_s)"
        ) from None
    except _TooMuch:
        raise CommandError(
            f"{shown} printed more than {WORD_CHARS} characters and was ended; "
            f"expected one {what} and nothing else"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its output is not text"
        raise CommandError(f"{shown} could not be run: {reason}") from None
    if code != 0:
        last = (said.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"])[-1]
        raise CommandError(f"{shown} ended with {code}: {_without_secrets(last)[:200]}")
    if not word or len(word.split()) != 1 or not word.isascii() or len(word) > WORD_CHARS:
        raise CommandError(f"{shown} printed {len(word)} characters; expected one {what} and nothing else")
    return word


def _ran(words: list[str], patience_s: float) -> tuple[int, bytes, bytes]:
    """How the command ended, what it printed, and the end of what it said to stderr.

    One that prints or takes too much is killed with all that it started. Raises _TooMuch, TimeoutExpired,
    OSError.
    """
    until = time.monotonic() + patience_s
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, start_new_session=True
    ) as process:
        try:
            printed, said = _read(process, until)
            return process.wait(max(0.0, until - time.monotonic())), printed, said
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise


def _read(process: subprocess.Popen[bytes], until: float) -> tuple[bytes, bytes]:
    """Both outputs to their ends; of stderr no more is kept than its end."""
    assert process.stdout is not None
    assert process.stderr is not None
    printed, said = bytearray(), bytearray()
    with selectors.DefaultSelector() as open_ones:
        open_ones.register(process.stdout, selectors.EVENT_READ, printed)
        open_ones.register(process.stderr, selectors.EVENT_READ, said)
        while open_ones.get_map():
            left = until - time.monotonic()
            if left <= 0:
                raise subprocess.TimeoutExpired(process.args, left)
            for ready, _ in open_ones.select(left):
                piece = os.read(ready.fd, COMPLAINT_BYTES)
                if not piece:
                    open_ones.unregister(ready.fileobj)
                ready.data.extend(piece)
            if len(printed) > PRINTED_BYTES:
                raise _TooMuch
            del said[:-COMPLAINT_BYTES]
    return bytes(printed), bytes(said)


def _without_secrets(text: str) -> str:
    """What a command complains about, without what looks like a key or a token."""
    return re.sub(r"[\w+/=.-]{32,}", "...", text)
