"""Exchanges as data: recorded, redacted once, with decoded bodies and a curl line each.

Secrets are replaced by stable pseudonyms here and nowhere else, before anything is written.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Callable, Iterable
from typing import Any

from protocol.operations import Answer, Header, Request, decode

BODY_CHARS = 65536  # of a body kept in the log; longer ones keep their head, length and hash
TEXT_CHARS = 4096  # of one that is no JSON
VALUE_CHARS = 65536  # of a string inside a JSON value
SHORTEST_CHARS = 8  # a secret has so many at least
SECRET_CHARS = 4096  # as long as a secret may be
LEARNED_CHARS = 16  # a secret property's value is looked for elsewhere too, from so many on
LEARNED_MOST = 64  # so many of them
WHOLE_MOST = 10**18  # no larger number is looked for among the secrets
HEADER_CHARS = 2048
# A token no one told us of (one the target minted, or cut off, say) is still a token.
JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?")
COOKIE_VALUE = re.compile(r"((?:^|[;,\s])(?:auth_token|refresh_token)=)([^;,\s«»]+)")

Record = dict[str, Any]
Sink = Callable[[Record], None]


def bare(name: str) -> str:
    """A property's name, however it is written: refresh_token, refreshToken and Refresh-Token are one."""
    return name.replace("_", "").replace("-", "").casefold()


def quoted_secrets(secret_fields: Iterable[str]) -> re.Pattern[str]:
    """Finds the values of secret properties in a text that quotes JSON, cut off or not; group 1 is before."""
    names = "|".join("[_-]*".join(bare(name)) for name in secret_fields)
    return re.compile(rf'("(?:{names})"\s*:\s*")[^"]*', re.IGNORECASE)


class Redactor:
    """Replaces known secrets by «names», and the values of secret properties by «secret»."""

    def __init__(self, secret_fields: Iterable[str] = ()) -> None:
        self._names: dict[str, str] = {}
        self._learned = 0
        self._fields = {bare(name): name for name in secret_fields}

    def add(self, secret: str, name: str) -> None:
        """From now on `secret` reads «name». Short strings are not secrets and would garble the log."""
        if len(secret) >= SHORTEST_CHARS:
            self._names.setdefault(secret, name)

    def learn(self, value: str, name: str) -> None:
        """Like `add`, of what a target gives away: within bounds, for every text is searched for it."""
        if len(value) >= SHORTEST_CHARS and self._learned < LEARNED_MOST:
            self._learned += value not in self._names
            self.add(value, name)

    def text(self, text: str) -> str:
        for secret, name in self._names.items():
            if secret in text:
                text = text.replace(secret, f"«{name}»")
        if "eyJ" in text:
            text = JWT.sub("«token»", text)
        if "_token=" in text:
            text = COOKIE_VALUE.sub(r"\1«cookie»", text)
        return text

    def value(self, value: Any, depth: int = 0) -> Any:
        """A JSON value with its secrets replaced; what is nested absurdly deep is cut off."""
        if depth > 40:
            return "«cut: nested too deeply»"
        if isinstance(value, str):
            return self.text(value[: VALUE_CHARS + SECRET_CHARS])[:VALUE_CHARS]
        if isinstance(value, list):
            return [self.value(item, depth + 1) for item in value]
        if isinstance(value, dict):
            secret = {
                key: self._fields[bare(key)]
                for key, item in value.items()
                if bare(key) in self._fields and isinstance(item, str) and item
            }
            for key, name in secret.items():
                if len(value[key]) >= LEARNED_CHARS:
                    self.learn(value[key], name)
            return {
                self.text(key): f"«{secret[key]}»" if key in secret else self.value(item, depth + 1)
                for key, item in value.items()
            }
        if type(value) is int and abs(value) < WHOLE_MOST and str(value) in self._names:
            return f"«{self._names[str(value)]}»"
        return value

    def headers(self, headers: Iterable[Header]) -> list[list[str]]:
        return [[name, self.text(value)[:HEADER_CHARS]] for name, value in headers]

    def body(self, raw: bytes, text_chars: int = TEXT_CHARS) -> Record:
        """A body as the log shows it: `json` where it is JSON, else `text`; `bytes` is its true length."""
        if not raw:
            return {"bytes": 0}
        record: Record = {"bytes": len(raw)}
        if len(raw) <= BODY_CHARS:
            value = decode(raw)
            if value is not None:
                return {**record, "json": self.value(value)}
        else:
            record["sha256"] = hashlib.sha256(raw).hexdigest()
        return {**record, "text": self.shortened(raw, text_chars)}

    def shortened(self, raw: bytes, limit: int = TEXT_CHARS) -> str:
        """The head of a body as text. Redacted before it is cut, for half a secret is not known for one."""
        return self.text(raw[: limit + SECRET_CHARS].decode("utf-8", "backslashreplace"))[:limit]


