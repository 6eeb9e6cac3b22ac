"""Edges of the request itself: bodies that are nearly JSON, odd encodings and ids, names and keys at limits.

Each trial states what it must be answered with; the values are the spec's probes wherever there are some.
"""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Callable
from dataclasses import replace
from string import Template
from typing import Any

from conformance import things
from conformance.cast import World
from conformance.checks.cors import PREFLIGHTED
from conformance.faults import kind_of
from conformance.fuzz.plans import valid
from conformance.fuzz.sdp_grammar import BMP
from conformance.fuzz.trials import CREATOR, ME, OUTSIDER, PARTICIPANT, ROOM, Expectation, Trial, of_bytes
from conformance.plan import offered
from protocol import probes
from protocol.marks import mark
from protocol.operations import encode
from protocol.spec import Spec

BOM = b"\xef\xbb\xbf"
ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda body: b"\x0b\x02\x80" + body[:8],
    "identity, gzip": gzip.compress,
    "zstd": lambda body: b"\x28\xb5\x2f\xfd" + body[:8],
}
NAME_LETTERS = "abcXYZ019-_ "


class Edges:
    """Makes trials of one operation each, from one source of chance."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self.spec, self.chance = world, world.spec, chance

    def any(self) -> Trial:
        makers: tuple[Callable[[], Trial], ...] = (
            self.malformed,
            self.duplicated,
            self.marked,
            self.compressed,
            self.content_type,
            self.nested,
            self.prototypes,
            self.surrogate,
            self.invalid_utf8,
            self.path_id,
            self.long_path_id,
            *(self.name, self.key) * 3,
            *self._pages() * 3,
            *(self.markup, self.violation) * 2,
        )
        return self.chance.choice(makers)()

    # -- bodies

    def malformed(self) -> Trial:
        trial = self._write()
        kind = self.chance.choice(sorted(self.spec.probes["bodies"]))
        probe = self.chance.choice(probes.bodies(self.spec, kind, trial.body))
        return self._raw(trial, probe.value.encode(), (400,), "VAL-6", f"the body is malformed: {probe.name}")

    def duplicated(self) -> Trial:
        trial = self._creating()
        bad = self.chance.choice(self.spec.probes["markup"])
        pair = [json.dumps(trial.body["broadcasterName"]), json.dumps(bad)]
        self.chance.shuffle(pair)
        names = ",".join(f'"broadcasterName":{one}' for one in pair)
        body = f'{{"broadcasterId":"{ME}",{names}}}'
        return self._raw(trial, body.encode(), (200, 400), "VAL-15", "a key comes twice")

    def marked(self) -> Trial:
        trial = self._write()
        body = BOM + encode(trial.body)
        return self._raw(
            trial, body, (200, *range(400, 500)), "VAL-19", "the body begins with a byte order mark"
        )

    def compressed(self) -> Trial:
        trial = self._write()
        name = self.chance.choice(sorted(ENCODINGS))
        raw = ENCODINGS[name](encode({**trial.body, "broadcasterId": "parley", "roomId": "room_parley"}))
        made = self._raw(trial, raw, (200, *range(400, 500)), "VAL-19", f"the body is sent as {name}")
        return replace(made, headers=(("Content-Encoding", name),))

    def content_type(self) -> Trial:
        trial = self._creating()
        kind = self.chance.choice(self.spec.probes["wrong_content_types"])
        expect = Expectation((400, 415), "VAL-10", f"the Content-Type is {kind}")
        return replace(trial, headers=(("Content-Type", kind),), expect=expect)

    def nested(self) -> Trial:
        levels = self.spec.limits["nesting_levels"]
        opening, closing = self.chance.choice(((b"[", b"]"), (b'{"a":', b"}")))
        trial = self._creating()
        nested = opening * levels + b"1" + closing * levels
        body = encode(trial.body)[:-1] + b',"customName":' + nested + b"}"
        return self._raw(trial, body, tuple(range(400, 500)), "VAL-8", f"JSON is nested {levels} levels deep")

    def prototypes(self) -> Trial:
        trial = self._creating()
        member = Template(self.chance.choice(self.spec.probes["prototype_members"])["text"])
        body = encode(trial.body)[:-1] + b"," + member.substitute(customName=mark()).encode() + b"}"
        return self._raw(trial, body, (200, 400), "VAL-14", "a key of a prototype is in the body")

    def surrogate(self) -> Trial:
        trial = self._offering()
        escape = self.chance.choice(self.spec.probes["lone_surrogates"])["escape"]
        body = encode({**trial.body, "offer": "v=0 HERE"}).replace(b"HERE", escape.encode())
        return self._raw(trial, body, (400,), "VAL-7", "the offer holds a lone surrogate")

    def invalid_utf8(self) -> Trial:
        trial = self.chance.choice((self._offering, self._creating))()
        field = "offer" if "offer" in trial.body else "broadcasterName"
        raw = bytes.fromhex(self.chance.choice(self.spec.probes["invalid_utf8"])["hex"])
        body = encode({**trial.body, field: "v=0 HERE"}).replace(b"HERE", raw)
        return self._raw(trial, body, (400,), "VAL-7", f"{field} is no UTF-8")

    # -- ids in the path

    def path_id(self) -> Trial:
        probe = self.chance.choice(self.spec.probes["path_ids"])
        return self._at(probe["id"], "VAL-13", f"the id in the path is odd: {probe['name']}")

    def long_path_id(self) -> Trial:
        length = self.spec.limits["path_id_bytes"] * self.chance.choice((1, 2, 8))
        raw = self.spec.policy["names"]["room_id_prefix"].ljust(length, "a")
        return self._at(raw, "VAL-17", f"the id in the path has {length} bytes")

    # -- pages of other origins

    def _pages(self) -> tuple[Callable[[], Trial], ...]:
        return (self.origin, self.preflight) if self.world.target.origins else ()

    def origin(self) -> Trial:
        """A read from a page: what its headers say of the origin is judged, answered or refused."""
        operation = self.chance.choice(("listRooms", "getOffer"))
        actor = self.chance.choice((CREATOR, OUTSIDER))
        params = {"roomId": ROOM} if operation == "getOffer" else {}
        expect = Expectation(tuple(range(200, 500)), "ERR-3", "a page of some origin reads")
        headers = (("Origin", self.chance.choice(self._origins())),)
        delivery = self.chance.choice(("", "none"))
        return Trial(operation, "a page", actor, delivery, params, headers=headers, expect=expect)

    def preflight(self) -> Trial:
        operation = self.chance.choice(self.spec.requirement("CORS-1").operations or ("createRoom",))
        headers = (
            ("Origin", self.chance.choice(self._origins())),
            ("Access-Control-Request-Method", self.spec.operation(operation).method),
            ("Access-Control-Request-Headers", ", ".join(PREFLIGHTED).lower()),
        )
        expect = Expectation(tuple(range(200, 500)), "ERR-3", "a browser asks before it sends")
        return Trial(
            operation,
            "a preflight",
            OUTSIDER,
            "none",
            headers=headers,
            method="OPTIONS",
            path=self.world.operations.path(operation),
            expect=expect,
        )

    def _origins(self) -> list[str]:
        """Allowed, foreign and look-alike ones, each kind as often as the others."""
        allowed = self.world.target.origins
        foreign = probes.foreign_origins(self.spec, allowed)
        alike = [probe.value for probe in probes.lookalike_origins(self.spec, allowed)]
        return list(self.chance.choice([kind for kind in (list(allowed), foreign, alike) if kind]))

    # -- names and keys

    def name(self) -> Trial:
        trial = self._creating()
        field = self.chance.choice(("customName", "broadcasterName"))
        most = _limit(self.spec, field)
        length = self.chance.choice((1, self.chance.randint(1, most), most, most, most + 1, most + 1))
        text = "".join(self.chance.choice(NAME_LETTERS) for _ in range(length - 1)) + self.chance.choice(
            "aZ0"
        )
        return self._with(trial, field, text, length > most)

    def key(self) -> Trial:
        trial = self._creating()
        most = _limit(self.spec, "encryptedRoomKey")
        length = self.chance.choice((0, 1, most - 1, most, most + 1))
        return self._with(trial, "encryptedRoomKey", self.chance.choice(BMP) * length, length > most)

    def markup(self) -> Trial:
        trial = self._creating()
        field = self.chance.choice(("customName", "broadcasterName"))
        text = self.chance.choice(self.spec.probes["markup"])
        expect = Expectation((400,), "VAL-11", f"there is markup in {field}")
        return replace(trial, body={**trial.body, field: text}, expect=expect)

    def violation(self) -> Trial:
        trial = self._creating()
        field = self.chance.choice(("customName", "broadcasterName", "keyHash"))
        text = self.chance.choice(self.spec.probes["pattern_violations"][kind_of(field)])
        expect = Expectation((400,), "VAL-4", f"{field} violates its pattern")
        return replace(trial, body={**trial.body, field: text}, expect=expect)

    # -- inside

    def _creating(self) -> Trial:
        body: dict[str, Any] = {"broadcasterId": ME, "broadcasterName": f"Texts {mark()}"}
        return Trial("createRoom", "edge of a request", CREATOR, body=body)

    def _offering(self) -> Trial:
        body = {"roomId": ROOM, "offer": things.sdp(), "type": "offer"}
        return Trial("sendOffer", "edge of a request", CREATOR, body=body)

    def _write(self) -> Trial:
        return self.chance.choice((self._creating, self._offering))()

    def _raw(self, trial: Trial, raw: bytes, statuses: tuple[int, ...], requirement: str, why: str) -> Trial:
        return replace(trial, body=None, raw=of_bytes(raw), expect=Expectation(statuses, requirement, why))

    def _with(self, trial: Trial, field: str, text: str, over: bool) -> Trial:
        why = f"{field} has {len(text)} characters"
        at_limit = len(text) == _limit(self.spec, field)
        known = "VAL-3" if over else "VAL-5" if at_limit else "VAL-18"
        expect = Expectation((400,) if over else (200,), known, why)
        return replace(trial, body={**trial.body, field: text}, expect=expect)

    def _at(self, raw: str, requirement: str, why: str) -> Trial:
        asked = self.spec.requirement(requirement).operations
        named = [name for name in asked if offered(self.spec, self.world.target, name)]
        operation = self.chance.choice(named)
        trial = valid(self.world, operation, self.chance)
        (param,) = self.spec.operation(operation).path_params
        path = self.world.operations.path(operation).replace("{" + param + "}", raw)
        expect = Expectation(tuple(range(400, 500)), requirement, why)
        return replace(
            trial,
            label="edge of a request",
            actor=PARTICIPANT,
            delivery="",
            params={},
            path=path,
            expect=expect,
        )


def _limit(spec: Spec, field: str) -> int:
    schema = spec.operation("createRoom").request_schema or {}
    return int(schema["properties"][field]["maxLength"])
