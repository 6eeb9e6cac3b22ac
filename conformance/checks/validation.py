"""validation: required fields, types, limits, patterns (VAL-1 to VAL-5, VAL-12, VAL-16, VAL-18)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from conformance import faults
from conformance.cast import Cast
from conformance.faults import Fault, chunks
from conformance.registry import check, each
from conformance.things import sdp, sdp_of_length
from conformance.valid import operations_of, valid_request
from protocol.client import User
from protocol.spec import Spec
from suite.expectations import expect, given, given_that, twin


async def refused_for_each(cast: Cast, fault: Fault) -> None:
    """Every value of the fault is refused; the request without it is accepted."""
    user, request = await valid_request(cast, fault.operation)
    for edit in fault.edits():
        expect(await user.send(edit(request)), fault.words).refused(*fault.refusals)
    twin(await user.send(request))


@check("VAL-1")
@each(faults.missing)
async def a_missing_required_field_is_refused(cast: Cast, case: Fault) -> None:
    await refused_for_each(cast, case)


@check("VAL-2")
@each(faults.wrong_types)
async def a_value_of_a_wrong_type_is_refused(cast: Cast, case: Fault) -> None:
    await refused_for_each(cast, case)


@check("VAL-3")
@each(faults.over_limits)
async def a_value_over_its_limit_is_refused(cast: Cast, case: Fault) -> None:
    await refused_for_each(cast, case)


@check("VAL-4")
@each(faults.pattern_violations)
async def a_value_that_violates_its_pattern_is_refused(cast: Cast, case: Fault) -> None:
    await refused_for_each(cast, case)


@check("VAL-5")
@each(faults.at_limits)
async def a_value_at_its_limit_is_accepted(cast: Cast, case: Fault) -> None:
    user, request = await valid_request(cast, case.operation)
    for edit in case.edits():
        expect(await user.send(edit(request)), f"{case.operation} with {case.field} at its limit").accepted()


@check("VAL-5", needs_signing=True)
async def a_user_id_at_its_limit_is_accepted(cast: Cast, spec: Spec) -> None:
    schema = spec.operation("createRoom").request_schema or {}
    length = schema["properties"]["broadcasterId"]["maxLength"]
    user = await cast.person("alice", id_length=length)
    given_that(len(user.id), "the characters of the user's id").equals(length)
    expect(await user.create_room()).accepted().has("room.broadcasterId", user.id)


@check("VAL-12")
@each(operations_of("VAL-12"))
async def an_unknown_property_is_ignored(cast: Cast, case: str) -> None:
    user, request = await valid_request(cast, case)
    expect(await user.send(request.with_fields(parleyProbe={"nested": [1, None, "x"]}))).accepted()


@check("VAL-16")
@each(faults.missing)
async def the_refusal_names_the_missing_field(cast: Cast, case: Fault) -> None:
    user, request = await valid_request(cast, case.operation)
    (edit,) = case.edits()
    refusal = await user.send(edit(request))
    expect(refusal).refused()
    expect(json.dumps(refusal.body), "the body of the 400").contains(case.field.rsplit(".", 1)[-1])
    twin(await user.send(request))


# -- VAL-18: characters are counted, not bytes


@dataclass(frozen=True)
class Wide:
    """A field of free text, filled with a character of several bytes."""

    operation: str
    field: str
    filler: str


def wide_texts(spec: Spec) -> Iterable[tuple[str, Wide]]:
    for operation, field in (
        ("sendOffer", "offer"),
        ("sendAnswer", "answer"),
        ("createRoom", "encryptedRoomKey"),
    ):
        for filler, size in (("é", "two bytes"), ("漢", "three bytes")):
            yield f"{operation}.{field} of {size}", Wide(operation, field, filler)


def filled(wide: Wide, length: int) -> str:
    if wide.field == "encryptedRoomKey":
        return wide.filler * length
    return sdp_of_length(length, wide.filler)


def limit_of(wide: Wide, spec: Spec) -> int:
    schema = spec.operation(wide.operation).request_schema or {}
    limit: int = schema["properties"][wide.field]["maxLength"]
    return limit


@check("VAL-18", tags=["size"])
@each(wide_texts)
async def limits_count_characters(cast: Cast, spec: Spec, case: Wide) -> None:
    user, request = await valid_request(cast, case.operation)
    limit = limit_of(case, spec)
    too_long = request.with_fields(**{case.field: filled(case, limit + 1)})
    expect(await user.send(too_long)).refused(400)
    expect(await user.send(request.with_fields(**{case.field: filled(case, limit)}))).accepted()


@check("VAL-18", tags=["size"])
async def a_refused_value_is_neither_stored_nor_echoed(alice: User, bob: User, room: str, spec: Spec) -> None:
    wide = Wide("sendOffer", "offer", "x")
    kept = sdp()
    given(await alice.send_offer(room, kept))
    refusal = await alice.send_offer(room, filled(wide, limit_of(wide, spec) + 1))
    expect(refusal).refused(400)
    expect(len(refusal.raw), "the bytes of the refusal").at_most(limit_of(wide, spec) // 2)
    expect(await bob.get_offer(room)).accepted().offer_is(kept)


# -- VAL-11: markup


@dataclass(frozen=True)
class Markup:
    """A name that takes markup, and the markup."""

    operation: str
    field: str
    texts: tuple[str, ...]


def markup(spec: Spec) -> Iterable[tuple[str, Markup]]:
    for operation, field in (
        ("createRoom", "broadcasterName"),
        ("createRoom", "customName"),
        ("joinRoom", "userName"),
        ("createPartyRoom", "broadcasterName"),
    ):
        for number, chunk in enumerate(chunks(spec.probes["markup"]), 1):
            yield f"{operation}.{field} {number}", Markup(operation, field, chunk)


@check("VAL-11")
@each(markup)
async def markup_in_a_name_is_refused_and_not_echoed_as_html(cast: Cast, case: Markup) -> None:
    user, request = await valid_request(cast, case.operation)
    for text in case.texts:
        refusal = await user.send(request.with_fields(**{case.field: text}))
        expect(refusal, f"{case.operation} with {case.field} {text!r}").refused()
        expect(refusal.header("Content-Type") or "", "the Content-Type of the refusal").lacks("html")
    twin(await user.send(request))
