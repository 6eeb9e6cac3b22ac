"""ICE-4, asked of the embedded server beside right and wrong TURN servers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from engine_kit import SPEC
from turn_kit import needs_coturn

from e2e.checks import turn as checks
from e2e.judging import Result, result
from e2e.turn import TurnServer
from e2e.turn.given import TurnGiven
from e2e.turn.process import TurnProcess
from protocol.client import Lane
from protocol.operations import Operations
from protocol.transcript import Transcript
from reports.verdicts import Verdict
from suite import expectations, opening
from suite.embedded import Embedded
from suite.expectations import Recorder
from suite.people import People

TTL_S = 600


@pytest.fixture(scope="module")
def good() -> Iterator[TurnProcess]:
    with TurnProcess(TTL_S) as server:
        yield server


def judged(turn: TurnServer, urls: tuple[str, ...], secret: str) -> Result:
    """What the check finds in an embedded server that hands out credentials for these urls by this secret."""
    embedded = Embedded(SPEC, turn=(urls, secret))
    records: list[Any] = []

    async def asked() -> BaseException | None:
        transcript = Transcript(records.append, target.base_url, SPEC.policy["names"]["secret_fields"])
        wire = opening.open_wire(target, "testing")
        redactor = transcript.redactor()
        lane = Lane(SPEC, Operations(SPEC, target.paths), wire, transcript, redactor, "ICE-4 a#1")
        alice = await People(target, embedded.minter, "testing").person(lane, "alice")
        expectations.current.set(recorder)
        try:
            await checks.the_turn_server_takes_the_credentials_and_no_others.__wrapped__(alice, turn)
        except Exception as error:
            return error
        finally:
            await wire.close()
        return None

    try:
        target = embedded.start()
        redactor = Transcript(records.append, target.base_url).redactor()
        recorder = Recorder(SPEC, SPEC.requirement("ICE-4"), "ICE-4 a#1", records.append, redactor)
        error = asyncio.run(asked())
    finally:
        embedded.end()
    return result("ICE-4 a#1", error, recorder, None)


@needs_coturn
def test_credentials_that_the_turn_server_takes_pass(good: TurnProcess) -> None:
    found = judged(good, good.urls, good.secret)
    assert (found.verdict, found.reason) == (Verdict.PASS, "")


@needs_coturn
def test_credentials_of_another_secret_fail(good: TurnProcess) -> None:
    found = judged(good, good.urls, "a secret that the TURN server does not share")
    assert found.verdict is Verdict.FAIL
    assert found.reason.startswith(f"an allocation at {good.urls[0]} with the credentials")
    assert found.reason.endswith("wanted 'accepted'; got 'refused with 401'")


@needs_coturn
def test_a_turn_server_that_lets_everybody_in_fails() -> None:
    with TurnProcess(TTL_S, open_to_all=True) as careless:
        found = judged(careless, careless.urls, careless.secret)
    assert found.verdict is Verdict.FAIL
    assert found.reason.endswith("got 'accepted from anybody, without credentials'")


@needs_coturn
def test_a_turn_server_that_is_gone_decides_nothing() -> None:
    with TurnProcess(TTL_S) as server:
        server.kill()
        found = judged(server, server.urls, server.secret)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "silent" in found.reason


@needs_coturn
def test_a_host_elsewhere_is_not_asked(good: TurnProcess) -> None:
    found = judged(good, ("turn:192.0.2.1:3478",), good.secret)
    assert found.verdict is Verdict.NOT_RUN
    assert "the target names 192.0.2.1, and no traffic leaves this machine" in found.reason
    # A name is not looked up either.
    assert judged(good, ("turn:turn.parley.example",), good.secret).verdict is Verdict.NOT_RUN


@needs_coturn
def test_the_users_own_server_is_asked_wherever_it_is(good: TurnProcess) -> None:
    given = TurnGiven(TTL_S)
    assert judged(given, good.urls, good.secret).verdict is Verdict.PASS


def test_what_is_no_turn_url_decides_nothing() -> None:
    found = judged(TurnGiven(TTL_S), ("turn:127.0.0.1:0",), "secret")
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "is not a TURN url" in found.reason
