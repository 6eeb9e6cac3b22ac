"""The embedded target: the reference server with our own issuer, all profiles, and test control.

It is what `make score` scores when no target is given: a process like any other, known by its URL.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from protocol import target as target_module
from protocol.mint import Minter
from protocol.spec import Spec
from protocol.target import Target
from suite import opening
from suite.server_process import EmbeddedServer

ORIGIN = "https://good.example"
BUNDLER = "esbuild"  # what the reference server makes the widget's bundles by
NO_BUNDLER = (
    f"{BUNDLER} is not there, which bundles the widget: install it (Debian: apt-get install {BUNDLER})"
)

TARGET_FILE = f"""
name = "reference server"
base_url = "http://127.0.0.1:1"
test_control = true

[tokens.issuer]
port = 0
iss = "https://issuer.parley.example"
aud = "parley"

[delivery]
bearer = {{ encrypted = true }}
cookie = {{ encrypted = false }}

[origins]
allowed = ["{ORIGIN}"]

[cdn]
url = "/"

[widget]
url = "/#token={{token}}&room={{room}}&relayOnly={{relay}}"

[widget.selectors]
roomList = ".chat-rooms"
typing = ".chat-typing"
presence = ".chat-presence"
"""


def embedded_target(spec: Spec) -> Target:
    """The embedded target as its file says, before it is started."""
    found = target_module.parse(TARGET_FILE, "the embedded target", spec)
    optional = [name for name, profile in spec.profiles.items() if profile.optional]
    claimed = tuple(name for name in spec.profiles if name in (*found.profiles, *optional))
    return replace(found, profiles=claimed)


class Embedded:
    """The reference server as a target: its issuer, its process, its target file."""

    def __init__(
        self,
        spec: Spec,
        spec_dir: Path | None = None,
        mutant: str | None = None,
        turn: tuple[Sequence[str], str] | None = None,
        outlive: float = 0,
    ) -> None:
        """`turn`: the URLs of a TURN server that is there, and the secret shared with it; `outlive`: how many
        seconds longer than the policy's lifetime its tokens are good for.
        """
        self._target = embedded_target(spec)
        self.minter = Minter(spec, self._target, outlive=outlive)
        self._spec_dir = spec_dir
        self._mutant = mutant
        # Without one nothing relays: what is handed out has the right shape all the same.
        self._turn = turn or (["turn:127.0.0.1:3478?transport=udp"], secrets.token_hex(16))
        self.server: EmbeddedServer | None = None

    def start(self) -> Target:
        """Starts issuer and server and returns the target with its URL."""
        self.minter.__enter__()
        issuer = self.minter.issuer
        assert issuer is not None, "the embedded target's tokens come from an issuer"
        settings = self._target.tokens.issuer
        assert settings is not None
        self.server = EmbeddedServer(
            {
                "auth": {"jwks_url": issuer.jwks_url, "issuer": settings.iss, "audience": settings.aud},
                "cors": {"allowed_origins": [ORIGIN]},
                "encryption": {"enabled": True},
                "turn": {"urls": list(self._turn[0]), "secret": self._turn[1]},
                "test_control": {"enabled": True},
            },
            spec_dir=self._spec_dir,
            mutant=self._mutant,
        )
        url = self.server.start()
        target = replace(opening.at(self._target, url), log=self.server.log_file)
        if target.cdn is not None and shutil.which(BUNDLER) is None:
            return replace(target, cdn=replace(target.cdn, missing=NO_BUNDLER))
        return target

    def restart(self) -> None:
        """Ends the server without a word and starts it again at its URL: it has forgotten every room."""
        assert self.server is not None, "what was started can be restarted"
        self.server.restart()

    @property
    def reached(self) -> frozenset[int | None]:
        """The exchanges in which the mutant's wrong path was taken, as the server said; None stands for one
        that belongs to no exchange. Complete once the server has ended.
        """
        return frozenset(self.server.reached) if self.server is not None else frozenset()

    def end(self) -> None:
        if self.server is not None:
            self.server.end()
        self.minter.__exit__(None, None, None)
