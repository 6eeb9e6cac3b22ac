"""The people and things that checks name. Each attempt has its own; all are taken down after it.

`subject` is who is asked: a headless peer (then it is the target's signaling that is scored) or the target's
widget. `peer` and `third` are headless peers of ours, `widget` and `second` are pages of the widget. In the
lab the first page is at its side a, the next at b, and so on in turns.
"""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, BrowserType
from playwright.async_api import Error as PlaywrightError

from e2e.browser.elements import Elements
from e2e.browser.widget import Opening, PageError, Widget
from e2e.lab import PUBLIC_IP, SIDES, Lab, Side
from e2e.peer import Peer
from e2e.plugin import ATTEMPT, ERROR, RUN
from e2e.run import Attempt, Run
from e2e.turn import TurnServer
from protocol.client import User
from protocol.spec import Spec
from suite import launch
from suite.expectations import NotRun
from suite.otp_codes import OtpCodes

Person = Callable[..., Awaitable[User]]
NewPeer = Callable[..., Awaitable[Peer]]
Transport = Literal["udp", "tcp"]
NewWidget = Callable[..., Awaitable[Widget]]
GIVEN_UP = 3  # so many pages in a row that would not open: the others are not waited for
DEAD = pytest.StashKey[list[str]]()


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Run:
    found = request.config.stash[RUN]
    found.need_network()
    return found


@pytest.fixture
def lab(run: Run) -> Iterator[Lab]:
    """The lab, of a check that is only for it. Its links are sound again after the attempt."""
    assert run.lab is not None, "such a check runs nowhere else"
    yield run.lab
    for link in run.lab.links.values():
        link.clear()


@pytest.fixture
def spec(run: Run) -> Spec:
    return run.spec


@pytest.fixture
def attempt(request: pytest.FixtureRequest) -> Attempt:
    found: Attempt = request.node.stash[ATTEMPT]
    return found


@pytest.fixture
def turn(run: Run) -> TurnServer:
    return run.need_turn()


@pytest.fixture
def person(run: Run, attempt: Attempt) -> Person:
    """Makes a new user of the target."""

    async def make(actor: str, **claims: Any) -> User:
        """With these claims in its token besides; that takes a target whose tokens are signed here."""
        return await run.people.person(attempt.lane, actor, **claims)

    return make


@pytest.fixture
def codes(run: Run) -> OtpCodes:
    """Reads the codes that the target sends."""
    return OtpCodes(run.spec, run.target, run.wire)


@pytest_asyncio.fixture(loop_scope="session")
async def alice(person: Person) -> User:
    return await person("alice")


@pytest_asyncio.fixture(loop_scope="session")
async def bob(person: Person) -> User:
    return await person("bob")


# -- headless peers


@pytest_asyncio.fixture(loop_scope="session")
async def new_peer(run: Run, person: Person) -> AsyncIterator[NewPeer]:
    """Makes a headless peer; all are closed after the attempt."""
    made: list[Peer] = []

    async def make(actor: str, **options: Any) -> Peer:
        user = await person(actor)
        peer = Peer(user, await run.ice_servers(user), **options)
        made.append(peer)
        return peer

    yield make
    for peer in reversed(made):
        await peer.close()


@pytest_asyncio.fixture(loop_scope="session")
async def peer(new_peer: NewPeer) -> Peer:
    return await new_peer("peer")


@pytest_asyncio.fixture(loop_scope="session")
async def third(new_peer: NewPeer) -> Peer:
    return await new_peer("third")


@pytest_asyncio.fixture(loop_scope="session")
async def headless(new_peer: NewPeer) -> Peer:
    """The headless peer that stands where a client under test would."""
    return await new_peer("subject")


@pytest.fixture
def subject(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue("headless" if request.param == "fitness" else "widget")


# -- the widget in a browser


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], browser_name: str, request: pytest.FixtureRequest
) -> dict[str, Any]:
    """pytest-playwright's own, with what WebRTC needs here."""
    headed = not browser_type_launch_args.get("headless", True)
    run = request.config.stash.get(RUN, None)
    hosts = run.hosts if run is not None else ()
    origin = run.lab_origin if run is not None and run.lab is not None else ""
    if origin:
        hosts = (*hosts, PUBLIC_IP)
    arguments = launch.arguments(browser_name, hosts, origin, headed=headed)
    return {**browser_type_launch_args, **arguments}


