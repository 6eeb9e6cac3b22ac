"""The reference server's delivery: what it serves under which path and how it negotiates; no process."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest

from protocol import cdn
from protocol.spec import load
from reference_server.app import Response
from reference_server.bundles import BundleError, Bundler
from reference_server.delivery import Delivery
from reference_server.log import Log
from reference_server.requests import Request

SPEC = load()
FACTS = SPEC.page["delivery"]
MIN = FACTS["files"]["minified"]
needs_esbuild = pytest.mark.skipif(
    shutil.which("esbuild") is None, reason="esbuild is not installed (make test says how)"
)


class Shelf:
    """A delivery and a loop to ask it in."""

    def __init__(self, delivery: type[Delivery] = Delivery) -> None:
        self.delivery = delivery(SPEC, Log(io.StringIO()))
        self.runner = asyncio.Runner()

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        sent = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
        place = self.delivery.place(path)
        assert place is not None, path
        request = Request(method, path, b"", sent, keep_alive=True)
        return read(self.runner.run(self.delivery.respond(request, place)))


def read(response: Response) -> tuple[int, dict[str, str], bytes]:
    pairs = [line.split(": ", 1) for line in response.fields.decode("ascii").splitlines()]
    assert len({name for name, _ in pairs}) == len(pairs)
    return response.status, dict(pairs), response.body


@pytest.fixture(scope="module")
def shelf() -> Iterator[Shelf]:
    made = Shelf()
    with made.runner:
        yield made


@needs_esbuild
def test_each_folder_has_every_file_with_its_headers(shelf: Shelf) -> None:
    for template in cdn.templates(SPEC):
        folder = cdn.folder(SPEC, template, FACTS["version"])
        for file in FACTS["files"].values():
            status, headers, body = shelf.ask(folder + file)
            assert (status, headers["cache-control"]) == (200, cdn.cache_control(SPEC, template))
            assert headers["content-type"].partition(";")[0] == cdn.media_types(SPEC, file)[0]
            assert {headers[name.lower()] for name in FACTS["headers"]} == set(FACTS["headers"].values())
            assert headers["vary"] == "Accept-Encoding" and "content-encoding" not in headers and body


@needs_esbuild
def test_codings_hold_the_same_file_and_have_tags_of_their_own(shelf: Shelf) -> None:
    _, whole, plain = shelf.ask(f"/v1/{MIN}")
    _, small, gzipped = shelf.ask(f"/v1/{MIN}", accept_encoding="gzip")
    _, smaller, brotlied = shelf.ask(f"/v1/{MIN}", accept_encoding="gzip, deflate, br")
    assert (small["content-encoding"], smaller["content-encoding"]) == ("gzip", "br")
    assert gzip.decompress(gzipped) == brotli.decompress(brotlied) == plain
    assert len(brotlied) < len(gzipped) < len(plain) / 2
    assert len({whole["etag"], small["etag"], smaller["etag"]}) == 3
    status, headers, body = shelf.ask(
        f"/v1/{MIN}", accept_encoding="gzip", if_none_match=f'W/"x", {small["etag"]}'
    )
    assert (status, headers["etag"], body) == (304, small["etag"], b"")
    assert headers["cache-control"] == FACTS["cache"]["versioned"]
    assert shelf.ask(f"/v1/{MIN}", if_none_match=small["etag"])[0] == 200


@needs_esbuild
def test_the_hashes_and_the_source_maps_are_those_of_the_files(shelf: Shelf) -> None:
    folder = cdn.exact_folder(SPEC, FACTS["version"])
    published = json.loads(shelf.ask(folder + FACTS["integrity"])[2])
    for file in FACTS["files"].values():
        content = shelf.ask(folder + file)[2]
        digest = base64.b64encode(hashlib.sha384(content).digest()).decode("ascii")
        assert published[file] == f"sha384-{digest}"
        assert content.rstrip(b" */\n").endswith(f"sourceMappingURL={file}.map".encode("ascii"))
        found = json.loads(shelf.ask(f"{folder}{file}.map")[2])
        assert found["version"] == 3 and len(found["sourcesContent"]) == len(found["sources"])
        assert not any(source.startswith("/") for source in found["sources"])


@needs_esbuild
def test_the_bundles_are_within_their_budgets_and_say_nothing(shelf: Shelf) -> None:
    most = FACTS["gzipped_bytes_most"]
    sizes = {
        name: len(shelf.ask(f"/latest/{FACTS['files'][name]}", accept_encoding="gzip")[2])
        for name in ("minified", "style")
    }
    assert sizes["minified"] <= most["minified"] and sizes["style"] <= most["style"]
    assert sum(sizes.values()) <= most["together"]
    assert b"console." not in shelf.ask(f"/latest/{MIN}")[2]


@needs_esbuild
def test_an_edited_spec_is_followed() -> None:
    page = {**SPEC.page, "global": {"object": "Another", "constructor": "Talk"}}
    made = Bundler(SPEC.__class__(**{**SPEC.__dict__, "page": page})).make()
    assert b'{object:"Another",constructor:"Talk"}' in made[MIN] or b'constructor:"Talk"' in made[MIN]


def test_only_reading_is_answered_and_a_preflight_says_so(shelf: Shelf) -> None:
    for method in (*FACTS["refused_methods"], "TRACE"):
        status, headers, _ = shelf.ask(f"/v1/{MIN}", method)
        assert (status, headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert headers["access-control-allow-origin"] == "*"
    status, headers, body = shelf.ask(f"/v1/{MIN}", "OPTIONS")
    assert (status, headers["access-control-allow-methods"], body) == (204, "GET, OPTIONS", b"")


@pytest.mark.parametrize(
    "path", ["/v1/", "/v1/x.js", "/v2/" + MIN, "/" + MIN, f"/v1/../v1/{MIN}", f"/v1//{MIN}"]
)
def test_what_is_not_delivered_is_left_to_the_application(shelf: Shelf, path: str) -> None:
    assert shelf.delivery.place(path) is None


def test_without_esbuild_it_says_what_to_install_and_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    shelf = Shelf()
    with shelf.runner:
        for _ in range(2):
            status, headers, body = shelf.ask(f"/v1/{MIN}")
            assert (status, headers["cache-control"]) == (503, "no-store")
            assert b"esbuild is not installed (Debian: apt-get install esbuild)" in body


def test_a_bundler_that_hangs_or_fails_is_an_error_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "esbuild"
    tool.write_text("#!/bin/sh\necho 'no such\noption' >&2\nexit 3\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(BundleError, match=r"^esbuild failed: no such option$"):
        Bundler(SPEC).make()

    def hang(*words: Any, **options: Any) -> None:
        raise subprocess.TimeoutExpired("esbuild", 20)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(BundleError, match="was not done within 20 s"):
        Bundler(SPEC).make()
