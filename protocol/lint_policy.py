"""Rules of lint about policy.yaml: do the timings and budgets of the protocol fit one another?"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from protocol.findings import POLICY, Files, Finding

LIFETIMES = ("room_lifetime", "listing_window", "offer_lifetime", "answer_lifetime", "otp_lifetime")

# Each of the first must be shorter than the second, for the reason given.
SHORTER = (
    ("listing_window", "room_lifetime", "a room falls out of the listing before it is gone"),
    ("poll_timeout", "turn_credential_min", "TURN credentials outlive a poll"),
    ("heartbeat_interval", "listing_window", "a room with a client in it stays listed"),
    ("poll_interval", "poll_timeout", "a client polls more than once"),
    ("participant_look_interval", "poll_timeout", "a broadcaster looks while the viewer still polls"),
    ("access_token_lifetime", "session_lifetime", "a session outlives its access token"),
    ("token_leeway", "token_probe_offset", "a check's stale token is beyond the leeway"),
)
NOT_LONGER = (
    ("poll_timeout", "offer_lifetime", "nobody polls for an offer that is gone"),
    ("poll_timeout", "answer_lifetime", "nobody polls for an answer that is gone"),
    ("turn_credential_min", "turn_credential_max", "some credential lifetime is allowed"),
)


def timings_are_in_order(files: Files) -> Iterator[Finding]:
    """Poll within mailbox lifetime, listing within room lifetime, credentials beyond a poll, and the like."""
    for short, long, reason in SHORTER:
        if files.timing(short) >= files.timing(long):
            yield _disorder(files, short, "shorter than", long, reason)
    for short, long, reason in NOT_LONGER:
        if files.timing(short) > files.timing(long):
            yield _disorder(files, short, "no longer than", long, reason)


def grace_fits_the_lifetimes(files: Files) -> Iterator[Finding]:
    """A lifetime is judged shortly before and shortly after its end; both must leave something to judge."""
    grace = files.timing("grace_before") + files.timing("grace_after")
    for name in LIFETIMES:
        if files.timing(name) <= grace:
            yield Finding(
                POLICY,
                f"timings.{name}",
                f"expected more than the grace before and after it ({grace} s), got {files.timing(name)} s",
            )


def heartbeats_fit_their_budget(files: Files) -> Iterator[Finding]:
    """A window opens with its first heartbeat; so window / interval, rounded up, fall into it."""
    budget = files.budget("heartbeat")
    if budget is None:
        return
    limit, window = budget
    interval = files.timing("heartbeat_interval")
    if ceil(window / interval) > limit:
        yield Finding(
            POLICY,
            "timings.heartbeat_interval",
            f"a client that beats every {interval} s beats {ceil(window / interval)} times in {window} s, "
            f"and budgets.heartbeat allows {limit}",
        )


def offers_and_answers_fit_the_joins(files: Files) -> Iterator[Finding]:
    """What an hour's joins need must be within what may be posted.

    The reading: a broadcaster posts one offer with each room it creates, ordinary or party, and one more
    for each join of a viewer. It must be able to serve one viewer that spends its whole join budget, even
    when it spends its own budgets for rooms. (Several viewers at once share the offer budget; the
    protocol promises none of them more.) A viewer posts one answer for each of its joins.
    """
    joins = ("joinRoom",)
    for box, causes in (("sendOffer", ("createRoom", "createPartyRoom", *joins)), ("sendAnswer", joins)):
        budget = files.budget(box)
        if budget is None:
            continue
        limit, window = budget
        needed = sum(_most(files.budget(cause), window) for cause in causes)
        if needed > limit:
            yield Finding(
                POLICY,
                f"budgets.{box}",
                f"{' and '.join(causes)} need up to {needed:g} in {window} s, and {limit} are allowed",
            )


def knocks_fit_the_candidate_budget(files: Files) -> Iterator[Finding]:
    """A viewer's knocks are candidates; within one window they must leave room for real ones."""
    budget, knocks = files.budget("sendCandidate"), files.at(POLICY, "limits", "knocks")
    if budget is not None and knocks >= budget[0]:
        yield Finding(
            POLICY,
            "limits.knocks",
            f"{knocks} knocks leave nothing for candidates: budgets.sendCandidate allows {budget[0]}",
        )


def polls_fit_what_is_always_allowed(files: Files) -> Iterator[Finding]:
    """A target may limit operations without a budget to unbudgeted_floor; the client's own pace must fit.

    The readings: each join polls the offer box until its time-out; the looks of a broadcaster are shared
    between the two reads that show new participants, listRooms and getCandidates.
    """
    floor = files.at(POLICY, "unbudgeted_floor")
    limit, window = floor["limit"], floor["window"]
    polls = ceil(files.timing("poll_timeout") / files.timing("poll_interval"))
    needed = _most(files.budget("joinRoom"), window) * polls
    if files.budget("getOffer") is None and needed > limit:
        yield Finding(
            POLICY,
            "unbudgeted_floor.limit",
            f"joins that poll to their time-out read getOffer {needed:g} times in {window} s, not {limit}",
        )
    ways = [name for name in ("listRooms", "getCandidates") if files.budget(name) is None]
    looks = ceil(window / files.timing("participant_look_interval"))
    if ways and looks > limit * len(ways):
        yield Finding(
            POLICY,
            "timings.participant_look_interval",
            f"a broadcaster looks {looks} times in {window} s, and {' and '.join(ways)} allow {limit} each",
        )


def _most(budget: tuple[int, int] | None, within: int) -> float:
    """How often a budget lets a thing happen within so many seconds."""
    return float("inf") if budget is None else budget[0] * ceil(within / budget[1])


def _disorder(files: Files, short: str, wanted: str, long: str, reason: str) -> Finding:
    return Finding(
        POLICY,
        f"timings.{short}",
        f"expected {wanted} {long} ({files.timing(long)} s), so that {reason}; got {files.timing(short)} s",
    )


RULES = (
    timings_are_in_order,
    grace_fits_the_lifetimes,
    heartbeats_fit_their_budget,
    offers_and_answers_fit_the_joins,
    knocks_fit_the_candidate_budget,
    polls_fit_what_is_always_allowed,
)
