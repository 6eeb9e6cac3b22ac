"""otp: known and unknown addresses are answered alike (OTP-1).

A known one has logged in before. Both have asked for a code as often, since `remaining` may tell that much.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Sequence
from typing import Any

from conformance.cast import Cast
from conformance.checks.auth_timing import noisy
from conformance.checks.ratelimit import budget_of
from conformance.logins import Newcomer
from conformance.registry import check
from protocol.operations import Answer
from protocol.spec import Spec
from suite.expectations import Inconclusive, expect, given, given_that

# Header fields whose values an answer to the same question has alike; others may hold a time, or an id.
ALIKE = ("content-type", "cache-control", "location", "x-ratelimit-limit")
# In both answers or in none: their values are of a moment, or of a limit by something else than the address.
PRESENT = ("x-ratelimit-remaining",)
WORDS = "message"  # of an answer: it may hold a time, or an id


async def couple(cast: Cast, number: int = 0) -> tuple[Newcomer, Newcomer]:
    """Somebody known and somebody unknown, each of whom has asked once."""
    known, unknown = cast.newcomer(f"known{number or ''}"), cast.newcomer(f"unknown{number or ''}")
    await known.log_in()
    given(await unknown.ask())
    return known, unknown


@check("OTP-1", tags=["budget"])
async def known_and_unknown_addresses_are_answered_alike(cast: Cast, spec: Spec) -> None:
    known, unknown = await couple(cast)
    mine: list[Any] = []
    others: list[Any] = []
    names: dict[str, list[set[str]]] = {"known": [], "unknown": []}
    for number in range(2, budget_of(spec, "requestOtp").limit + 2):
        one, other = await known.ask(), await unknown.ask()
        about = f"requestOtp number {number} for an unknown address"
        expect(other.status, f"the status of {about}, against that for a known one").equals(one.status)
        for answer in (one, other):
            given_that(answer.status, "the status of requestOtp").is_one_of((200, 429))
        differing = differences(seen(spec, known, one), seen(spec, unknown, other))
        if one.status == 200:
            for somebody, answer, words in ((known, one, mine), (unknown, other, others)):
                words.append(without_address(somebody, answer.at(WORDS)))
        expect(differing, f"what differs in the answer to {about}, against that for a known one").equals({})
        if one.status == 200:
            names["known"].append({name for name, _ in one.headers})
            names["unknown"].append({name for name, _ in other.headers})
    about = "what differs in the answer to requestOtp for an unknown address each time"
    if (same := steady(mine)) and (same_too := steady(others)):
        expect(differences(same, same_too), f"{about}, against that for a known one").equals({})
    for side, against in (("known", "unknown"), ("unknown", "known")):
        always, ever = set.intersection(*names[side]), set.union(*names[against])
        expect(
            sorted(always - ever), f"header fields that answers for {side} addresses alone have"
        ).is_empty()


def differences(known: dict[str, Any], unknown: dict[str, Any]) -> dict[str, str]:
    """What two answers show otherwise, by name."""
    return {
        name: f"{known.get(name)!r} for a known address, {unknown.get(name)!r} for an unknown one"
        for name in sorted(known.keys() | unknown.keys())
        if known.get(name) != unknown.get(name)
    }


def seen(spec: Spec, somebody: Newcomer, answer: Answer) -> dict[str, Any]:
    """What an answer shows to whoever compares: what the protocol names, and the rest by its type."""
    body: dict[str, Any] = answer.body if isinstance(answer.body, dict) else {"body": answer.body}
    schema = spec.operation("requestOtp").response_schema or {}
    told = schema["properties"] if answer.status == 200 else {}
    fields = {
        name: without_address(somebody, value) if name in told else type(value).__name__
        for name, value in body.items()
    }
    if isinstance(fields.get(WORDS), str):
        fields[WORDS] = str.__name__
    headers = {name: answer.header(name) for name in ALIKE if answer.header(name) is not None}
    present = {name: "there" for name in PRESENT if answer.header(name) is not None}
    return {**fields, **headers, **present}


def steady(words: Sequence[Any]) -> dict[str, Any]:
    """What all answers to one person say alike, numbers aside; {} where they differ or are too few."""
    said = [re.sub(r"\d+", "0", one) if isinstance(one, str) else one for one in words]
    return {WORDS: said[0]} if len(said) > 1 and all(one == said[0] for one in said) else {}


def without_address(somebody: Newcomer, value: Any) -> Any:
    """A text that names the user's own address, as it would be for any other."""
    if not isinstance(value, str):
        return value
    return value.replace(somebody.email, "(address)").replace(somebody.email.partition("@")[0], "(name)")


@check("OTP-1", alone=True, tags=["race"])
async def known_and_unknown_addresses_take_the_same_time(cast: Cast, spec: Spec) -> None:
    rule = spec.policy["otp_timing"]
    rounds = budget_of(spec, "requestOtp").limit - 1
    known_ms: list[float] = []
    unknown_ms: list[float] = []
    for number in range(1, math.ceil(rule["pairs"] / rounds) + 1):
        known, unknown = await couple(cast, number)
        for turn in range(rounds):
            sides = [(known, known_ms), (unknown, unknown_ms)]
            for somebody, times in sides if turn % 2 else reversed(sides):
                answer = given(await somebody.ask())
                times.append((answer.ended - answer.started) * 1000)
    judge(known_ms, unknown_ms, rule)


def judge(known_ms: Sequence[float], unknown_ms: Sequence[float], rule: dict[str, float]) -> None:
    """Neither median is far above the other one."""
    pairs = (("a known", known_ms, unknown_ms), ("an unknown", unknown_ms, known_ms))
    for whose, mine, others in pairs:
        allowed = rule["factor"] * statistics.median(others) + rule["slack_ms"]
        median = statistics.median(mine)
        if median > allowed and (noisy(list(mine)) or noisy(list(others))):
            raise Inconclusive("the timings are too noisy to judge by")
        expect(median, f"the median time of requestOtp for {whose} address, in ms").at_most(allowed)