@asynccontextmanager
async def launched(
    run: Run | None, start: Callable[..., Awaitable[Browser]], kind: BrowserType, side: Side
) -> AsyncIterator[Browser]:
    """A browser, at this side where there is a lab. One that is not there is said to be missing."""
    options: dict[str, Any] = {}
    if run is not None:
        run.need_network()
        if run.lab is not None:
            if kind.name != "chromium":
                raise NotRun(
                    "--network lab: only Chromium is led by a pipe, which crosses namespaces", "tools"
                )
            found = launch.arguments(kind.name, origin=run.lab_origin)
            path = found.get("executable_path", kind.executable_path)
            if shutil.which(path) is None:
                raise NotRun(launch.MISSING, "tools")
            options["executable_path"] = run.lab.wrapper(side, path)
    try:
        browser = await start(**options)
    except PlaywrightError as error:
        if "Executable doesn't exist" not in str(error):
            raise
        raise NotRun(launch.MISSING, "tools") from None
    yield browser
    await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(
    request: pytest.FixtureRequest,
    launch_browser: Callable[..., Awaitable[Browser]],
    browser_type: BrowserType,
) -> AsyncIterator[Browser]:
    """pytest-playwright's own; in the lab it is at side a."""
    async with launched(request.config.stash.get(RUN, None), launch_browser, browser_type, "a") as browser:
        yield browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def other_browser(
    request: pytest.FixtureRequest,
    launch_browser: Callable[..., Awaitable[Browser]],
    browser_type: BrowserType,
) -> AsyncIterator[Browser | None]:
    """The one at side b of the lab; on the loopback one browser is enough."""
    run = request.config.stash[RUN]
    if run.lab is None:
        yield None
        return
    async with launched(run, launch_browser, browser_type, "b") as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def new_widget(
    request: pytest.FixtureRequest,
    run: Run,
    attempt: Attempt,
    person: Person,
    new_context: Callable[..., Awaitable[BrowserContext]],
    other_browser: Browser | None,
) -> AsyncIterator[NewWidget]:
    """Opens the widget on a page of its own, for a new user; all are closed after the attempt."""
    made: list[Widget] = []
    turns = itertools.cycle(SIDES)
    contexts: list[BrowserContext] = []
    dead = request.config.stash.setdefault(DEAD, [])
    page = run.target.widget
    assert page is not None, "checks of a widget are asked only where there is one"

    async def make(
        actor: str,
        *,
        transport: Transport | None = None,
        browser: Browser | None = None,
        relay_only: bool | None = None,
        signed_in: bool = True,
        microphone: bool = True,
        **claims: str,
    ) -> Widget:
        """`transport` is what it reaches the TURN server by, where that is not left to the browser. In the
        lab a page may use any path, where `relay_only` says nothing else: none but by the relays is possible.
        `claims`: as of `person`.
        """
        if len(dead) >= GIVEN_UP:
            raise PageError(f"{dead[-1]} ({len(dead)} pages in a row: no more are opened)")
        user = await person(actor, **claims)
        # The embedded server's own answers name our TURN server. Another's may name any host.
        servers = None if run.hands_out_turn else await run.ice_servers(user)
        if transport is not None:
            servers = run.need_turn().ice_servers(user.id, transport)
        if relay_only is None:
            relay_only = run.lab is None
        opening = Opening(page, relay_only, microphone, servers, signed_in)
        if other_browser is not None and next(turns) == "b":
            context = await other_browser.new_context()
        else:
            context = await (new_context() if browser is None else browser.new_context())
        contexts.append(context)
        elements = Elements(run.spec, page.selectors)
        widget = Widget(run.spec, await context.new_page(), elements, user, opening)
        made.append(widget)
        try:
            await widget.load()
        except PageError as error:
            dead.append(str(error))
            raise
        dead.clear()
        return widget

    yield make
    if request.node.stash[ERROR] is not None:
        folder = run.folder / "artifacts" / re.sub(r"[^A-Za-z0-9]+", "-", attempt.name).strip("-")
        for widget in made:
            attempt.artifacts += run.keep(attempt, folder, widget.user.actor, await widget.evidence())
    for widget in made:
        await widget.close()
    for context in contexts:
        with suppress(PlaywrightError):  # its browser has gone, or a Ctrl-C came between
            await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def widget(new_widget: NewWidget) -> Widget:
    return await new_widget("widget")


@pytest_asyncio.fixture(loop_scope="session")
async def second(new_widget: NewWidget) -> Widget:
    return await new_widget("second")
