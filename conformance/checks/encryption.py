"""encryption: the envelope of answers to a bearer (ENC-1 to ENC-9)."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from conformance.cast import Cast
from conformance.checks.rooms import unknown_room
from conformance.registry import check, each
from conformance.valid import operations_of, valid_request
from protocol import envelope, tokens, validation
from protocol.client import User
from protocol.operations import Answer
from protocol.spec import Spec
from suite.expectations import Inconclusive, expect, given, given_that

FRESH = 8  # envelopes compared with one another


def header_of(spec: Spec) -> str:
    name: str = spec.policy["envelope"]["header"]
    return name


async def sealed(user: User) -> Answer:
    """A listing for a bearer that came in an envelope; inconclusive where it did not."""
    answer = await user.by_bearer().list_rooms()
    given_that(answer.status, "the status of listRooms by bearer").equals(200)
    if answer.envelope is None:
        raise Inconclusive(
            "a prerequisite failed: listRooms by bearer came without an envelope", answer.exchange
        )
    return answer


def part(answer: Answer, name: str) -> bytes:
    """A base64 member of an envelope as bytes."""
    value = (answer.envelope or {}).get(name)
    try:
        return base64.b64decode(str(value), validate=True)
    except ValueError:
        return b""


@check("ENC-1")
@each(operations_of("ENC-1"))
async def an_answer_to_a_bearer_is_an_envelope(cast: Cast, spec: Spec, case: str) -> None:
    user, _ = await valid_request(cast, case)
    user = user.by_bearer()
    request = user.creating() if case == "createRoom" else user.request(case)
    answer = await user.send(request)
    expect(answer.status, f"the status of {case} by bearer").equals(200)
    expect((answer.header(header_of(spec)) or "").lower(), f"the header {header_of(spec)}").equals("true")
    shape = answer.envelope if answer.envelope is not None else answer.body
    problems = [
        f"{p.path}: {p.message}" for p in validation.component_validator(spec, "Envelope").problems(shape)
    ]
    expect(problems, "what is wrong with the envelope").is_empty()
    expect(len(part(answer, "salt")), "the bytes of the salt").equals(spec.policy["envelope"]["salt_bytes"])
    expect(len(part(answer, "iv")), "the bytes of the iv").equals(spec.policy["envelope"]["iv_bytes"])


@check("ENC-2")
@each(operations_of("ENC-2"))
async def the_envelope_decrypts_to_a_valid_body(cast: Cast, case: str) -> None:
    user, _ = await valid_request(cast, case)
    user = user.by_bearer()
    request = user.creating() if case == "createRoom" else user.request(case)
    answer = await user.send(request)
    if answer.envelope is None:
        raise Inconclusive(
            f"a prerequisite failed: {case} by bearer came without an envelope", answer.exchange
        )
    expect(answer).accepted().valid()


@check("ENC-2")
async def a_sealed_offer_is_the_offer_sent(alice: User, bob: User, room: str, offer: str) -> None:
    given(await alice.send_offer(room, offer))
    answer = await bob.by_bearer().get_offer(room)
    if answer.envelope is None:
        raise Inconclusive(
            "a prerequisite failed: getOffer by bearer came without an envelope", answer.exchange
        )
    expect(answer).accepted().offer_is(offer)


@check("ENC-3", safety=True)
async def salt_and_iv_are_fresh_each_time(alice: User) -> None:
    answers = [await sealed(alice) for _ in range(FRESH)]
    for name in ("salt", "iv"):
        values = [(answer.envelope or {}).get(name) for answer in answers]
        expect(values, f"the {name} of {FRESH} envelopes").all_different()


@check("ENC-4")
async def the_token_hash_is_the_tokens_sha256(alice: User) -> None:
    answer = await sealed(alice)
    found: Any = (answer.envelope or {}).get("tokenHash")
    expect(found, "tokenHash").equals(envelope.token_hash(alice.token))


@check("ENC-5")
async def errors_to_a_bearer_are_plain(alice: User, spec: Spec) -> None:
    await sealed(alice)
    bearer = alice.by_bearer()
    for answer in (
        await bearer.join(unknown_room()),
        await bearer.send(bearer.creating().without_field("broadcasterName")),
        await bearer.with_token(tokens.tampered(alice.token)).list_rooms(),
    ):
        expect(answer.status, f"the status of a refused {answer.operation}").is_one_of([400, 401, 403, 404])
        expect(answer).error_shaped()
        expect((answer.header(header_of(spec)) or "").lower(), f"the header {header_of(spec)}").differs(
            "true"
        )


@check("ENC-6")
async def answers_to_a_cookie_are_plain(alice: User, spec: Spec) -> None:
    await sealed(alice)
    answer = await alice.by_cookie().list_rooms()
    expect(answer).accepted().valid()
    expect((answer.header(header_of(spec)) or "").lower(), f"the header {header_of(spec)}").equals("false")


@check("ENC-7")
async def another_token_does_not_decrypt_it(alice: User, bob: User, spec: Spec) -> None:
    answer = await sealed(alice)
    for token in (bob.token, "", "auth_token"):
        expect(await opens(spec, token, answer), "whether another token decrypts it").equals(False)
    given_that(answer.body is not None, "whether alice's token decrypts it").equals(True)


async def opens(spec: Spec, token: str, answer: Answer) -> bool:
    """Whether this token's key opens the ciphertext, whatever tokenHash says."""
    told = {**(answer.envelope or {}), "tokenHash": envelope.token_hash(token)}
    try:
        await asyncio.to_thread(envelope.open_, spec, token, told)
    except envelope.EnvelopeError:
        return False
    return True


def switches(spec: Spec) -> list[tuple[str, tuple[str, str]]]:
    off = spec.probes["encryption_off"]
    headers = [
        (f"{entry['name']}: {entry['value']}", (entry["name"], entry["value"])) for entry in off["headers"]
    ]
    cookies = [
        (f"Cookie: {entry['name']}={entry['value']}", ("Cookie", f"{entry['name']}={entry['value']}"))
        for entry in off["cookies"]
    ]
    return headers + cookies


@check("ENC-8")
@each(switches)
async def nothing_a_client_adds_turns_it_off(alice: User, case: tuple[str, str], spec: Spec) -> None:
    bearer = alice.by_bearer()
    answer = await bearer.send(bearer.request("listRooms").with_header(*case))
    expect(answer.status, "the status of listRooms by bearer").equals(200)
    expect((answer.header(header_of(spec)) or "").lower(), f"the header {header_of(spec)}").equals("true")
    expect(answer.envelope is not None, "whether the answer is an envelope").equals(True)
    await sealed(alice)


@check("ENC-9")
async def there_is_exactly_one_content_type(alice: User) -> None:
    bearer = alice.by_bearer()
    for answer in (
        given(await bearer.list_rooms()),
        given(await alice.by_cookie().list_rooms()),
        await bearer.join(unknown_room()),
    ):
        count = len(answer.header_values("Content-Type"))
        expect(count, f"the Content-Type headers of the {answer.status} of {answer.operation}").equals(1)
