"""The probes: every pattern finds its fault and spares the innocent; a made probe is what it says."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest

from protocol import probes, spec, tokens, validation
from protocol.probes import Pattern, Probe

SPEC = spec.load()


def leaks() -> dict[str, Pattern]:
    return {pattern.name: pattern for pattern in probes.leaks(SPEC)}


@pytest.mark.parametrize("entry", SPEC.probes["leaks"], ids=lambda entry: entry["name"])
def test_a_leak_pattern_finds_its_leak_and_no_good_error(entry: Any) -> None:
    pattern = leaks()[entry["name"]]
    assert pattern.found_in(entry["found"])
    for text in SPEC.probes["innocent"]:
        assert pattern.found_in(text) is None, text


def test_no_leak_pattern_finds_the_probes_that_an_error_may_echo() -> None:
    echoed = [
        *SPEC.probes["weird_names"],
        *SPEC.probes["markup"],
        *(unquote(entry["id"], errors="replace") for entry in SPEC.probes["path_ids"]),
        *(operation.path for operation in SPEC.operations.values()),
    ]
    hits = [(name, text) for name, pattern in leaks().items() for text in echoed if pattern.found_in(text)]
    assert hits == []


@pytest.mark.parametrize(
    "text",
    [
        '  File "/usr/lib/python3/json/decoder.py", line 355, in raw_decode',
        "SyntaxError: Expected property name or '}' in JSON at position 1",
        "TypeError: Cannot read properties of null (reading 'roomId')\n    at Object.fetch (index.js:10:3)",
        "json: cannot unmarshal number into Go struct field Req.roomId of type string",
        "java.lang.NullPointerException\n\tat com.acme.App.main(App.java:3)",
        'pq: duplicate key value violates unique constraint "rooms_pkey"',
        "ENOENT: no such file or directory, open '/var/lib/rooms.json'",
        "KV GET failed: 500 Internal Server Error",
    ],
)
def test_real_leaks_of_servers_are_found(text: str) -> None:
    assert any(pattern.found_in(text) for pattern in leaks().values())


@pytest.mark.parametrize("entry", SPEC.probes["personal"], ids=lambda entry: entry["name"])
def test_a_personal_pattern_finds_and_spares(entry: Any) -> None:
    pattern = next(p for p in probes.personal(SPEC) if p.name == entry["name"])
    assert [text for text in entry["found"] if not pattern.found_in(text)] == []
    assert [text for text in entry["innocent"] if pattern.found_in(text)] == []


def test_the_software_version_pattern_finds_and_spares() -> None:
    entry = SPEC.probes["software_headers"]
    pattern = Pattern("version", re.compile(entry["pattern"]))
    assert [text for text in entry["found"] if not pattern.found_in(text)] == []
    assert [text for text in entry["innocent"] if pattern.found_in(text)] == []


def test_garbage_tokens_are_as_the_protocol_lists_them() -> None:
    made = {probe.name: probe.value for probe in probes.garbage_tokens(SPEC)}
    assert "." not in made["no dots"]
    assert made["two dots and nothing else"] == ".."
    assert made["four parts"].count(".") == 3
    assert all(len(part) > 20 for part in made["three random parts"].split("."))
    assert made["an empty payload"].split(".")[1] == ""
    assert len(made["very long"]) == SPEC.limits["garbage_token_bytes"]
    with pytest.raises(ValueError):
        tokens.decode(made["bad base64"].split(".")[0])
    with pytest.raises(json.JSONDecodeError):
        json.loads(tokens.decode(made["not JSON"].split(".")[0]))
    assert set(made["very long"]) == {"A"}
    assert len(set(made.values())) == len(SPEC.probes["garbage_tokens"])
    assert [tokens.decode(part) for part in made["JSON that is no object"].split(".")[:2]] == [
        b"[1,2]",
        b'"token"',
    ]
    assert [tokens.decode(part) for part in made["not JSON"].split(".")[:2]] == [b"hello", b"world"]
    assert probes.garbage_tokens(SPEC) == probes.garbage_tokens(SPEC, seed=0)


def test_garbage_tokens_can_be_sent_in_a_header_and_follow_from_the_seed() -> None:
    values = [probe.value for probe in probes.garbage_tokens(SPEC, seed=5)]
    assert all(re.fullmatch(r"[\x21-\x7e]*", value) for value in values)
    assert values == [probe.value for probe in probes.garbage_tokens(SPEC, seed=5)]
    assert values != [probe.value for probe in probes.garbage_tokens(SPEC, seed=6)]


def test_lookalike_origins_of_a_plain_origin() -> None:
    made = {probe.name: probe.value for probe in probes.lookalike_origins(SPEC, ["https://good.example"])}
    assert made == {
        "suffix": "https://good.example.evil.test",
        "suffix without a dot": "https://good.exampleevil.test",
        "prefix": "https://evilgood.example",
        "prefix with a hyphen": "https://evil-good.example",
        "user part": "https://good.example@evil.test",
        "any letter for a dot": "https://goodxexample",
        "the null origin": "null",
        "other scheme": "http://good.example",
        "other port": "https://good.example:8443",
    }


def test_lookalike_origins_keep_the_port_and_leave_out_what_is_allowed() -> None:
    allowed = ["http://localhost:8443", "https://localhost:8443", "http://[::1]:3000"]
    values = [probe.value for probe in probes.lookalike_origins(SPEC, allowed)]
    assert not set(values) & set(allowed)
    assert "http://localhost.evil.test:8443" in values
    assert "http://localhost:8444" in values
    assert "https://[::1]:3000" in values
    assert len(values) == len(set(values))


def test_foreign_origins_leave_out_what_is_allowed() -> None:
    everything = probes.foreign_origins(SPEC, [])
    assert everything == SPEC.probes["foreign_origins"]
    assert probes.foreign_origins(SPEC, everything[:1]) == everything[1:]


def test_broken_bodies_are_broken() -> None:
    valid = {"roomId": "room_a", "offer": 'v=0 "$x"\r\n'}

    def strict(text: str) -> object:
        def refuse(name: str) -> None:
            raise ValueError(name)

        return json.loads(text, parse_constant=refuse)

    for kind in ("malformed", "empty"):
        for probe in probes.bodies(SPEC, kind, valid):
            with pytest.raises(ValueError):
                strict(probe.value)
    for probe in probes.bodies(SPEC, "not_an_object", valid):
        assert not isinstance(strict(probe.value), dict), probe.name


def test_broken_bodies_are_made_from_the_valid_one() -> None:
    """But for their fault they are what the server would accept; each has its name in the report."""
    valid = {"roomId": "room_a", "n": 1}
    inner = '"roomId":"room_a","n":1'
    made = {probe.name: probe.value for probe in probes.bodies(SPEC, "malformed", valid)}
    assert list(made) == [entry["name"] for entry in SPEC.probes["bodies"]["malformed"]]
    assert made["cut short"] == "{" + inner
    assert made["trailing comma"] == "{" + inner + ",}"
    assert made["two objects"] == "{" + inner + "}{" + inner + "}"
    assert probes.bodies(SPEC, "not_an_object", valid)[0] == Probe("array", "[{" + inner + "}]")


def test_an_origin_without_a_host_has_none() -> None:
    """`null` may be allowed; what is made from it has no host of ours in it."""
    made = {probe.name: probe.value for probe in probes.lookalike_origins(SPEC, ["null"])}
    assert made["suffix"] == "://.evil.test"


def test_a_pattern_that_is_none_is_named() -> None:
    broken = replace(SPEC, probes={"leaks": [{"name": "odd", "pattern": "("}]})
    with pytest.raises(spec.SpecError, match=r"^probes\.yaml: leaks: odd: no regular expression: missing"):
        probes.leaks(broken)


def test_a_part_of_a_token_that_is_none_is_named() -> None:
    broken = replace(SPEC, probes={"garbage_tokens": [{"name": "odd", "parts": [{"song": 1}]}]})
    with pytest.raises(
        spec.SpecError, match=r"^probes\.yaml: garbage_tokens: odd: unknown kind of part 'song'$"
    ):
        probes.garbage_tokens(broken)


def test_bytes_and_escapes_are_invalid() -> None:
    for entry in SPEC.probes["invalid_utf8"]:
        with pytest.raises(UnicodeDecodeError):
            bytes.fromhex(entry["hex"]).decode()
    for entry in SPEC.probes["lone_surrogates"]:
        with pytest.raises(UnicodeEncodeError):
            json.loads(f'"{entry["escape"]}"').encode()


def test_markup_is_no_valid_name_and_weird_names_are() -> None:
    judge = validation.request_validator(SPEC, "createRoom")
    for name in SPEC.probes["weird_names"]:
        assert judge.problems({"broadcasterId": "a", "broadcasterName": name}) == [], name
    for name in SPEC.probes["markup"]:
        assert judge.problems({"broadcasterId": "a", "broadcasterName": name}), name


def test_path_ids_are_one_segment_that_no_client_normalises() -> None:
    for entry in SPEC.probes["path_ids"]:
        assert "/" not in entry["id"]
        assert entry["id"].isascii()
        assert unquote(entry["id"]) not in (".", "..")


def test_prototype_members_are_json() -> None:
    for entry in SPEC.probes["prototype_members"]:
        assert json.loads("{" + entry["text"] + "}")


def test_an_invalid_address_is_so_by_the_pattern_of_browsers_too() -> None:
    """WHATWG HTML, "valid e-mail address": what many servers take, Ruby's URI::MailTo among them."""
    label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    valid = re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{label}(?:\.{label})*")
    assert valid.fullmatch("parley@mail.example")
    assert [odd for odd in SPEC.probes["invalid_emails"] if valid.fullmatch(odd)] == []


def test_what_is_no_image_is_none_to_detectors_in_wide_use() -> None:
    """By how they begin: npm's file-type and file(1) ask for no more of a GIF than this."""
    begins = (b"GIF", b"\x89PNG\r\n\x1a\n")
    found = {one["name"]: bytes.fromhex(one["bytes"]) for one in SPEC.probes["no_images"]}
    assert [name for name, content in found.items() if content.startswith(begins)] == []
    assert [name for name, content in found.items() if content[8:12] == b"WEBP"] == []
