"""Gets the tokens of a run as the target file says: by a secret, our own issuer, a list, or a command.

It gives tokens out and verifies none. Its messages never show a token or a secret.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from protocol import tokens
from protocol.asking import CommandError, asked
from protocol.issuer import Issuer, IssuerError
from protocol.spec import Spec
from protocol.target import Target
from protocol.target_tokens import GivenToken
from protocol.tokens import Claims, SecretSigner, Signer, TokenError


class MintError(Exception):
    """No such token can be had from this target file; one sentence says why."""


@dataclass(frozen=True)
class Minted:
    """A person's token. `csrf` is None where cookie-authenticated writes carry none."""

    user_id: str
    token: str = field(repr=False)
    csrf: str | None = field(default=None, repr=False)


class Minter:
    """Gives each person a token; as a context manager it also runs our issuer, where tokens come from it.

    `outlive` is how many seconds longer than the policy's lifetime its tokens are good for: the longest wait
    of the run, so that whoever waits is not signed out meanwhile.
    """

    def __init__(
        self, spec: Spec, target: Target, *, outlive: float = 0, issuer: Issuer | None = None
    ) -> None:
        self._spec = spec
        self._target = target
        self._lifetime = spec.timings["access_token_lifetime"] + int(outlive)
        self._asked: dict[str, str] = {}
        self._free = list(enumerate(target.tokens.given))
        self._taken: dict[str, tuple[int, GivenToken]] = {}
        settings = target.tokens.issuer
        self._owns_issuer = issuer is None
        self.issuer = issuer
        """Our issuer, where tokens come from it."""
        if issuer is None and settings is not None:
            self.issuer = Issuer(settings.port, settings.host, settings.kid)

    @property
    def capacity(self) -> int | None:
        """How many persons there can be at once; None where there is no end to them."""
        return len(self._target.tokens.given) or None

    @property
    def can_craft(self) -> bool:
        """Whether tokens of any claims can be signed as the target expects it."""
        return self.issuer is not None or self._target.tokens.secret is not None

    @property
    def signer(self) -> Signer:
        """What signs good tokens now. Raises MintError where the target file gives no key."""
        if self.issuer is not None:
            return self.issuer.signer
        if self._target.tokens.secret is not None:
            return SecretSigner(self._target.tokens.secret)
        source = self._target.tokens.source
        raise MintError(f"tokens come from tokens.{source} of the target file, which gives no signing key")

    def claims(self, user_id: str, **edits: Any) -> Claims:
        """The claims of a good token for this target, then the edits (tokens.ABSENT removes one)."""
        source = self._target.tokens
        return tokens.claims(
            self._spec,
            user_id,
            issuer=source.iss,
            audience=source.aud,
            user_claim=self._target.user_claim,
            lifetime=self._lifetime,
            **edits,
        )

    def mint(self, user_id: str, **edits: Any) -> str:
        """A token for this user with these claims edited. Raises MintError where that takes a key we lack.

        May wait for the token command; where that matters, use `person`.
        """
        if self.can_craft:
            return self.signer.sign(self.claims(user_id, **edits))
        if edits or self._target.tokens.command is None:
            return self.signer.sign({})  # raises, with the reason
        if user_id not in self._asked:
            self._asked[user_id] = self._by_command(user_id)
        return self._asked[user_id]

    async def person(self, user_id: str, **edits: Any) -> Minted:
        """A new person, with this id where we choose it (a static list has ids of its own), and with these
        claims where we sign.
        """
        if self._target.tokens.given or self.can_craft:
            return self.person_now(user_id, **edits)
        return await asyncio.to_thread(self.person_now, user_id, **edits)

    def person_now(self, user_id: str, **edits: Any) -> Minted:
        """The same; waits in this thread for the token command."""
        if self.can_craft:
            made = self.claims(user_id, **edits)
            return self._minted(user_id, self.signer.sign(made), made)
        if edits:
            self.signer.sign({})  # raises, with the reason
        if self._target.tokens.given:
            return self._from_list()
        token = self.mint(user_id)
        return self._minted(user_id, token, _claims_of(token))

    def release(self, user_id: str) -> None:
        """Gives a person of a static list back, once nobody acts as it any more."""
        if user_id in self._taken:
            self._free.append(self._taken.pop(user_id))

    def _minted(self, user_id: str, token: str, claims: Claims, csrf: str | None = None) -> Minted:
        told = claims.get("csrf") if csrf is None else csrf
        named = claims.get(self._target.user_claim)
        if isinstance(named, str) and named != user_id:
            raise MintError(
                f"the token for {user_id} is another user's: its claim {self._target.user_claim} says {named}"
            )
        return Minted(user_id, token, told if self._target.csrf and isinstance(told, str) else None)

    def _from_list(self) -> Minted:
        if not self._free:
            raise MintError(
                f"needs more users at once than the {self.capacity} that tokens.list of the target file has"
            )
        number, given = self._free.pop(0)
        claims = _claims_of(given.token)
        user_id = given.user or claims.get(self._target.user_claim)
        if not isinstance(user_id, str) or not user_id:
            raise MintError(
                f"tokens.list[{number}]: the token has no claim {self._target.user_claim}; "
                "expected a table with token and user"
            )
        if user_id in self._taken:
            raise MintError(
                f"tokens.list[{number}]: expected a token of another user, got a second of {user_id}"
            )
        self._taken[user_id] = (number, given)
        return self._minted(user_id, given.token, claims, given.csrf)

    def _by_command(self, user_id: str) -> str:
        command = self._target.tokens.command
        assert command is not None
        try:
            return asked("tokens.command", "token", command, user_id, self._target.timeouts.command_s)
        except CommandError as error:
            raise MintError(str(error)) from None

    # -- the life of our issuer

    def __enter__(self) -> Self:
        if self.issuer is not None and self._owns_issuer:
            try:
                self.issuer.start()
            except IssuerError as error:
                raise MintError(f"{error} (tokens.issuer of the target file)") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self.issuer is not None and self._owns_issuer:
            self.issuer.stop_serving()


def _claims_of(token: str) -> Claims:
    """The claims that a token shows; none where it is opaque to us."""
    try:
        return tokens.peek(token)[1]
    except TokenError:
        return {}
