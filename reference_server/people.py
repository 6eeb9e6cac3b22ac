"""Links to the chat page for people who want to try it: `parley serve --people Alice,Bob`."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlencode

from protocol.spec import Spec
from protocol.tokens import SecretSigner, claims
from reference_server.config import Config


class PeopleError(Exception):
    """No links can be made; one sentence says why."""


def with_secret(config: Config) -> Config:
    """The configuration with a key to sign by: its own, or one of this run where it has none.

    Raises PeopleError where tokens come from an issuer, whose key we do not have.
    """
    if config.auth.hs256_secret is not None:
        return config
    if config.auth.jwks_url is not None:
        raise PeopleError("--people: needs auth.hs256_secret: the issuer of auth.jwks_url alone signs tokens")
    return replace(config, auth=replace(config.auth, hs256_secret=secrets.token_urlsafe(32)))


def links(spec: Spec, config: Config, names: Sequence[str], url: str) -> Iterator[tuple[str, str]]:
    """Each name with its link; the token in it is good as long as a session. Raises PeopleError."""
    auth = config.auth
    taken: set[str] = set()
    for name in names:
        user = user_id(name)
        if not user or user in taken:
            raise PeopleError(
                f"--people: {name!r} gives no user id of its own; use names of letters and digits"
            )
        taken.add(user)
        made = claims(
            spec,
            user,
            issuer=auth.issuer,
            audience=auth.audience,
            user_claim=auth.user_claim or spec.policy["names"]["user_claims"][0],
            lifetime=spec.timings["session_lifetime"],
            displayName=name,
        )
        assert auth.hs256_secret is not None, "with_secret gave one"
        token = SecretSigner(auth.hs256_secret.encode("utf-8")).sign(made)
        fragment = {"token": token, **({"relayOnly": "1"} if config.turn is not None else {})}
        yield name, f"{url}/#{urlencode(fragment)}"


def user_id(name: str) -> str:
    """The characters of a name that a user id may have, in lower case."""
    return re.sub(r"[^a-z0-9_-]", "", name.lower().replace(" ", "-"))
