"""Which addresses go, and that everything else stays byte for byte."""

from __future__ import annotations

import pytest

from reference_server.privacy import clean_candidate, clean_sdp, hidden

HOST = "candidate:1 1 udp 2122252543 {} 54321 typ host"
RELATED = "candidate:2 1 udp 1686052607 203.0.113.9 40000 typ {} raddr {} rport 5000 generation 0"


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.7", "127.0.0.1", "169.254.1.1"),
        *("::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "::ffff:10.0.0.1"),
        *("010.0.0.1", "10.1", "localhost"),
    ],
)
def test_private_addresses_are_hidden(address: str) -> None:
    assert hidden(address)
    assert clean_candidate(HOST.format(address)) is None
    assert clean_candidate("a=" + HOST.format(address).upper()) is None


@pytest.mark.parametrize(
    "address",
    ["203.0.113.7", "192.0.2.1", "8.8.8.8", "172.32.0.1", "2001:db8::7", "6ec1f5f8-2f2e.local", "0.0.0.0"],
)
def test_other_addresses_are_not(address: str) -> None:
    assert not hidden(address)
    assert clean_candidate(HOST.format(address)) == HOST.format(address)


def test_relay_addresses_are_never_touched() -> None:
    line = "candidate:3 1 udp 41885439 10.0.0.9 49203 typ relay raddr 203.0.113.9 rport 5000"
    assert clean_candidate(line) == line


@pytest.mark.parametrize("kind", ["srflx", "prflx", "relay"])
def test_a_related_private_address_goes_and_the_candidate_stays(kind: str) -> None:
    assert clean_candidate(RELATED.format(kind, "192.168.1.7")) == RELATED.format(kind, "0.0.0.0").replace(
        "rport 5000", "rport 0"
    )
    assert " raddr :: rport 0 " in str(clean_candidate(RELATED.format(kind, "fe80::1")))
    assert clean_candidate(RELATED.format(kind, "203.0.113.1")) == RELATED.format(kind, "203.0.113.1")


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_an_sdp_keeps_everything_else(end: str) -> None:
    kept = [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=10.0.0.1 typ host",
        "c=IN IP4 203.0.113.1",
        "",
        "a=x:192.168.1.7",
    ]
    gone = ["a=" + HOST.format("192.168.1.7"), " A=" + HOST.format("10.0.0.1").upper()]
    text = end.join([*kept[:3], gone[0], *kept[3:], gone[1], "a=" + HOST.format("203.0.113.7")])
    assert clean_sdp(text) == end.join([*kept, "a=" + HOST.format("203.0.113.7")])


def test_the_default_address_that_repeats_a_candidate_is_neutral() -> None:
    text = "c=IN IP4 192.168.1.7\r\na=rtcp:9 IN IP6 fe80::1\r\nc=IN IP4 203.0.113.1"
    assert clean_sdp(text) == "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP6 ::\r\nc=IN IP4 203.0.113.1"


@pytest.mark.parametrize(
    "text", ["", "v=0", "v=0\r\n", "\r\n\r\nv=0\r\n\n", "a=candidate:\r\na=candidate:1 1"]
)
def test_nothing_private_nothing_changed(text: str) -> None:
    assert clean_sdp(text) == text
