"""Commands of a target file are asked within bounds of time and size, and leave nothing running."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from protocol.asking import PRINTED_BYTES, WORD_CHARS, CommandError, _ran, asked


def ask(script: str, patience_s: float = 30.0) -> str:
    """What a shell's script prints; the address that is added is its $0."""
    return asked("otp.command", "code", ["sh", "-c", script], "a@mail.example", patience_s)


def is_gone(pid: int) -> bool:
    """Whether the process has ended; a zombie has, though nobody here may reap it."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] in "ZX":
                return True
        except (FileNotFoundError, ProcessLookupError):  # the second where it goes while it is read
            return True
        time.sleep(0.02)
    return False


def test_the_one_word_is_what_it_prints() -> None:
    assert ask('echo noise >&2; echo "  123456789  "') == "123456789"
    assert asked("otp.command", "code", "echo", "a@mail.example", 30.0) == "a@mail.example"
    assert len(ask(f"head -c {WORD_CHARS} /dev/zero | tr '\\0' x")) == WORD_CHARS


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo a b", "printed 3 characters; expected one code and nothing else"),
        (":", "printed 0 characters; expected one code and nothing else"),
        (f"head -c {WORD_CHARS + 1} /dev/zero | tr '\\0' x", f"printed {WORD_CHARS + 1} characters;"),
        ("printf '\\377'", "could not be run: its output is not text"),
        ("echo no mail >&2; echo at all >&2; exit 3", "ended with 3: at all"),
        (
            "head -c 1000000 /dev/zero | tr '\\0' 'x' >&2; echo; echo the end >&2; exit 3",
            r"ended with 3: \.\.\.",
        ),
        ("exit 3", "ended with 3: it said nothing"),
        ("kill -9 $$", "ended with -9: it said nothing"),
    ],
)
def test_what_is_no_word_is_told_in_one_sentence(script: str, reason: str) -> None:
    with pytest.raises(CommandError, match=f"^otp.command of the target file .sh. {reason}"):
        ask(script)


def test_what_cannot_be_run_says_so() -> None:
    with pytest.raises(CommandError, match="could not be run: No such file or directory"):
        asked("otp.command", "code", "/nowhere/at/all", "a@mail.example", 5.0)


def test_who_prints_without_end_is_read_no_further_than_the_bound(tmp_path: Path) -> None:
    # Its patience does not end before the test does: it is by the bound that it was ended.
    with pytest.raises(CommandError, match=f"printed more than {WORD_CHARS} characters and was ended"):
        ask(f"echo $$ > {tmp_path}/pid; cat /dev/zero; true", 3600)
    assert is_gone(int((tmp_path / "pid").read_text(encoding="ascii")))


def test_who_complains_without_end_is_not_kept() -> None:
    with pytest.raises(CommandError, match=r"printed no code within 0\.3 s"):
        ask("cat /dev/zero >&2", 0.3)
    code, printed, said = _ran(["sh", "-c", "head -c 5000000 /dev/zero >&2; echo 1"], 30.0)
    assert (code, printed) == (0, b"1\n")
    assert len(said) < PRINTED_BYTES


def test_who_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    for patience_s in (0.5, 5, 50):  # on a busy machine a shell may need more to get so far
        with pytest.raises(
            CommandError, match=rf"printed no code within {patience_s} s \(timeouts\.command_s\)"
        ):
            ask(f"sleep 3600 & echo $! > {noted}; wait", patience_s)
        if noted.exists() and (pid := noted.read_text(encoding="ascii")):
            break
    assert is_gone(int(pid)), "nobody waited for the end of its sleep"
    with pytest.raises(CommandError, match="printed no code"):
        ask("exec >&- 2>&-; sleep 3600", 0.3)
