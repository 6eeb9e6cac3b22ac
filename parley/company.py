"""The suites that `parley score` runs after the checks, in turn: peers and browsers, then loads."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from conformance.session import Beside, Session
from conformance.settings import scope_of
from e2e.options import of_a_score
from load import profiles
from load.profiles import ProfileError
from parley import beside
from parley.crowd_suite import CrowdSuite
from parley.load import memory_of
from parley.load_suite import Emit, LoadSuite
from parley.peers import PROFILE as PEERS
from parley.progress import RunProgress
from protocol.mint import Minter
from protocol.spec import Spec
from protocol.target import Target
from protocol.toml_file import near

NONE = "none"
FULL = "full"  # every load that decides a requirement


def of_score(parsed: argparse.Namespace, session: Session, progress: RunProgress) -> Company | None:
    """What these options of `parley score` have run after the checks; None: nothing. Raises ProfileError."""
    spec, settings = session.spec, session.settings
    if settings.gentle or settings.delivery_only:  # then there is nobody to chat with, nor anything to load
        return None
    scope = {r.id for r in scope_of(settings, spec)}
    suites: list[Beside] = [beside.Beside(vars(parsed), spec)] if parsed.e2e else []
    for name in loads_of(parsed.load, spec):
        if name != PEERS:
            load = LoadSuite(
                name,
                spec,
                scope.__contains__,
                progress.load,
                partial(memory_of, session),
                operated=parsed.operated,
                spec_dir=settings.spec_dir,
            )
            suites.append(load)
        elif parsed.e2e:
            turn = of_a_score(vars(parsed)).turn
            suites.append(
                CrowdSuite(settings, turn, spec, scope.__contains__, progress.crowd, operated=parsed.operated)
            )
    return Company(suites) if suites else None


def loads_of(text: str, spec: Spec) -> list[str]:
    """The loads that `--load` names, with commas between them: profiles, `peers`, `full`; or `none`.

    Raises ProfileError.
    """
    if text == NONE:
        return []
    found: dict[str, None] = {}
    for name in (part.strip() for part in text.split(",")):
        if name == FULL:
            deciding = [each for each in profiles.names() if profiles.find(each, spec).decides]
            found |= dict.fromkeys(sorted(deciding, key=lambda each: profiles.find(each, spec).seconds))
            found[PEERS] = None
            continue
        if name != PEERS and name not in profiles.names() and not name.endswith(".toml"):
            known = [*profiles.names(), PEERS, FULL, NONE]
            raise ProfileError(f"--load: there is no load {name!r}{near(name, known)}; or name a .toml file")
        found[name] = None
    return list(found)


class Company:
    """Several suites as one, in turn."""

    def __init__(self, suites: Sequence[Beside]) -> None:
        self._suites = suites
        self._stopped = ""

    @property
    def decides(self) -> frozenset[str]:
        return frozenset().union(*(suite.decides for suite in self._suites))

    @property
    def fitness(self) -> list[str]:
        return [name for suite in self._suites for name in suite.fitness]

    @property
    def planned(self) -> list[str]:
        return [name for suite in self._suites for name in suite.planned]

    def target(self, target: Target) -> Target:
        for suite in self._suites:
            target = suite.target(target)
        return target

    def stop(self, reason: str) -> None:
        self._stopped = self._stopped or reason
        for suite in self._suites:
            suite.stop(reason)

    async def run(
        self, minter: Minter, folder: Path, seed: int, stopped: str, emit: Emit, left_s: float | None
    ) -> None:
        began = time.monotonic()
        for suite in self._suites:
            left = None if left_s is None else max(0.0, began + left_s - time.monotonic())
            await suite.run(minter, folder, seed, stopped or self._stopped, emit, left)
