"""TURN by a server that the user has: its url and credentials, or those that the target hands out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

from e2e.turn import probe, urls
from e2e.turn.server import (
    IceServers,
    Session,
    Transport,
    TurnCannot,
    TurnError,
    TurnServer,
    TurnUnavailable,
)

FromTarget = Callable[[str], IceServers]
"""The iceServers of this user, as the target's getIceServers gives them."""


class TurnGiven(TurnServer):
    """A server that is not ours to start, stop or look into. Give urls with username and credential or with
    the shared secret; without urls the target's getIceServers names it, asked by `from_target` or by others.
    Raises TurnUnavailable for urls that are none or have no credential.
    """

    kind = "url"

    def __init__(
        self,
        ttl_s: int,
        given: Sequence[str] = (),
        *,
        username: str | None = None,
        credential: str | None = None,
        secret: str | None = None,
        from_target: FromTarget | None = None,
    ) -> None:
        self.ttl_s = ttl_s
        self._username, self._credential, self._from_target = username, credential, from_target
        try:
            self.urls = tuple(_spelt_out(url) for url in given)
        except TurnError as error:
            raise TurnUnavailable(f"--turn-url: {error}") from None
        self.secret = secret if self.urls else None
        if self.urls and secret is None and (username is None or credential is None):
            raise TurnUnavailable(
                "--turn-url: its credentials are missing: give --turn-username and --turn-credential-env, "
                "or --turn-secret-env"
            )

    def start(self) -> Self:
        """Asks each url for an allocation, so that a wrong credential is told before any check runs."""
        if not self.urls and self._from_target is None:
            return self
        try:
            found = urls.offered(self.ice_servers("parley"))
        except TurnError as error:
            raise TurnUnavailable(f"--turn url: {error}") from None
        if not found:
            raise TurnUnavailable("--turn url: the target's iceServers hold no turn: or turns: url")
        outcomes = [probe.ask(offer) for offer in found]
        if not any(outcome.kind == "accepted" for outcome in outcomes):
            told = [f"{one.url}: {one}" + (f" ({one.reason})" if one.reason else "") for one in outcomes]
            raise TurnUnavailable(f"--turn url: no allocation was had: {'; '.join(told)}")
        return self

    def stop(self) -> None:
        """It is not ours to stop."""

    def kill(self) -> None:
        raise TurnCannot("the TURN server was given by --turn url: it is not ours to end and start again")

    def restart(self) -> None:
        self.kill()

    def sessions(self) -> list[Session]:
        raise TurnCannot("the TURN server was given by --turn url: its counters are not ours to read")

    def ice_servers(self, user: str, transport: Transport | None = None) -> IceServers:
        """Those of a user. Raises TurnCannot where only the target knows them and it is not asked here."""
        if not self.urls:
            if self._from_target is None:
                raise TurnCannot("--turn url without --turn-url: only the target's getIceServers names it")
            return [_of_transport(server, transport) for server in self._from_target(user)]
        if self.secret is not None:
            return super().ice_servers(user, transport)
        server = {"urls": list(self.urls), "username": self._username, "credential": self._credential}
        return [_of_transport(server, transport)]


def _spelt_out(url: str) -> str:
    """The url with its transport named. Raises TurnError."""
    parsed = urls.parse(url)
    return url if "?" in url else f"{url}?transport={parsed.transport}"


def _of_transport(server: dict[str, Any], transport: Transport | None) -> dict[str, Any]:
    if transport is None:
        return server
    names = server.get("urls")
    names = names if isinstance(names, list) else [names]
    kept = [
        name
        for name in names
        if isinstance(name, str) and name.startswith("turn") and urls.parse(name).transport == transport
    ]
    return {**server, "urls": kept}
