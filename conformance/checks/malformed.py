"""validation: ill-formed bodies and paths (VAL-6 to VAL-10, VAL-13 to VAL-15, VAL-17, VAL-19)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from conformance.cast import Cast
from conformance.faults import chunks
from conformance.registry import check, each
from conformance.things import sdp
from conformance.valid import operations_of, valid_request
from protocol import probes
from protocol.client import User
from protocol.marks import mark
from protocol.operations import Answer, Request, encode
from protocol.spec import Spec
from suite.expectations import expect, given, twin

SENT_AGAIN = 4  # times a huge body whose refusal was lost


@check("VAL-6")
@each(operations_of("VAL-6"))
async def a_body_that_is_no_object_is_refused(cast: Cast, case: str) -> None:
    user, request = await valid_request(cast, case)
    for body in (encode(request.fields)[:-1], b"", b"[]", b'"parley"'):
        expect(await user.send(request.with_body(body))).refused()
    twin(await user.send(request))


@check("VAL-6")
@each(lambda spec: [(kind, kind) for kind in spec.probes["bodies"]])
async def every_kind_of_malformed_json_is_refused(alice: User, room: str, spec: Spec, case: str) -> None:
    request = alice.request("heartbeat", roomId=room)
    for probe in probes.bodies(spec, case, request.fields):
        expect(await alice.send(request.with_body(probe.value.encode()))).refused()
    twin(await alice.send(request))


def with_raw_text(request: Request, field: str, raw: bytes) -> Request:
    """The request with these bytes inside the string of a field, unescaped."""
    marker = mark()
    text = encode(request.with_fields(**{field: f"{request.fields[field]}{marker}"}).fields)
    return request.with_body(text.replace(marker.encode(), raw))


@check("VAL-7")
@each(lambda spec: [(probe["name"], bytes.fromhex(probe["hex"])) for probe in spec.probes["invalid_utf8"]])
async def invalid_utf8_is_refused(alice: User, bob: User, room: str, case: bytes) -> None:
    creating = alice.creating()
    expect(await alice.send(with_raw_text(creating, "broadcasterName", case))).refused()
    twin(await alice.send(creating))
    offering = alice.offering(room, sdp())
    expect(await alice.send(with_raw_text(offering, "offer", case))).refused()
    expect(await bob.get_offer(room), "the offer after the refusal").refused(404)
    twin(await alice.send(offering))
    twin(await bob.get_offer(room))


@check("VAL-7")
@each(lambda spec: [(probe["name"], probe["escape"]) for probe in spec.probes["lone_surrogates"]])
async def a_lone_surrogate_is_refused(alice: User, bob: User, room: str, case: str) -> None:
    offering = alice.offering(room, sdp())
    expect(await alice.send(with_raw_text(offering, "offer", case.encode()))).refused()
    expect(await bob.get_offer(room), "the offer after the refusal").refused(404)
    twin(await alice.send(offering))
    twin(await bob.get_offer(room))


@check("VAL-8", alone=True, tags=["size"])
@each(lambda spec: [("arrays", (b"[", b"]")), ("objects", (b'{"a":', b"}"))])
async def deeply_nested_json_is_refused(alice: User, spec: Spec, case: tuple[bytes, bytes]) -> None:
    levels = spec.limits["nesting_levels"]
    nested = case[0] * levels + b"1" + case[1] * levels
    creating = alice.creating()
    body = encode(creating.fields)[:-1] + b',"customName":' + nested + b"}"
    expect(await alice.send(creating.with_body(body))).refused()
    expect(await alice.list_rooms(), "listRooms afterwards").accepted()
    twin(await alice.send(creating))


async def send_whole(user: User, request: Request) -> Answer:
    """Sends a body that is refused before it is read to its end: then the connection may break before the
    refusal is seen, which is nobody's fault, so it is sent again.
    """
    for _ in range(SENT_AGAIN):
        answer = await user.send(request)
        if answer.status is not None:
            break
    return answer


@check("VAL-9", alone=True, tags=["size"])
@each(lambda spec: [(name, name) for name in spec.requirement("VAL-9").operations])
async def a_huge_body_is_refused(cast: Cast, spec: Spec, case: str) -> None:
    user, request = await valid_request(cast, case)
    for size in (spec.limits["body_bytes"], 2 * spec.limits["body_bytes"]):
        # Valid but for its size: the padding is white space after the object.
        huge = await send_whole(user, request.with_body(encode(request.fields).ljust(size)))
        expect(huge, f"{case} with a body of {size} bytes").refused()
    expect(await user.list_rooms(), "listRooms afterwards").accepted()
    twin(await user.send(request))


@check("VAL-10")
@each(lambda spec: [(kind, kind) for kind in spec.probes["wrong_content_types"]])
async def a_wrong_content_type_is_refused(alice: User, case: str) -> None:
    creating = alice.creating()
    expect(await alice.send(creating.with_header("Content-Type", case))).refused()
    twin(await alice.send(creating))


@dataclass(frozen=True)
class PathCase:
    """An operation with an id in its path."""

    operation: str


def in_path(requirement: str) -> Any:
    def cases(spec: Spec) -> Iterable[tuple[str, PathCase]]:
        return [(name, PathCase(name)) for name in spec.requirement(requirement).operations]

    return cases


def with_path_id(cast: Cast, request: Request, operation: str, raw: str) -> Request:
    """The request with this, as it is, for the id in its path."""
    (name,) = cast.spec.operation(operation).path_params
    template = cast.world.operations.path(operation)
    return request.with_path(template.replace("{" + name + "}", raw))


@check("VAL-13")
@each(in_path("VAL-13"))
async def an_odd_id_in_the_path_is_refused(cast: Cast, spec: Spec, case: PathCase) -> None:
    user, request = await valid_request(cast, case.operation)
    for probe in spec.probes["path_ids"]:
        odd = with_path_id(cast, request, case.operation, probe["id"])
        expect(await user.send(odd), f"{case.operation} with {probe['name']}").refused()
    twin(await user.send(request))


def told(answer: Answer) -> str:
    """All that an answer's body says: as it came, and decrypted where it was an envelope."""
    return answer.raw.decode("utf-8", "replace") + json.dumps(answer.body, ensure_ascii=False)


