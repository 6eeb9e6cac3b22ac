"""ICE-4: a real TURN server takes the credentials that the target hands out, and no others."""

from __future__ import annotations

from dataclasses import replace

from e2e.registry import check
from e2e.turn import TurnError, TurnServer, probe, urls
from e2e.turn.urls import Offered
from protocol.client import User
from protocol.operations import Answer
from suite.expectations import Inconclusive, NotRun, expect, given, given_that

MOST = 8  # urls that are asked: a target may name many


@check("ICE-4")
async def the_turn_server_takes_the_credentials_and_no_others(alice: User, turn: TurnServer) -> None:
    offers = reachable(given(await alice.ice_servers()), turn)
    for offer in offers:
        outcome = await probe.allocate(offer, sockets=turn.sockets)
        given_that(outcome.kind, f"what {offer.url.text} says to an allocation").differs("silent")
        expect(str(outcome), f"an allocation at {offer.url.text} with the credentials").equals("accepted")
    for offer in offers:
        for what, tampered in forged(offer):
            outcome = await probe.allocate(tampered, sockets=turn.sockets)
            given_that(outcome.kind, f"what {offer.url.text} says to {what}").differs("silent")
            refused = f"refused with {probe.UNAUTHORIZED}"
            expect(str(outcome), f"an allocation at {offer.url.text} with {what}").equals(refused)


def reachable(answer: Answer, turn: TurnServer) -> list[Offered]:
    """The TURN urls of an answer that may be asked: this machine's, and those of the run's own TURN server;
    any, where the user chose --turn url. Raises Inconclusive where there is none, NotRun where none may be.
    """
    try:
        offers = urls.offered(answer.at("iceServers"))
        own = {urls.parse(url).host for url in turn.urls}
    except TurnError as error:
        raise Inconclusive(str(error), answer.exchange) from None
    if not offers:
        raise Inconclusive("the iceServers hold no turn: or turns: url (ICE-1)", answer.exchange)
    asked = [one for one in offers if turn.kind == "url" or one.url.is_loopback or one.url.host in own]
    if not asked:
        raise NotRun(
            f"the target names {offers[0].url.host[:80]}, and no traffic leaves this machine unless the user "
            "says so: choose --turn url, or have the target name the TURN server of this run (--turn-port, "
            "--turn-secret-env)",
            "tools",
        )
    return asked[:MOST]


def forged(offer: Offered) -> list[tuple[str, Offered]]:
    """Credentials that differ in one thing from those that were handed out."""
    first = "B" if offer.credential[:1] == "A" else "A"
    expiry, colon, name = offer.username.partition(":")
    found = [
        ("another credential", replace(offer, credential=first + offer.credential[1:])),
        ("another user's name", replace(offer, username=offer.username + "x")),
    ]
    if colon and expiry.isdigit():
        later = f"{int(expiry[:20]) + 1}{colon}{name}"
        found.append(("a later expiry", replace(offer, username=later)))
    return found
