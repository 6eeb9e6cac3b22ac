"""Candidate lines are found wherever a client tells them: in a description, in JSON around it, alone."""

from __future__ import annotations

import json

import pytest

from protocol.sdp import CandidateLine, candidates_in

RELAY = "candidate:842163049 1 udp 41885439 198.18.0.1 50001 typ relay raddr 0.0.0.0 rport 0 generation 0"
HOST = "candidate:1 1 UDP 2122252543 192.168.1.7 54321 typ host generation 0 ufrag abcd"
MAPPED = "candidate:2 1 udp 1686052607 203.0.113.5 61000 typ srflx raddr 192.168.1.7 rport 54321"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (RELAY, CandidateLine("relay", "198.18.0.1", "0.0.0.0")),
        (HOST, CandidateLine("host", "192.168.1.7", "")),
        (MAPPED, CandidateLine("srflx", "203.0.113.5", "192.168.1.7")),
        ("candidate:1 1 tcp 1 fe80::1 9 typ host tcptype active", CandidateLine("host", "fe80::1", "")),
    ],
)
def test_a_line_tells_type_and_addresses(line: str, found: CandidateLine) -> None:
    assert candidates_in(line) == [found]


def test_all_lines_of_a_description_in_json_are_found() -> None:
    sdp = f"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\na={RELAY}\r\na={MAPPED}\r\na={HOST}\r\na=end-of-candidates\r\n"
    body = json.dumps({"roomId": "room_1", "offer": sdp, "type": "offer"})
    assert [line.type for line in candidates_in(body)] == ["relay", "srflx", "host"]
    assert [line.related for line in candidates_in(body)] == ["0.0.0.0", "192.168.1.7", ""]


@pytest.mark.parametrize("text", ["", "v=0\r\n", "candidate:", "candidate:1 1 udp many 1.2.3.4 9 typ host"])
def test_what_is_no_candidate_line_is_none(text: str) -> None:
    assert candidates_in(text) == []