@check("VAL-14")
@each(lambda spec: [(entry["name"], entry["text"]) for entry in spec.probes["prototype_members"]])
async def prototype_keys_are_harmless(alice: User, bob: User, case: str) -> None:
    name = f"Parley {mark()}"
    creating = alice.creating()
    body = encode(creating.fields)[:-1] + b"," + case.replace("$customName", name).encode() + b"}"
    answer = await alice.send(creating.with_body(body))
    expect(answer).refused()
    expect(told(answer), "the answer").lacks(name)
    later = twin(await bob.create_room())
    expect(told(later), "the next room").lacks(name)
    expect(later).has("room.isPublic", True)


@check("VAL-15")
@each(lambda spec: [("the invalid one first", False), ("the invalid one last", True)])
async def duplicate_keys_do_not_bypass_validation(alice: User, case: bool) -> None:
    creating = alice.creating()
    good, bad = (f'"broadcasterName":{json.dumps(text)}' for text in (alice.name, "<b>parley</b>"))
    first, second = (good, bad) if case else (bad, good)
    rest = encode(creating.without_field("broadcasterName").fields).decode()
    answer = await alice.send(creating.with_body(f"{rest[:-1]},{first},{second}}}".encode()))
    expect(answer).refused()
    if answer.status == 200:
        expect(answer).has("room.broadcasterName", alice.name)
    twin(await alice.send(creating))


@check("VAL-17")
@each(in_path("VAL-17"))
async def a_long_id_in_the_path_is_refused(cast: Cast, spec: Spec, case: PathCase) -> None:
    user, request = await valid_request(cast, case.operation)
    length = spec.limits["path_id_bytes"]
    for raw in ("room_".ljust(length, "a"), "room_".ljust(8 * length, "a")):
        expect(await user.send(with_path_id(cast, request, case.operation, raw))).refused()
    twin(await user.send(request))


@check("VAL-19")
async def a_compressed_body_is_decoded_or_refused(alice: User) -> None:
    name = f"Compressed {mark()}"
    creating = alice.creating(customName=name)
    body = gzip.compress(encode(creating.fields))
    answer = await alice.send(creating.with_body(body).with_header("Content-Encoding", "gzip"))
    expect(answer).refused()
    if answer.status == 200:
        expect(answer).has("room.customName", name)
    twin(await alice.send(creating))


@check("VAL-19")
async def a_byte_order_mark_is_skipped_or_refused(alice: User) -> None:
    name = f"Prefixed {mark()}"
    creating = alice.creating(customName=name)
    answer = await alice.send(creating.with_body(b"\xef\xbb\xbf" + encode(creating.fields)))
    expect(answer).refused()
    if answer.status == 200:
        expect(answer).has("room.customName", name)
    given(await alice.send(creating))


@check("VAL-5")
@each(
    lambda spec: [(f"{number}", chunk) for number, chunk in enumerate(chunks(spec.probes["weird_names"]), 1)]
)
async def odd_and_valid_names_are_accepted(alice: User, case: tuple[str, ...]) -> None:
    for name in case:
        answer = await alice.create_room(customName=name)
        expect(answer.status, f"the status of a room called {name!r}").equals(200)
        expect(answer).has("room.customName", name)
