"""Where a target's tokens come from: the [tokens] table of a target file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from protocol.target_file import Command, Json, TargetError, check_url, command_of


@dataclass(frozen=True)
class GivenToken:
    """A token of a static list; what its own claims do not say may be said beside it."""

    token: str = field(repr=False)
    user: str | None = None
    csrf: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class OwnIssuer:
    """Tokens come from our own issuer; `public_url` is where the target finds it."""

    port: int
    host: str
    public_url: str | None
    kid: str | None
    iss: str | None
    aud: str | None


@dataclass(frozen=True)
class Tokens:
    """Where tokens come from: exactly one of secret, issuer, given and command is set; or none."""

    secret: bytes | None = field(default=None, repr=False)
    issuer: OwnIssuer | None = None
    given: tuple[GivenToken, ...] = ()
    command: Command | None = None
    iss: str | None = None
    aud: str | None = None

    @property
    def source(self) -> str:
        """What they are made by, in one word."""
        if self.secret is not None:
            return "secret"
        if self.issuer is not None:
            return "issuer"
        if self.given:
            return "list"
        return "command" if self.command is not None else "none"


def tokens_of(found: Json, env: Mapping[str, str]) -> Tokens:
    """The tokens of a [tokens] table. Raises TargetError."""
    sources = [name for name in ("secret", "secret_env", "issuer", "list", "command") if name in found]
    if len(sources) != 1:
        got = " and ".join(sources) or "none"
        raise TargetError(
            f"tokens: expected exactly one of secret, secret_env, issuer, list and command, got {got}"
        )
    source = sources[0]
    for name in ("iss", "aud"):
        if name in found and not source.startswith("secret"):
            place = f"tokens.issuer.{name} instead" if source == "issuer" else f"none beside tokens.{source}"
            raise TargetError(f"tokens.{name}: expected {place}: these are claims of the tokens that we make")
    if source == "issuer":
        issuer = {**dict.fromkeys(("public_url", "kid", "iss", "aud")), **found["issuer"]}
        if issuer["public_url"] is not None:
            issuer["public_url"] = check_url(issuer["public_url"], "tokens.issuer.public_url")
        return Tokens(issuer=OwnIssuer(**issuer), iss=issuer["iss"], aud=issuer["aud"])
    if source == "list":
        return Tokens(given=_given(found["list"]))
    if source == "command":
        return Tokens(command=command_of(found["command"]))
    secret = found.get("secret") or env.get(found["secret_env"])
    if not secret:
        raise TargetError(
            f"tokens.secret_env: the environment variable {found['secret_env']} is not set, or empty"
        )
    return Tokens(secret=secret.encode("utf-8"), iss=found.get("iss"), aud=found.get("aud"))


def _given(found: list[Any]) -> tuple[GivenToken, ...]:
    given = tuple(GivenToken(item) if isinstance(item, str) else GivenToken(**item) for item in found)
    seen: set[str] = set()
    for number, item in enumerate(given):
        if item.token in seen:
            raise TargetError(f"tokens.list[{number}]: expected another token, got one that is listed before")
        seen.add(item.token)
    return given
