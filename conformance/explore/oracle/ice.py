"""The ICE servers that are handed out: usable, expiring as said, each user's own (ICE-1 to ICE-3)."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.checks.ice import turn_server
from protocol.client import User
from protocol.operations import Answer, Request
from reports.reproduction.fault import Complaint

if TYPE_CHECKING:
    from conformance.explore.oracle.oracle import Oracle

KEPT = 20_000  # credentials that are remembered


class Holders:
    """Who was given which credential first."""

    def __init__(self) -> None:
        self._first: OrderedDict[str, str] = OrderedDict()

    def first(self, credential: str, user_id: str) -> str:
        holder = self._first.setdefault(credential, user_id)
        if len(self._first) > KEPT:
            self._first.popitem(last=False)
        return holder


def servers(oracle: Oracle, user: User, request: Request, answer: Answer) -> Iterator[Complaint]:
    if answer.operation != "getIceServers" or not answer.ok:
        return
    server = turn_server(answer)
    if not (server.get("username") and server.get("credential")):
        yield Complaint("ICE-1", "body.iceServers", "a turn: url with username and credential", "none")
        return
    yield from _expiry(oracle, answer, str(server["username"]))
    if oracle.holders.first(str(server["credential"]), user.id) != user.id:
        # The values are secrets, so they are not shown.
        got = "the credential that another user was given"
        yield Complaint("ICE-3", "answer", "credentials of this user's own", got)


def _expiry(oracle: Oracle, answer: Answer, username: str) -> Iterator[Complaint]:
    timings = oracle.spec.timings
    ttl = answer.at("ttl")
    low, high = timings["turn_credential_min"], timings["turn_credential_max"]
    if not isinstance(ttl, int | float) or not low <= ttl <= high:
        wanted = {"low": low, "high": high}
        yield Complaint("ICE-2", "body.ttl", f"{low} to {high} seconds", str(ttl), "between", wanted)
        return
    digits = re.match(r"\d{1,15}", username)
    if digits is None:
        yield Complaint(
            "ICE-2", "body.iceServers", "a username that starts with its expiry", "one that does not"
        )
        return
    off = int(digits[0]) - (oracle.now() + ttl)
    tolerance = timings["turn_username_tolerance"] + oracle.target.tolerances.clock_skew_s
    if abs(off) > tolerance:
        wanted_words = f"a username that expires at now + ttl, within {tolerance:g} s"
        yield Complaint("ICE-2", "answer", wanted_words, f"one that is off by {off:.0f} s")
