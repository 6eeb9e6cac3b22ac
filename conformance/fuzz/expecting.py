"""What a trial must be answered with: by the schema of its body, the state it meets, and who asks.

Several faults at once may be refused for any of them; a 429 is the ledger's matter.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from protocol.operations import JSON_TYPE, Answer, Request, decode
from protocol.spec import Operation, Spec
from protocol.validation import Problem, Validator, request_validator
from reports.reproduction.fault import Complaint

if TYPE_CHECKING:
    from conformance.fuzz.scene import Room, Scene, Sent

RETURNED = ("customName", "encryptedRoomKey", "keyHash")
OWN_IDS = ("broadcasterId", "userId", "fromUserId")
MAIL = ("sendOffer", "sendAnswer", "sendCandidate", "getOffer", "getAnswer", "getCandidates")
TAKEN_ONCE = ("getOffer", "getAnswer")
CLIENT_ERRORS = tuple(range(400, 500))
KINDS = (
    ("is missing", "VAL-1"),
    ("is not of type", "VAL-2"),
    ("more than", "VAL-3"),
    ("fewer than", "VAL-3"),
    ("less than", "VAL-3"),
    ("does not match", "VAL-4"),
)


@dataclass(frozen=True)
class Wanted:
    """Any of these statuses. `why` says what asks for them."""

    statuses: Iterable[int]
    requirement: str | None
    why: str = ""


def wanted(scene: Scene, sent: Sent) -> Wanted | None:
    """What a trial with good credentials must be answered with; None where anything may be."""
    trial, request = sent.trial, sent.request
    operation = scene.spec.operation(trial.operation)
    if trial.expect is not None:
        return Wanted(trial.expect.statuses, trial.expect.requirement, trial.expect.why)
    if request.method != operation.method:
        return Wanted((404, 405), "ERR-2", f"{request.method} is no method of this path")
    media = request.header("Content-Type")
    if request.body is not None and (media or "").split(";")[0].strip().lower() != JSON_TYPE:
        return Wanted((400, 415), "VAL-10", f"the Content-Type is {media!r}")
    faults = _bad_body(scene.spec, operation, sent) if operation.request_schema is not None else None
    bad_path = _bad_path(scene.spec, operation, request, scene.arena.world.operations.path(trial.operation))
    if bad_path is not None:
        faults = _both(faults, bad_path)
    if faults is not None and not faults.statuses:
        return None
    state = _state(scene, sent)
    if faults is None:
        return state
    if state is None:
        return faults
    more = {status for status in state.statuses if status >= 400}
    return Wanted({*faults.statuses, *more}, faults.requirement, faults.why)


def compare(scene: Scene, sent: Sent, expectation: Wanted, answer: Answer) -> Complaint | None:
    """The complaint where the answer is none of what was wanted, with the requirement that fits what came."""
    statuses = set(expectation.statuses)
    requirement, why = expectation.requirement, expectation.why
    if answer.status in statuses:
        return (_overridden(scene, sent, answer) or _kept(sent, answer)) if answer.ok else None
    if statuses == {200} and sent.signed:
        if answer.status == 401:
            requirement = "AUTH-9" if sent.user.delivery == "bearer" else "AUTH-10"
        elif answer.status == 403 and _first_write_by_cookie(scene, sent):
            requirement = "CSRF-3" if scene.claims("csrf") and scene.target.csrf else None
        elif answer.status == 400:
            requirement = _refused_though_valid(scene.spec, sent)
            why = why or "the request is valid"
    return scene.arena.oracle.expecting(answer, statuses, requirement, why)


def requirement_of(problems: Iterable[Problem]) -> str | None:
    """The requirement that the gravest problem breaks."""
    found = {name for problem in problems for words, name in KINDS if words in problem.message}
    return min(found, default="VAL-4")


# -- inside


def _bad_body(spec: Spec, operation: Operation, sent: Sent) -> Wanted | None:
    body = sent.request.body
    if len(body or b"") >= spec.limits["body_bytes"]:
        return Wanted((400, 413), "VAL-9", "the body is too large")
    if body is None:
        return Wanted((400, 415), "VAL-6", "there is no body")
    value = decode(body)
    if not isinstance(value, dict):
        return None if _odd_number(body) else Wanted((400,), "VAL-6", "the body is no JSON object")
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return Wanted((), None)
    problems = request_validator(spec, operation.id).problems(value)
    strange = [name for name in OWN_IDS if name in value and value[name] != sent.user.id]
    if not problems:
        return None
    first = problems[0]
    statuses = {400, 403} if strange else {400}
    return Wanted(statuses, requirement_of(problems), f"{first.path or 'the body'} {first.message}"[:200])


def _odd_number(body: bytes | None) -> bool:
    """A JSON object by the grammar, with a number that no reader has to understand."""
    try:
        return isinstance(json.loads(body or b"", parse_constant=_refuse), dict)
    except (ValueError, RecursionError):
        return False


def _refuse(word: str) -> None:
    raise ValueError(word)


def _bad_path(spec: Spec, operation: Operation, request: Request, template: str) -> Wanted | None:
    """What an ill-formed id in the path is refused with."""
    if not operation.path_params:
        return None
    ((name, schema),) = operation.path_params.items()
    head, _, tail = template.partition("{" + name + "}")
    path = request.path.partition("?")[0]
    raw = path.removeprefix(head).removesuffix(tail)
    if Validator(schema).ok(unquote(raw)) if raw.isascii() else False:
        return None
    if len(raw) >= spec.limits["path_id_bytes"]:
        return Wanted(CLIENT_ERRORS, "VAL-17", f"the id in the path has {len(raw)} bytes")
    odd = any(mark in raw.lower() for mark in ("%2f", "%00", "%5c"))
    return Wanted(CLIENT_ERRORS, "VAL-13" if odd else None, "the id in the path is ill-formed")


def _both(one: Wanted | None, other: Wanted) -> Wanted:
    if one is None:
        return other
    return Wanted({*one.statuses, *other.statuses}, one.requirement, one.why)


def _state(scene: Scene, sent: Sent) -> Wanted | None:
    """What the valid request must be answered with, by the state that it meets."""
    operation, user = sent.trial.operation, sent.user
    fields = sent.request.fields
    strange = any(name in fields and fields[name] != user.id for name in OWN_IDS)
    if operation in ("createRoom", "createPartyRoom"):
        parent = fields.get("parentRoomId")
        if parent is not None and not _takes_part(scene, user.id, parent):
            return Wanted((200, *CLIENT_ERRORS), "PARTY-10")
        return Wanted((200, 403) if strange else (200,), "AUTH-14" if strange else None)
    if operation in ("listRooms", "getIceServers", "health", "me"):
        return Wanted((200,), "HEALTH-1" if operation == "health" else None)
    if operation == "listPartyRooms":
        return Wanted((200, *CLIENT_ERRORS), None) if _unknown_parent(scene, sent) else Wanted((200,), None)
    room = scene.rooms.get(sent.room)
    if room is None or not room.members:
        found = _of_unknown(operation, known=room is not None)
    else:
        found = _in_room(scene, sent, room)
    if found is not None and strange:
        requirement = "AUTH-14" if set(found.statuses) == {200} else found.requirement
        return Wanted({*found.statuses, 403}, requirement, found.why or "another user's id in the body")
    return found


def _of_unknown(operation: str, *, known: bool) -> Wanted | None:
    why = "its last participant has left" if known else "there is no such room"
    if operation == "joinRoom":
        return Wanted((404,), "ROOM-8" if known else "ROOM-4", why)
    if operation == "heartbeat":
        return Wanted((404,), "ROOM-14", why)
    if operation == "leaveRoom":
        return Wanted((*range(200, 300), 404), "ROOM-15", why)
    if operation == "inviteToPartyRoom":
        return Wanted((404,), "PARTY-6", why)
    if operation.startswith("send"):
        return Wanted((404,), "MBOX-11", why)
    return Wanted((403, 404), "MBOX-10", why)


def _in_room(scene: Scene, sent: Sent, room: Room) -> Wanted | None:
    operation, user, fields = sent.trial.operation, sent.user, sent.request.fields
    member = user.id in room.members
    if operation == "joinRoom":
        if room.party and user.id != room.creator and user.id not in room.invited:
            return Wanted((403, 404), "PARTY-7", "the user is not invited")
        return Wanted((200,), "ROOM-5")
    if operation == "leaveRoom":
        return Wanted((200,), "ROOM-7") if member else Wanted((*range(200, 300), *CLIENT_ERRORS), None)
    if operation == "heartbeat":
        return Wanted((200,), "ROOM-11") if member else Wanted((200, 403, 404), None)
    if operation == "inviteToPartyRoom":
        if not room.party:
            return Wanted((400, 403, 404), "PARTY-12", "it is no party room")
        if user.id != room.creator:
            return Wanted(
                (403,) if member else (403, 404), "PARTY-4", "the user did not create the party room"
            )
        ids = fields.get("userIds")
        most = scene.spec.operation(operation).request_schema or {}
        limit = most.get("properties", {}).get("userIds", {}).get("maxItems", 0)
        merged = (
            len(room.invited | {one for one in ids if isinstance(one, str)}) if isinstance(ids, list) else 0
        )
        return (
            Wanted((400,), "PARTY-5", "more are invited in all than fit")
            if merged > limit
            else Wanted((200,), None)
        )
    if operation in MAIL and not member:
        return Wanted((403, 404), "MBOX-12", "the user is no participant")
    if operation in TAKEN_ONCE:
        return Wanted((200, 404), None)  # the ledger knows
    if operation == "getCandidates" and "?" in sent.request.path:
        return Wanted((200, 400), None)  # a made-up cursor may be good
    return Wanted((200,), None)


def _takes_part(scene: Scene, user: str, parent: object) -> bool:
    """Whether the user is a participant of an ordinary room: whose else may be a parent is left open."""
    room = scene.rooms.get(parent) if isinstance(parent, str) else None
    return room is not None and not room.party and user in room.members


def _unknown_parent(scene: Scene, sent: Sent) -> bool:
    return not any(
        room.members and sent.request.path.endswith(f"/{room.id}") for room in scene.rooms.values()
    )


def _first_write_by_cookie(scene: Scene, sent: Sent) -> bool:
    """Where none was accepted yet, it is the CSRF word that is not believed; afterwards it is anything."""
    writes = scene.spec.operation(sent.trial.operation).writes
    return writes and sent.user.delivery == "cookie" and not scene.memory.cookie_writes


def _refused_though_valid(spec: Spec, sent: Sent) -> str | None:
    fields = sent.request.fields
    properties: dict[str, Any] = (spec.operation(sent.trial.operation).request_schema or {}).get(
        "properties", {}
    )
    if any(name not in properties for name in fields):
        return "VAL-12"
    for name, value in fields.items():
        most = properties[name].get("maxLength") or properties[name].get("maxItems")
        if most is not None and isinstance(value, str | list) and len(value) == most:
            return "VAL-5"
    return "ROOM-1" if sent.trial.operation == "createRoom" else None


def _kept(sent: Sent, answer: Answer) -> Complaint | None:
    """What was given for a room and did not come back with it, unchanged."""
    fields = sent.request.fields
    if sent.trial.operation != "createRoom" or not sent.signed or sent.trial.raw is not None:
        return None
    for name in RETURNED:
        value, back = fields.get(name), answer.room.get(name)
        if isinstance(value, str) and back != value:
            told = f"{len(back)} characters, other ones" if isinstance(back, str) else "none"
            wanted = f"the {name} of {len(value)} characters that was sent"
            return Complaint("ROOM-3", f"body.room.{name}", wanted, told, "equals", {"value": value})
    return None


def _overridden(scene: Scene, sent: Sent, answer: Answer) -> Complaint | None:
    """A room that was made in another's name."""
    if sent.trial.operation not in ("createRoom", "createPartyRoom") or not sent.signed:
        return None
    named = answer.room.get("broadcasterId")
    if not isinstance(named, str) or named == sent.user.id:
        return None
    arguments = {"value": sent.user.id}
    return Complaint(
        "AUTH-14", "body.room.broadcasterId", "the id of who asked", "another id", "equals", arguments
    )
