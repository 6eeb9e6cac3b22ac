"""Pure parts of a delivery: versions in paths, published hashes, codings within bounds, negotiation."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import brotli
import pytest

from conformance import source_maps
from protocol import cdn, target, widened
from protocol.codings import CodingError, decoded
from protocol.spec import load
from reference_server.delivery import chosen

SPEC = load()
MANY = os.urandom(200_000) + b"a" * 200_000
MOST = 1_000_000
ALGORITHMS = ["sha256", "sha384"]
FILE = "chat-widget.css"
FILE_HEAD = 'base_url = "http://127.0.0.1:1"\n[tokens]\nsecret = "a secret of the tests, long enough"\n'


def test_a_version_is_filled_into_every_folder() -> None:
    found = [cdn.folder(SPEC, template, "1.4.12") for template in cdn.templates(SPEC)]
    assert found == ["/v1/", "/v1.4/", "/v1.4.12/", "/latest/"]
    assert cdn.exact_folder(SPEC, "1.0.3") == "/v1.0.3/"


@pytest.mark.parametrize(
    "version", ["2.0.0", "1.2", "1.2.3.4", "1.02.3", "v1.2.3", "1.2.3-beta", "1.2./", ""]
)
def test_what_is_no_version_of_these_folders_is_refused_in_a_line(version: str) -> None:
    with pytest.raises(target.TargetError, match=r"--cdn-version: expected a whole version 1\.M\.P such as"):
        cdn.check_version(version, "--cdn-version", SPEC)


@pytest.mark.parametrize("raw", [b"", b"x", MANY])
def test_a_coding_is_taken_off(raw: bytes) -> None:
    assert decoded(raw, "", MOST) == decoded(raw, "Identity", MOST) == raw
    assert decoded(brotli.compress(raw), "br", MOST) == raw
    assert decoded(gzip.compress(raw), "GZIP", MOST) == raw
    assert decoded(gzip.compress(raw) + gzip.compress(b"more"), "gzip", MOST) == raw + b"more"
    assert decoded(gzip.compress(raw, compresslevel=0) * 2, "gzip", MOST) == raw * 2


@pytest.mark.parametrize(
    ("raw", "coding", "words"),
    [
        (gzip.compress(bytes(30_000_000)), "gzip", "more than 1000000 bytes come out of"),
        (brotli.compress(bytes(30_000_000), quality=3), "br", "more than 1000000 bytes come out of"),
        (gzip.compress(MANY)[:1000], "gzip", "the gzip ends in the middle"),
        (gzip.compress(MANY)[:-2], "gzip", "the gzip ends in the middle"),
        (brotli.compress(MANY)[:1000], "br", "the brotli ends in the middle"),
        (b"", "br", "the brotli ends in the middle"),
        (b"no coding at all", "gzip", "the body is no gzip"),
        (b"\xff no coding at all", "br", "the body is no br"),
        (gzip.compress(b"x") + b"more", "gzip", "the body is no gzip"),
        (brotli.compress(b"x") + b"more", "br", "the body is no br"),
        (gzip.compress(b"") * 300_000, "gzip", "the gzip has more than 100 members"),
        (b"x", "gzip, br", "no coding that was asked for"),
        (b"x", "zstd", "no coding that was asked for"),
    ],
    ids=[str(number) for number in range(13)],  # gzip has the time in it
)
def test_what_is_not_what_its_coding_says_or_too_much_is_said(raw: bytes, coding: str, words: str) -> None:
    with pytest.raises(CodingError, match=words):
        decoded(raw, coding, MOST)


@pytest.mark.parametrize(
    ("content", "url"),
    [
        (b"run();//# sourceMappingURL=a.map", "a.map"),
        (b"run();\r\n//@ sourceMappingURL=a.map \n\n", "a.map"),
        (b".a{}\n/*# sourceMappingURL=maps/a.css.map */\n", "maps/a.css.map"),
        (b".a{}/*#sourceMappingURL=a.map*/", "a.map"),
        (b"//# sourceMappingURL=a.map\nrun();", ""),
        (b"'sourceMappingURL=a.map'", ""),
        (b"//# sourceMappingURL=a b", ""),
        (b"//# sourceMappingURL=", ""),
        (b"", ""),
        (b"//# sourceMappingURL=x" + b" " * 10_000_000 + b"y", ""),  # at once, however long it is
        (b"//# sourceMappingURL=" * 500_000, ""),
    ],
    ids=[str(number) for number in range(11)],
)
def test_the_source_map_is_named_by_the_last_line(content: bytes, url: str) -> None:
    assert source_maps.named_in(content) == url


def test_a_source_map_is_counted_by_what_it_holds() -> None:
    plain = {"version": 3, "sources": ["a.ts", None], "mappings": "AAAA"}
    whole = {"version": 3, "sections": [{"offset": {}, "map": plain}, {"map": plain}, {"map": 1}, 2]}
    odd = {"version": 3, "sources": 5, "mappings": 7}
    counted = [(source_maps.sources(one), source_maps.mappings(one)) for one in (plain, whole, odd, {})]
    assert counted == [(2, 4), (4, 8), (0, 0), (0, 0)]
    assert source_maps.read(b")]}'\n{}") == source_maps.read(b"[1]") == source_maps.read(b"[" * 99_999) == {}
    assert source_maps.of_data_url("data:;base64,e30=") == source_maps.of_data_url("data:,%7B%7D") == b"{}"


@pytest.mark.parametrize(
    "document",
    [
        {FILE: "sha384-AAAA"},
        {FILE: {"integrity": "sha384-AAAA", "bytes": 3}},
        {"version": "1.0.0", "files": {FILE: "sha384-AAAA"}},
        {"files": {FILE: {"integrity": " sha384-AAAA?ct=text/css sha1-x md5-y "}}},
    ],
)
def test_published_hashes_are_found(document: object) -> None:
    assert [word.partition("?")[0] for word in cdn.hashes(document, FILE, ALGORITHMS)] == ["sha384-AAAA"]


@pytest.mark.parametrize(
    "document", [None, [], {}, {FILE: 3}, {FILE: {"integrity": []}}, {FILE: "AAAA"}, "x"]
)
def test_where_no_hash_is_published_none_is_found(document: object) -> None:
    assert cdn.hashes(document, FILE, ALGORITHMS) == []


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0, *", "gzip"),
        ("*", "br"),
        ("*;q=0", ""),
        ("identity", ""),
        ("", ""),
        ("identity, br;q=0.5", ""),
        ("BR ; Q=0.2", "br"),
        ("br;q=nonsense", ""),
        ("br;q=nan", ""),
        ("zstd", ""),
    ],
)
def test_the_coding_that_is_liked_best_is_chosen(accepted: str, coding: str) -> None:
    assert chosen(accepted.encode("latin-1"), ("br", "gzip")) == coding


def test_a_target_file_names_a_delivery(tmp_path: Path) -> None:
    text = FILE_HEAD + '[cdn]\nurl = "/files"\nversion = "1.4.2"\nintegrity = "/hashes.json"\n'
    found = target.parse(text, "it", SPEC, {})
    assert found.cdn == cdn.Cdn("http://127.0.0.1:1/files", "1.4.2", "/hashes.json")
    assert "cdn" in found.profiles
    assert found.public()["cdn"] == {"url": "http://127.0.0.1:1/files", "version": "1.4.2"}
    other = widened.with_cdn(found, "https://cdn.example/", None, SPEC)
    assert other.cdn == cdn.Cdn("https://cdn.example", "1.4.2", "/hashes.json")
    assert widened.with_cdn(found, None, "1.5.0", SPEC).cdn == cdn.Cdn(found.cdn.url, "1.5.0", "/hashes.json")


def test_without_a_delivery_none_is_claimed() -> None:
    found = target.parse(FILE_HEAD, "it", SPEC, {})
    assert found.cdn is None and "cdn" not in found.profiles
    with pytest.raises(target.TargetError, match="--cdn-version: of what"):
        widened.with_cdn(found, None, "1.0.0", SPEC)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('url = "ftp://x"', "cdn.url: expected"),
        ('url = "http://x/?a=b"', "cdn.url: expected an http or https URL"),
        ('url = "/"\nversion = "7"', "cdn.version: expected a whole version"),
        ('url = "/"\nintegrity = "x"', "cdn.integrity: expected the path on url"),
        ('version = "1.0.0"', "cdn.url: missing"),
    ],
)
def test_a_mistake_in_the_table_is_named(table: str, words: str) -> None:
    with pytest.raises(target.TargetError, match=words):
        target.parse(f"{FILE_HEAD}[cdn]\n{table}\n", "it", SPEC, {})


def test_a_delivery_by_itself_has_no_tokens_and_claims_nothing_else() -> None:
    found = widened.of_cdn("https://cdn.example/chat/", None, SPEC)
    assert (found.name, found.profiles, found.tokens.source) == ("cdn.example", ("cdn",), "none")
    assert found.cdn == cdn.Cdn("https://cdn.example/chat", SPEC.page["delivery"]["version"])
