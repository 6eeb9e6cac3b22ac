"""Which TURN server the people of a run are told of."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from e2e.options import Settings
from e2e.peer import PeerError
from e2e.peer.clock import RealClock
from e2e.peer.link import Link, Network
from e2e.run import Run
from e2e.turn.given import TurnGiven
from protocol.operations import Answer
from protocol.spec import load
from protocol.widget_page import WidgetPage
from suite import launch
from suite.embedded import embedded_target

SPEC = load()
OURS, THEIRS = "turn:127.0.0.1:3478?transport=udp", "turn:127.0.0.1:5349"
TOLD = [{"urls": THEIRS, "username": "t", "credential": "t"}]


class User:
    """A person whose server answers getIceServers so."""

    id = "alice"

    def __init__(self, body: Any) -> None:
        self.body = body

    async def ice_servers(self) -> Answer:
        return Answer("getIceServers", status=200, body=self.body)


def told(body: Any, given: Mapping[str, Any], *, embedded: bool = False) -> list[Any]:
    run = Run(Settings(), SPEC)
    run.turn = TurnGiven(600, **given)
    run.embedded = object() if embedded else None  # type: ignore[assignment]
    found = asyncio.run(run.ice_servers(User(body)))  # type: ignore[arg-type]
    return [server["urls"] for server in found]


PASSWORD = {"given": [OURS], "username": "u", "credential": "c"}
SECRET = {"given": [OURS], "secret": "s"}
BARE = {"from_target": lambda user: [{"urls": "turn:127.0.0.1:1", "username": "u", "credential": "c"}]}


@pytest.mark.parametrize("given", [PASSWORD, SECRET], ids=["password", "secret"])
def test_urls_that_the_user_gave_come_before_the_targets(given: Mapping[str, Any]) -> None:
    assert told({"iceServers": TOLD}, given) == [[OURS]]


def test_without_urls_the_target_names_it() -> None:
    assert told({"iceServers": TOLD}, BARE) == [THEIRS]


@pytest.mark.parametrize(
    ("given", "wanted"), [(SECRET, THEIRS), (PASSWORD, [OURS])], ids=["secret", "password"]
)
def test_the_embedded_server_tells_of_one_whose_secret_it_has(
    given: Mapping[str, Any], wanted: object
) -> None:
    assert told({"iceServers": TOLD}, given, embedded=True) == [wanted]


@pytest.mark.parametrize("nonsense", [None, "x", [7], [{"urls": 7}], [{"url": "turn:a"}]])
def test_nonsense_is_not_handed_on(nonsense: Any) -> None:
    assert told({"iceServers": nonsense}, BARE) == ["turn:127.0.0.1:1"]


def test_a_url_that_is_none_is_the_targets_fault_and_not_ours() -> None:
    async def offer() -> None:
        network = Network([{"urls": "turn:", "username": "u", "credential": "c"}])
        link = Link(SPEC, network, RealClock(), lambda *_: None, lambda *_: None)
        try:
            await link.offer()
        finally:
            await link.close()

    with pytest.raises(PeerError, match="the ICE servers, turn:, cannot be used"):
        asyncio.run(offer())


def test_a_browser_may_look_up_the_hosts_of_the_run_and_no_others() -> None:
    run = Run(Settings(), SPEC)
    target = embedded_target(SPEC)
    run.target = replace(
        target, base_url="https://api.example", widget=WidgetPage("https://chat.example/#{token}")
    )
    assert run.hosts == ("api.example", "chat.example")
    run.turn = TurnGiven(600, [OURS, "turn:relay.example"], username="u", credential="c")
    assert run.hosts == ("127.0.0.1", "api.example", "chat.example", "relay.example")
    rules = [arg for arg in launch.arguments("chromium", run.hosts)["args"] if "host-resolver" in arg]
    assert [all(f"EXCLUDE {host}" in rule for host in run.hosts) for rule in rules] == [True]
