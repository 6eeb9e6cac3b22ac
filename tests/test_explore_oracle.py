"""The oracle: it finds nothing wrong with a right server, and each fault that an answer shows by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from explore_kit import within

from conformance.checks.cors import preflight
from conformance.explore.findings import Covered
from conformance.explore.stage import Arena, Stage
from conformance.things import relay_candidate, sdp
from protocol.client import User


async def visit(stage: Stage) -> None:
    """Everything once, by cookie and by bearer, with an allowed origin and without a token."""
    arena = stage.arena
    origin = ("Origin", arena.world.target.origins[0])
    for way in (User.by_cookie, User.by_bearer):
        alice = way(await stage.another("alice")).with_headers(origin)
        bob = way(await stage.another("bob"))
        room = (await alice.create_room(customName="Oracle")).room_id
        await bob.join(room)
        await alice.send_offer(room, sdp())
        await bob.get_offer(room)
        await bob.get_offer(room)
        await bob.send_answer(room, sdp())
        await alice.get_answer(room)
        await alice.send_candidate(room, relay_candidate())
        await bob.get_candidates(room)
        await bob.heartbeat(room)
        party = (await alice.create_party(invitedUsers=[bob.id])).room_id
        await alice.invite(party, bob.id)
        await alice.list_parties(room)
        for _ in range(3):
            await alice.list_rooms()
        await alice.ice_servers()
        await bob.ice_servers()
        await alice.send(preflight(alice.without_token(), "createRoom", origin[1]))
        await alice.health()
        await bob.send(bob.creating(broadcasterName="<b>"))
        await alice.without_token().list_rooms()
        await bob.with_headers(("Origin", arena.world.spec.probes["foreign_origins"][0])).list_rooms()
        for _ in range(5):
            refused = await bob.create_room()
        assert refused.ok
        await bob.create_room()
        await bob.leave(room)


async def complaints(arena: Arena) -> dict[str | None, str]:
    stage = arena.stage("visit", Covered())
    await visit(stage)
    found = {complaint.requirement: complaint.words for complaint, _ in stage.complaints}
    await stage.tidy()
    assert stage.covered.accepted.keys() >= {"createRoom", "getOffer", "listPartyRooms", "getIceServers"}
    return found


def test_nothing_is_wrong_with_a_right_server() -> None:
    assert within(complaints) == {}


@pytest.mark.parametrize(
    ("mutant", "requirement"),
    [
        ("errors-may-be-sniffed", "HDR-1"),
        ("answers-may-be-framed", "HDR-2"),
        ("mail-may-be-stored", "HDR-4"),
        ("the-server-tells-its-version", "HDR-5"),
        ("every-origin-is-echoed", "CORS-3"),
        ("errors-without-cors", "CORS-6"),
        ("answers-do-not-vary", "CORS-7"),
        ("retry-after-is-not-exposed", "CORS-9"),
        ("a429-without-a-reset", "RATE-7"),
        ("the-body-says-another-retry-after", "RATE-7"),
        ("the-iv-is-constant", "ENC-3"),
        ("the-envelope-holds-half", "ENC-2"),
        ("errors-are-said-to-be-sealed", "ENC-5"),
        ("two-content-types", "ENC-9"),
        ("room-without-its-date", "ROOM-1"),
        ("a403-is-plain-text", "ERR-4"),
        ("turn-credentials-are-shared", "ICE-3"),
        ("turn-credentials-live-for-a-day", "ICE-2"),
        ("ice-servers-without-turn", "ICE-1"),
        ("a-preflight-needs-a-token", "CORS-1"),
        ("a-preflight-forgets-a-header", "CORS-1"),
        ("heartbeat-tells-the-address", "PRIV-3"),
    ],
)
def test_what_an_answer_shows_by_itself_is_found(mutant: str, requirement: str) -> None:
    found = within(complaints, mutant)
    assert requirement in found, found


async def quoted(arena: Arena) -> str:
    stage = arena.stage("quoted", Covered())
    alice = await stage.person("alice")
    answer = await alice.ice_servers()
    wrong = arena.oracle.expecting(answer, [401], "ICE-8", f"{alice.token} is no token")
    assert wrong is not None
    credential = str(answer.at("iceServers.0.credential"))
    assert credential in answer.raw.decode()
    for cut in (len(wrong.got), wrong.got.index('"credential"') + 18):
        stage.complain(replace(wrong, got=wrong.got[:cut]))
    findings = [stage.finding("model", "quoted", *said, replay={}) for said in stage.complaints]
    told = " ".join(finding.complaint.words for finding in findings)
    assert credential[:5] not in told and alice.token not in told and "«alice token»" in told
    return told


def test_what_is_quoted_of_an_answer_holds_no_secret() -> None:
    assert within(quoted).count("«secret»") == 2
