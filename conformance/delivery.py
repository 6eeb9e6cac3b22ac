"""What a check of a delivery has in hand: files fetched from it, recorded like any exchange, and a bare page.

Redirects are never followed, bodies are bounded on the wire and when their coding is taken off.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from protocol import cdn
from protocol.cdn import Cdn
from protocol.client import EXCHANGE_HEADER, GIVEN_UP
from protocol.codings import CodingError, decoded
from protocol.operations import Answer, Request
from protocol.spec import Spec
from protocol.wire import Wire
from reports.runlog import DELIVERY
from suite.expectations import Inconclusive, NotRun, expect, given_that

if TYPE_CHECKING:
    from conformance.cast import World
    from protocol.client import Lane

ACTOR = "page"  # who fetches, in the log
LOGGED_CHARS = 200  # of a file: its length and hash are logged too
PLAIN = "identity"
NOSNIFF = "nosniff"
ANY_PAGE = "https://any-page.example"  # bundles are for pages of every origin
TRIES = 2


@dataclass(frozen=True)
class Place:
    """A file in a folder, both as page.yaml has them."""

    folder: str
    file: str


@dataclass(frozen=True)
class File:
    """A file that came: the answer, and its content with the coding taken off."""

    answer: Answer
    path: str
    content: bytes


class Delivery:
    """The delivery that is scored, for one attempt of a check."""

    def __init__(self, spec: Spec, found: Cdn, wire: Wire, lane: Lane, saw: Callable[[int], None]) -> None:
        self.spec = spec
        self.facts: dict[str, Any] = spec.page["delivery"]
        self.cdn = found
        self._wire = wire
        self._lane = lane
        self._saw = saw

    def path(self, place: Place) -> str:
        """E.g. `/v1.4/chat-widget.css`."""
        return cdn.folder(self.spec, place.folder, self.cdn.version) + place.file

    def told(self, place: Place) -> str:
        """The path, with where its version is from, for whoever wonders at a file that is not there."""
        path, version = self.path(place), self.cdn.version
        return path if place.folder == self.facts["latest"] else f"{path} (version {version}: --cdn-version)"

    def url(self, place: Place) -> str:
        return self.cdn.url + self.path(place)

    @property
    def exact(self) -> str:
        """The folder of the exact version, as page.yaml has it."""
        found: str = self.facts["versioned"][-1]
        return found

    @property
    def integrity_path(self) -> str:
        """Where the hashes are published."""
        return self.cdn.integrity or cdn.exact_folder(self.spec, self.cdn.version) + self.facts["integrity"]

    async def get(self, place: Place, **headers: str) -> Answer:
        return await self.send("GET", self.path(place), **headers)

    async def send(self, method: str, path: str, **headers: str) -> Answer:
        """Sends a request as a browser on another origin does; `_` in the name of a header stands for `-`."""
        given = {"Origin": ANY_PAGE, "Accept_Encoding": PLAIN, **headers}
        fields = tuple((name.replace("_", "-"), value) for name, value in given.items())
        lane, request = self._lane, Request(DELIVERY, method, path, fields)
        number = lane.transcript.next_id()
        now = time.monotonic()
        answer = Answer(DELIVERY, error=GIVEN_UP, exchange=number, started=now, ended=now)
        try:
            sent = request.with_header(EXCHANGE_HEADER, str(number))
            answer = replace(await self._wire.send(sent), exchange=number)
        finally:
            lane.transcript.record(
                request,
                answer,
                actor=ACTOR,
                attempt=lane.attempt,
                redactor=lane.redactor,
                base_url=self.cdn.url,
                text_chars=LOGGED_CHARS,
            )
        self._saw(number)
        return answer

    async def file(self, place: Place, coding: str = PLAIN) -> File:
        """The file, there and whole: else inconclusive, for that is CDN-1's and CDN-4's matter."""
        return await self.file_at(self.path(place), coding)

    async def file_at(self, path: str, coding: str = PLAIN) -> File:
        answer = await self.send("GET", path, Accept_Encoding=coding)
        given_that(answer, f"GET {path}").answered(200)
        try:
            return File(answer, path, await content_of(answer))
        except CodingError as error:
            raise Inconclusive(f"a prerequisite failed: GET {path}: {error}", answer.exchange) from None

    def made_up(self) -> str:
        """The path of a file that nobody delivers, in the folder of the exact version."""
        folder = cdn.exact_folder(self.spec, self.cdn.version)
        return f"{folder}parley-{secrets.token_hex(8)}.js"


def coding_of(answer: Answer) -> str:
    """Its Content-Encoding: in any case, and x-gzip is gzip (RFC 9110, 8.4.1). Empty where there is none."""
    found = ", ".join(answer.header_values("Content-Encoding")).strip().lower()
    return "gzip" if found == "x-gzip" else found


async def content_of(answer: Answer) -> bytes:
    """The body with its coding taken off, in a thread: other checks go on meanwhile. Raises CodingError."""
    coding = coding_of(answer)
    return await asyncio.to_thread(decoded, answer.raw, coding, cdn.FILE_BYTES)


def places(spec: Spec) -> Iterator[tuple[str, Place]]:
    """Each file in each folder."""
    for folder in cdn.templates(spec):
        for file in spec.page["delivery"]["files"].values():
            yield folder + file, Place(folder, file)


def folders(spec: Spec) -> Iterator[tuple[str, str]]:
    yield from ((folder, folder) for folder in cdn.templates(spec))


def files(spec: Spec) -> Iterator[tuple[str, str]]:
    yield from ((file, file) for file in spec.page["delivery"]["files"].values())


def directives(answer: Answer) -> list[str]:
    """The directives of Cache-Control, whose order and case mean nothing (RFC 9111, 5.2)."""
    return listed(", ".join(answer.header_values("Cache-Control")))


def listed(text: str) -> list[str]:
    return sorted(word.strip().lower() for word in text.split(",") if word.strip())


def media_type(answer: Answer) -> str:
    """The content type without its parameters."""
    return (answer.header("Content-Type") or "").partition(";")[0].strip().lower()


def holds(answer: Answer, name: str, value: str, path: str) -> None:
    """Expects the header once, with this value. Of nosniff the first word counts, in any case (Fetch)."""
    found = answer.header_values(name)
    if value == NOSNIFF:
        found = [", ".join(found).partition(",")[0].strip().lower()] if found else []
    expect(found, f"the {name} of {path}").equals([value])


def refusals() -> list[int]:
    """The statuses by which a method is refused: any 4xx, and 501."""
    return [*range(400, 500), 501]


def asked_of(found: Cdn | None) -> Cdn:
    """The delivery, where it can be asked. Raises NotRun."""
    if found is None:
        raise NotRun("the target file names no delivery (cdn.url)")
    if found.missing:
        raise NotRun(found.missing, "tools")
    return found


async def unreachable(world: World) -> str | None:
    """Why the delivery gives no HTTP answer, or None: the preflight where nothing else is asked."""
    found, answer = world.target.cdn, Answer(DELIVERY)
    assert found is not None and world.delivery_wire is not None, "a run of a delivery has one"
    path = cdn.exact_folder(world.spec, found.version) + world.spec.page["delivery"]["files"]["minified"]
    for _ in range(TRIES):
        answer = await world.delivery_wire.send(Request(DELIVERY, "GET", path))
        if answer.status is not None:
            return None
    return f"{found.url} gives no HTTP answer: {answer.error}"
