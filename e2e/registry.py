"""The checks of this suite: pytest tests that know their requirement.

A check takes people and things by name, as fixtures (e2e/fixtures.py), and judges by suite.expectations.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from e2e import checks, judging
from e2e.options import LAB, LOOPBACK, NETWORKS

USUAL_S = 3.0  # what a check takes that does not say
CHECK_S = 60.0  # no check takes longer, unless it says so
SUBJECT = "subject"  # the parameter of a check that is asked of both kinds of chat client
ATTRIBUTE = "parley_check"
PAGES = {"widget", "second", "new_widget"}
HEADLESS = {SUBJECT, "headless", "peer", "third", "new_peer"}

Function = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class Check:
    """`both`: asked of a headless peer, which scores the target's signaling, and of the target's widget.
    `takes_s`: about how many seconds it takes, to share the checks out evenly; `limit_s`: how many it may.
    `networks`: where it can run; `profile`: one that the target has to claim besides that of the requirement.
    """

    requirement: str
    name: str
    module: str
    line: int
    nightly: bool
    both: bool
    takes_s: float
    limit_s: float = CHECK_S
    networks: tuple[str, ...] = NETWORKS
    profile: str | None = None


CHECKS: list[Check] = []


def check(
    requirement: str,
    *,
    nightly: bool = False,
    limit_s: float = CHECK_S,
    takes_s: float = USUAL_S,
    network: str | None = None,
    profile: str | None = None,
) -> Callable[[Function], Any]:
    """Registers a check of a requirement. `nightly`: only with --nightly, beside a shorter one. `network`:
    the only one it is for, where that does not follow from whom it takes. `profile`: only of a target that
    claims this one too; another check decides the requirement elsewhere.
    """

    def register(function: Function) -> Any:
        code = function.__code__
        names = code.co_varnames[: code.co_argcount]
        found = Check(
            requirement,
            code.co_name,
            function.__module__,
            code.co_firstlineno,
            nightly,
            SUBJECT in names,
            takes_s,
            limit_s,
            _networks(set(names)) if network is None else (network,),
            profile,
        )
        CHECKS.append(found)

        @functools.wraps(function)
        async def attempt(*args: Any, **people: Any) -> None:
            judging.enter()
            try:
                async with asyncio.timeout(limit_s) as limit:
                    await function(*args, **people)
            except TimeoutError as error:
                if not limit.expired():
                    raise  # not ours: something went wrong below
                raise judging.TooLong(limit_s) from error

        setattr(attempt, ATTRIBUTE, found)
        attempt.__test__ = True  # type: ignore[attr-defined]  # pytest takes it for a test, whatever its name
        return pytest.mark.asyncio(loop_scope="session")(attempt)

    return register


def _networks(people: set[str]) -> tuple[str, ...]:
    """A headless peer's sockets are in this process, which is not in the lab: pages alone are."""
    return (LOOPBACK, LAB) if people & PAGES and not people & HEADLESS else (LOOPBACK,)


def load_checks() -> None:
    """Imports every module of e2e/checks, so that CHECKS is whole."""
    for module in pkgutil.iter_modules(checks.__path__):
        importlib.import_module(f"{checks.__name__}.{module.name}")
