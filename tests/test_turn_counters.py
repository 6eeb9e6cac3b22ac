"""coturn's counters: what its command line interface and its log say, as values."""

from __future__ import annotations

from e2e.turn.counters import merged, parse_log, parse_sessions
from e2e.turn.server import credentials, user_of

PS = """
    1) id=000000000000000001, user <1795610988:alice>:
      realm: parley
      started 2 secs ago
      expiring in 18 secs
      client protocol UDP, relay protocol UDP
      client addr 127.0.0.1:57590, server addr 127.0.0.1:45123
      relay addr 127.0.0.1:50324
      fingerprints enforced: ON
      mobile: OFF
      usage: rp=3, rb=280, sp=2, sb=164
       rate: r=0, s=0, total=0 (bytes per sec)
      peers:
          127.0.0.1:50146
          127.0.0.1:50148

    2) id=001000000000000002, user <bob>:
      something that a later version says
      client protocol TLS/TCP, relay protocol UDP
      usage: rp=4, rb=281, sp=5, sb=165

  Total sessions: 2

> """
TIME = "2026-11-25T12:39:50+0000: "
LOG = [
    "session 7: realm <parley> user <>: incoming packet message processed, error 401: Unauthorized",
    "session 7: new, realm=<parley>, username=<1795610988:alice>, lifetime=20",
    "session 7: usage: realm=<parley>, username=<1795610988:alice>, rp=2000, rb=100000, sp=2096, sb=200000",
    "session 7: peer usage: realm=<parley>, username=<1795610988:alice>, rp=1, rb=1000, sp=2, sb=2000",
    "session 8: usage: realm=<parley>, username=<1795610988:mallory>, rp=2, rb=268, sp=3, sb=304",
    "session 8: delete: realm=<parley>, username=<>",
    "session 7: usage: realm=<parley>, username=<1795610988:alice>, rp=6, rb=1400, sp=6, sb=2284",
    "session 7: peer usage: realm=<parley>, username=<1795610988:alice>, rp=2, rb=20, sp=2, sb=10",
    "session 7: closed (2nd stage), user <1795610988:alice> realm <parley> origin <>, local 127.0.0.1:45123",
    "session 7: delete: realm=<parley>, username=<1795610988:alice>",
    "nothing of interest",
]


def test_the_answer_to_ps_is_read_and_what_is_not_known_passed_over() -> None:
    alice, bob = parse_sessions(PS)
    assert (alice.user, alice.username, alice.transport) == ("alice", "1795610988:alice", "udp")
    assert alice.peers == ("127.0.0.1:50146", "127.0.0.1:50148")
    assert (alice.received_packets, alice.received_bytes) == (3, 280)
    assert (alice.sent_packets, alice.sent_bytes) == (2, 164)
    assert alice.total_bytes == 444
    assert (bob.user, bob.transport, bob.sent_bytes) == ("bob", "tcp", 165)
    assert not bob.ended


def test_nonsense_is_no_session() -> None:
    assert parse_sessions("") == parse_sessions("usage: rp=1, rb=1, sp=1, sb=1\n  Total sessions: 0") == []


def test_the_log_tells_totals_piece_by_piece_of_what_had_an_allocation() -> None:
    found = parse_log(TIME + line for line in LOG)
    assert set(found) == {"7"}
    alice = found["7"]
    assert alice.ended and alice.user == "alice"
    assert (alice.received_bytes, alice.sent_bytes) == (101_400, 202_284)
    assert (alice.received_packets, alice.sent_packets) == (2006, 2102)
    assert (alice.peer_received_bytes, alice.peer_sent_bytes, alice.relayed_bytes) == (1020, 2010, 3030)
    assert not parse_log(LOG[:-2])["7"].ended


def test_both_sources_make_one_list() -> None:
    living = parse_sessions(PS.replace("000000000000000001", "7"))
    alice, bob = merged(living, parse_log(LOG), 2)
    # She ended between the two looks: her totals are the log's, the transport was seen before.
    assert (alice.id, alice.ended, alice.received_bytes, alice.transport) == ("2.7", True, 101_400, "udp")
    assert (bob.id, bob.ended) == ("2.001000000000000002", False)
    (still, _) = merged(living, parse_log(LOG[:4]), 1)
    assert not still.ended and still.received_bytes == 100_000 and still.peer_sent_bytes == 2000
    assert still.peers == ("127.0.0.1:50146", "127.0.0.1:50148")


def test_credentials_are_those_of_the_rest_convention() -> None:
    # Computed with: printf '1600:alice' | openssl dgst -sha1 -hmac secret -binary | base64
    assert credentials("secret", "alice", 600, now=1000.9) == ("1600:alice", "z95BAK8rBVSgsx8fhPWfNsfO1OQ=")
    assert [user_of(name) for name in ("1600:alice", "alice", "a:b", "1:2:3")] == [
        "alice",
        "alice",
        "a:b",
        "2:3",
    ]
