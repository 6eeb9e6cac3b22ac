"""How the widget is delivered: bundles, budgets, caching, versions (profile cdn), at any URL."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from string import punctuation
from typing import Any
from urllib.parse import quote, urldefrag, urljoin, urlsplit

from conformance import source_maps
from conformance.delivery import (
    Delivery,
    File,
    Place,
    coding_of,
    content_of,
    directives,
    files,
    folders,
    holds,
    listed,
    media_type,
    places,
    refusals,
)
from conformance.registry import check, each
from protocol import cdn
from protocol.codings import CodingError
from protocol.operations import Answer
from protocol.spec import Spec
from suite.browser import CONTAINER, Browsers, Console, quiet, told
from suite.expectations import Inconclusive, expect, given_that

LATER_MS = 60_000  # on the page's clock, which is moved
DESTROY_S = 5.0


@check("CDN-1")
@each(places)
async def a_file_is_there(delivery: Delivery, spec: Spec, case: Place) -> None:
    answer, path = await delivery.get(case), delivery.path(case)
    expect(answer, f"GET {delivery.told(case)}").answered(*spec.requirement("CDN-1").statuses)
    types = cdn.media_types(spec, case.file)
    expect(media_type(answer), f"the media type of {path}").is_one_of(types)
    expect(len(answer.raw), f"the bytes of {path}").at_least(1)


@check("CDN-2")
@each(places)
async def a_file_says_how_long_it_may_be_kept(delivery: Delivery, spec: Spec, case: Place) -> None:
    file = await delivery.file(case)
    wanted = listed(cdn.cache_control(spec, case.folder))
    expect(directives(file.answer), f"the Cache-Control of {file.path}").equals(wanted)


@check("CDN-3")
@each(places)
async def a_file_is_for_pages_of_every_origin(delivery: Delivery, case: Place) -> None:
    file = await delivery.file(case)
    for name, value in delivery.facts["headers"].items():
        holds(file.answer, name, value, file.path)


def _refused_methods(spec: Spec) -> Iterator[tuple[str, str]]:
    yield from ((method, method) for method in spec.page["delivery"]["refused_methods"])


@check("CDN-3")
@each(_refused_methods)
async def only_reading_is_allowed(delivery: Delivery, case: str) -> None:
    bundle = Place(delivery.exact, delivery.facts["files"]["minified"])
    await delivery.file(bundle)  # the twin
    # What would make or end a file is asked of one that nobody has.
    path = delivery.path(bundle) if case in ("POST", "PATCH") else delivery.made_up()
    expect(await delivery.send(case, path), f"{case} {path}").answered(*refusals())


@check("CDN-3")
async def a_preflight_allows_reading_only(delivery: Delivery) -> None:
    path = delivery.path(Place(delivery.exact, delivery.facts["files"]["minified"]))
    answer = await delivery.send("OPTIONS", path, Access_Control_Request_Method="GET")
    expect(answer, f"OPTIONS {path}").answered(*range(200, 300))
    holds(
        answer, "Access-Control-Allow-Origin", delivery.facts["headers"]["Access-Control-Allow-Origin"], path
    )
    allowed = listed(", ".join(answer.header_values("Access-Control-Allow-Methods")))
    refused = delivery.facts["refused_methods"]
    writes = ["*"] if "*" in allowed else [method for method in refused if method.lower() in allowed]
    expect(writes, f"what the preflight of {path} allows beside reading").is_empty()


def _codings(spec: Spec) -> Iterator[tuple[str, tuple[str, Place]]]:
    for coding in spec.page["delivery"]["encodings"]:
        yield from ((f"{coding} {name}", (coding, place)) for name, place in places(spec))


@check("CDN-4")
@each(_codings)
async def a_file_comes_compressed(delivery: Delivery, case: tuple[str, Place]) -> None:
    coding, place = case
    plain = await delivery.file(place)
    answer = await delivery.get(place, Accept_Encoding=coding)
    expect(answer, f"GET {plain.path} in {coding}").answered(200)
    expect(coding_of(answer) or None, f"the Content-Encoding of {plain.path}", answer).equals(coding)
    try:
        same = await content_of(answer) == plain.content
        expect(same, f"whether {plain.path} in {coding} is the same file").equals(True)
    except CodingError as error:
        expect(str(error), f"what is wrong with {plain.path} in {coding}").is_empty()


@check("CDN-4")
@each(folders)
async def the_sizes_are_within_their_budgets(delivery: Delivery, case: str) -> None:
    names, most = delivery.facts["files"], delivery.facts["gzipped_bytes_most"]
    sizes = {name: await _gzipped(delivery, Place(case, names[name])) for name in ("minified", "style")}
    for name, size in sizes.items():
        expect(size, f"the gzipped bytes of {case}{names[name]}").at_most(most[name])
    expect(sum(sizes.values()), f"the gzipped bytes of both in {case}").at_most(most["together"])


async def _gzipped(delivery: Delivery, place: Place) -> int:
    file = await delivery.file(place, "gzip")
    given_that(coding_of(file.answer) or None, f"the Content-Encoding of {file.path}").equals("gzip")
    return len(file.answer.raw)


def _scripts(spec: Spec) -> Iterator[tuple[str, Place]]:
    names = spec.page["delivery"]["files"]
    bundles = (names["bundle"], names["minified"])
    yield from ((name, place) for name, place in places(spec) if place.file in bundles)


@check("CDN-5")
@each(_scripts)
async def a_page_finds_the_widget_by_its_name(
    delivery: Delivery, browsers: Browsers, spec: Spec, case: Place
) -> None:
    await delivery.file(case)
    names = [spec.page["global"]["object"], spec.page["global"]["constructor"]]
    about = f"what window.{'.'.join(names)} is once {delivery.path(case)} is loaded"
    async with browsers.bare_page() as page:
        before = await told(page, "(names) => parleyPage.typeOf(...names)", names)
        given_that(before, "what the name is on a bare page").equals("undefined")
        found = await told(page, "(words) => parleyPage.script(...words)", [delivery.url(case), *names])
    expect("not loaded" if found is None else found, about).equals("function")


@check("CDN-6")
@each(places)
async def a_file_has_its_source_map(delivery: Delivery, spec: Spec, case: Place) -> None:
    document = await _source_map(delivery, await delivery.file(case), case)
    expect(document.get("version"), "the version of the source map").equals(3)
    expect(source_maps.sources(document), "how many sources it names").at_least(1)
    expect(source_maps.mappings(document), "the length of its mappings").at_least(1)


async def _source_map(delivery: Delivery, file: File, place: Place) -> dict[str, Any]:
    """The map that the file, or its header SourceMap, names; else the one beside it. {} for what is none."""
    named = file.answer.header("SourceMap") or source_maps.named_in(file.content)
    if named.startswith("data:"):
        return source_maps.read(source_maps.of_data_url(named))
    try:
        url = urljoin(delivery.url(place), named or place.file + delivery.facts["map_suffix"])
        same = urlsplit(url)[:2] == urlsplit(delivery.cdn.url)[:2]
    except ValueError:
        return {}  # what it names is no URL
    if not same:
        raise Inconclusive(
            f"{file.path} names a source map of another origin, and only the delivery's is asked"
        )
    if not url.startswith(f"{delivery.cdn.url}/"):
        raise Inconclusive(f"{file.path} names a source map that is not below {delivery.cdn.url}")
    path = quote(urldefrag(url.removeprefix(delivery.cdn.url)).url, safe=punctuation)
    answer = await delivery.send("GET", path)
    expect(answer, f"GET {path}, the source map of {file.path}").answered(200)
    return await _document(answer)


async def _document(answer: Answer) -> dict[str, Any]:
    """A JSON object that was fetched; {} for what is none."""
    try:
        return source_maps.read(await content_of(answer))
    except CodingError:
        return {}


def _minified(spec: Spec) -> Iterator[tuple[str, Place]]:
    name = spec.page["delivery"]["files"]["minified"]
    yield from ((folder, Place(folder, name)) for folder, _ in folders(spec))


@check("CDN-7")
@each(_minified)
async def the_minified_build_keeps_the_console_empty(
    delivery: Delivery, browsers: Browsers, spec: Spec, case: Place
) -> None:
    await delivery.file(case)
    names = [spec.page["global"]["object"], spec.page["global"]["constructor"]]
    style = Place(case.folder, delivery.facts["files"]["style"])
    async with browsers.bare_page() as page:
        console = Console(page)
        await page.clock.install()
        await told(page, "(url) => parleyPage.style(url)", delivery.url(style))
        found = await told(page, "(words) => parleyPage.script(...words)", [delivery.url(case), *names])
        given_that(found, f"what {'.'.join(names)} is").equals("function")
        here = browsers.page_url.rstrip("/")
        options = {"containerId": CONTAINER, "authApiUrl": here, "signalingUrl": here, "autoAuth": True}
        words = [*names, {**options, "theme": "auto"}]
        trouble = await told(page, "(words) => parleyPage.construct(...words)", words)
        given_that(trouble, "what a page is told that makes the widget without a token").is_empty()
        await quiet(page)
        for field in (await page.locator("input:visible, textarea:visible").all())[:3]:
            if await field.is_editable():
                await field.fill("somebody@example.org")
        await page.clock.fast_forward(LATER_MS)  # what it says only later
        await told(page, "() => parleyPage.destroy()", seconds=DESTROY_S)
        await quiet(page)
        said = await console.said()
    expect(said, f"what {delivery.path(case)} writes to the console").is_empty()


@check("CDN-8")
@each(places)
async def a_file_that_did_not_change_is_not_sent_again(delivery: Delivery, case: Place) -> None:
    for coding in ("identity", ", ".join(delivery.facts["encodings"])):
        file = await delivery.file(case, coding)
        tag = file.answer.header("ETag")
        expect(tag or "", f"the ETag of {file.path}").matches(r'^(W/)?"[!#-~\x80-\xff]*"$')
        again = await delivery.get(case, Accept_Encoding=coding, If_None_Match=tag or "")
        expect(again, f"GET {file.path} with its own ETag").answered(304)
        other = await delivery.get(case, Accept_Encoding=coding, If_None_Match='"parley-has-another"')
        expect(other, f"GET {file.path} with an ETag of another file").answered(200)


@check("CDN-9")
@each(files)
async def the_published_hash_is_the_files(delivery: Delivery, case: str) -> None:
    file = await delivery.file(Place(delivery.exact, case))
    path, algorithms = delivery.integrity_path, delivery.facts["integrity_algorithms"]
    answer = await delivery.send("GET", path)
    expect(answer, f"GET {path}, where the hashes are published").answered(200)
    published = cdn.hashes(await _document(answer), case, algorithms)
    expect(published, f"the hashes that {path} publishes of {case}").differs([])
    true = {name: base64.b64encode(hashlib.new(name, file.content).digest()).decode() for name in algorithms}
    right = [f"{name}-{true[name]}" for name in algorithms]
    expect(published[0], f"the hash that {path} publishes of {case}").is_one_of(right)