def curl(request: Request, base_url: str, redactor: Redactor) -> str:
    """A copy-paste line that sends the request again; «alice's token» stands where a secret was."""
    words = ["curl", "-sS", "-i", "--path-as-is"]
    if request.method != "GET":
        words += ["-X", request.method] if request.method != "HEAD" else ["--head"]
    for name, value in request.headers:
        if name.lower() not in ("user-agent", "x-parley-run", "content-length"):
            words += ["-H", redactor.text(f"{name}: {value}")[:HEADER_CHARS]]
    if request.body is not None:
        words += ["--data-binary", _shown_body(request.body, redactor)]
    words.append(redactor.text(base_url + request.path))
    return " ".join(_shell(word) for word in words)


def _shown_body(body: bytes, redactor: Redactor) -> str:
    """The body itself, or the name of a file to make where it is no text or too long for a line."""
    if len(body) > BODY_CHARS:
        return f"@body-of-{len(body)}-bytes"
    try:
        return redactor.text(body.decode("utf-8"))
    except UnicodeDecodeError:
        return f"@body-of-{len(body)}-bytes-not-UTF-8"


PSEUDONYM = re.compile(r"«([^»]+)»")


def _shell(word: str) -> str:
    """Quotes a word; a pseudonym becomes a variable ("$ALICE_TOKEN") that the reader sets."""
    if "«" not in word:
        return shlex.quote(word)
    pieces = []
    for index, piece in enumerate(PSEUDONYM.split(word)):
        if index % 2:
            variable = re.sub(r"[^A-Za-z0-9]+", "_", piece).strip("_").upper()
            pieces.append(f'"${variable}"')
        elif piece:
            pieces.append(shlex.quote(piece))
    return "".join(pieces)


class Transcript:
    """Hands every exchange to `sink` as a redacted record and numbers it.

    A `brief` one tells only which exchange was whose: where nobody reads the log, the rest is for nothing.
    """

    def __init__(
        self, sink: Sink, base_url: str, secret_fields: Iterable[str] = (), *, brief: bool = False
    ) -> None:
        self._sink = sink
        self._brief = brief
        self._base_url = base_url
        self._secret_fields = tuple(secret_fields)
        self._count = 0

    def redactor(self) -> Redactor:
        return Redactor(self._secret_fields)

    def next_id(self) -> int:
        self._count += 1
        return self._count

    def record(
        self,
        request: Request,
        answer: Answer,
        *,
        actor: str,
        attempt: str,
        redactor: Redactor,
        base_url: str | None = None,
        text_chars: int = TEXT_CHARS,
    ) -> None:
        """Writes one exchange. `attempt` names the check run it belongs to; `base_url` is where it went, if
        not to the target; of an answer that is no JSON so many characters are kept.
        """
        if self._brief:
            self._sink({"type": "exchange", "id": answer.exchange, "attempt": attempt})
            return
        came: Record = {"status": answer.status}
        if answer.error is not None:
            came = {"error": redactor.text(answer.error)}
        else:
            came["headers"] = redactor.headers(answer.headers)
            came["body"] = redactor.body(answer.raw, text_chars)
            if answer.envelope is not None:
                came["decrypted"] = redactor.value(answer.body)
        self._sink(
            {
                "type": "exchange",
                "id": answer.exchange,
                "attempt": attempt,
                "actor": actor,
                "operation": answer.operation,
                "started": round(answer.started, 6),
                "ended": round(answer.ended, 6),
                "request": {
                    "method": request.method,
                    "path": redactor.text(request.path),
                    "headers": redactor.headers(request.headers),
                    "body": redactor.body(request.body or b""),
                    "curl": curl(request, base_url or self._base_url, redactor),
                },
                "answer": came,
            }
        )
