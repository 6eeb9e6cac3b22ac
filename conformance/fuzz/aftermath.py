"""What a refused write has left behind: the rooms and the mail before and after it, as others see them."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance import things
from protocol.client import User
from protocol.operations import Answer
from reports.reproduction.fault import Complaint

if TYPE_CHECKING:
    from conformance.fuzz.scene import Room, Scene, Sent

TICK_S = 0.003  # activity is told in milliseconds: two are told apart after so long
MAIL = {"sendOffer": "offer", "getOffer": "offer", "sendAnswer": "answer", "getAnswer": "answer"}
COUNTED = ("createRoom", "joinRoom", "leaveRoom", "heartbeat")


@dataclass(frozen=True)
class Before:
    """Whose rooms looked how; and, for mail, what lies in the box since when, and who will read it."""

    rooms: dict[str, Any]
    box: str = ""
    text: str = ""
    reader: User | None = None
    posted: float = 0.0


async def before(scene: Scene, sent: Sent) -> Before | None:
    """None where nothing of it can be seen."""
    operation = sent.trial.operation
    room = scene.rooms.get(sent.room)
    if operation in MAIL:
        if operation.startswith("get") and not sent.trial.credential:
            return None  # a good read is no refusal
        return await _mail_before(scene, sent, room) if room is not None else None
    if operation not in COUNTED:
        return None
    found = await _rooms(scene)
    await asyncio.sleep(TICK_S)
    return None if found is None else Before(found)


async def after(scene: Scene, sent: Sent, then: Before, answer: Answer, requirement: str | None) -> None:
    """Complains where a refusal has changed something."""
    if answer.status is None or (answer.status < 400 and requirement != "CORS-8"):
        return
    if answer.status == 429 and not scene.counts:
        return
    if requirement is None and answer.status == 400:
        stored = scene.spec.requirement("VAL-18")
        requirement = stored.id if sent.trial.operation in stored.operations else None
    place = len(scene.stage.records) - 1
    told = f"what was there before the {answer.status} of {sent.trial.operation}"
    if then.box and then.reader is not None:
        room = scene.rooms[sent.room]
        box = scene.boxes.of(room.id, then.box)
        box.sure = False  # what is found is judged here
        seen = await scene.read(then.box, then.reader, room)
        if seen is None or seen.status not in (200, 404):
            return
        lasts = scene.spec.timings[f"{then.box}_lifetime"] - scene.spec.timings["grace_before"]
        if time.monotonic() - then.posted > lasts:
            return  # it may have expired meanwhile
        text = seen.at(then.box) if seen.ok else None
        refused = sent.request.fields.get(then.box)
        if text is None or (text == refused and text != then.text):
            got = f"an empty {then.box} box" if text is None else f"the {then.box} that was refused"
            complaint = Complaint(requirement, f"body.{then.box}", f"{told}: the {then.box} of before", got)
            scene.stage.complain(complaint, None if requirement else place)
        return
    now = await _rooms(scene)
    if now is None:
        return
    changed = _changes(then.rooms, now)
    if changed:
        scene.stage.complain(Complaint(requirement, "body.rooms", told, changed))


async def _mail_before(scene: Scene, sent: Sent, room: Room) -> Before | None:
    kind = MAIL[sent.trial.operation]
    others = [one for one in room.members.values() if one.id != sent.user.id]
    if not others or sent.user.id not in room.members:
        return None
    posts = sent.trial.operation.startswith("send")
    # A post is seen by somebody else, who finds what the sender posted before; a read, by the reader's next.
    author, reader = (sent.user, others[0]) if posts else (others[0], sent.user)
    author = scene.stage.people.get(author.actor, author)
    reader = scene.stage.people.get(reader.actor, reader)
    text, posted = things.sdp(), time.monotonic()
    operation = "sendOffer" if kind == "offer" else "sendAnswer"
    if scene.budgets.left(author.id, operation) <= 1 or not await scene.post(kind, author, room, text):
        return None
    return Before({}, kind, text, reader, posted)


async def _rooms(scene: Scene) -> dict[str, Any] | None:
    """The rooms of this scene's people as the listing shows them."""
    watcher = await scene.stage.person("erin")
    answer = await scene.ask(watcher, watcher.request("listRooms"))
    if not answer.ok:
        return None
    people = {user.id for user in scene.stage.people.values()} | {
        room.creator for room in scene.rooms.values()
    }
    return {
        str(room.get("roomId")): room for room in answer.rooms if str(room.get("broadcasterId")) in people
    }


def _changes(then: dict[str, Any], now: dict[str, Any]) -> str:
    words = [f"a new room {name[:80]}" for name in now if name not in then]
    words += [f"room {name[:80]} gone" for name in then if name not in now]
    for name in then.keys() & now.keys():
        for key in sorted(then[name].keys() | now[name].keys()):
            old, new = then[name].get(key), now[name].get(key)
            if old != new:
                words.append(f"{key} {json.dumps(new)[:60]} in place of {json.dumps(old)[:60]}")
    return "; ".join(words[:4])
