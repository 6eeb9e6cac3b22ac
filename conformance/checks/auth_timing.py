"""auth: a refusal for want of a token does no work first (AUTH-24)."""

from __future__ import annotations

import asyncio
import math
import statistics

from conformance.cast import Cast
from conformance.registry import check
from protocol.client import User
from protocol.spec import Spec
from suite.expectations import Inconclusive, expect, given, given_that

NOISY = 3.0  # the middle half of the timings is wider than so many medians


@check("AUTH-24", alone=True, tags=["race"])
async def a_refusal_for_want_of_a_token_does_no_work_first(cast: Cast, alice: User, spec: Spec) -> None:
    rule = spec.policy["refusal_timing"]
    await fill_listing(cast, spec, rule["rooms"])
    nobody = alice.without_token()
    unknown = alice.request("listRooms").with_path(f"{alice.request('listRooms').path}/no-such-path")
    refusals: list[float] = []
    unknowns: list[float] = []
    for _ in range(rule["pairs"]):
        refusal = await nobody.list_rooms()
        given_that(refusal.status, "the status of listRooms without a token").equals(401)
        refusals.append((refusal.ended - refusal.started) * 1000)
        missing = await alice.send(unknown)
        given_that(missing.status, "the status of an unknown path").equals(404)
        unknowns.append((missing.ended - missing.started) * 1000)
    allowed = rule["factor"] * statistics.median(unknowns) + rule["slack_ms"]
    if statistics.median(refusals) > allowed and (noisy(refusals) or noisy(unknowns)):
        raise Inconclusive("the timings are too noisy to judge by")
    expect(statistics.median(refusals), "the median time of a 401, in ms").at_most(allowed)


async def fill_listing(cast: Cast, spec: Spec, rooms: int) -> None:
    """Makes so many rooms, each person as many as the budget lets it."""
    budget = spec.operation("createRoom").budget
    share = budget.limit if budget else rooms
    people = await cast.people(math.ceil(rooms / share))
    for person in people:
        for answer in await asyncio.gather(*(person.create_room() for _ in range(share))):
            given(answer)


def noisy(times: list[float]) -> bool:
    quarters = statistics.quantiles(times, n=4)
    return quarters[2] - quarters[0] > NOISY * statistics.median(times)
