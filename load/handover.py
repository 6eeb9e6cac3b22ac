"""What Locust's process is told of the target: a target file of its own, for nobody else to read.

Tokens of our own issuer can be made only where the issuer is, so they are made here, as many as the load
takes, and handed over as a list; where each process can make its own it is told how.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load.profiles import Profile
from protocol.mint import Minted, Minter
from protocol.spec import Spec
from protocol.target import SECRET_VARIABLE, Memory, Target

SPARE = 1.3  # times the people that a load takes by its paces: chance does not draw evenly


@dataclass(frozen=True)
class Handover:
    """The words for Locust's command line that say what the target is."""

    words: tuple[str, ...]
    secret: str | None = None


def people_needed(profile: Profile, spec: Spec) -> int:
    """How many people the load takes, so that nobody asks for more than a budget allows.

    A budget's window is longer than any run but a soak, so each person has each budget about once a window.
    """

    def persons(operation: str, every_s: float) -> float:
        budget = spec.operation(operation).budget
        floor = spec.policy["unbudgeted_floor"]
        limit, window = (budget.limit, budget.window) if budget else (floor["limit"], floor["window"])
        in_a_window = min(profile.seconds, window) / max(every_s, 0.1)
        return in_a_window / limit * max(1.0, profile.seconds / window)

    pace = profile.pace
    room = sum(pace.room) / 2 + 0.5
    visit = sum(pace.stay) / 2 + sum(pace.think) / 2 + 1.0
    if not pace.offers:
        visit += spec.timings["poll_timeout"]
    each = {
        "broadcaster": max(
            persons("createRoom", room), persons("sendOffer", visit), persons("listRooms", pace.look)
        ),
        "viewer": max(
            persons("joinRoom", visit), persons("sendAnswer", visit), 0.5 * persons("getOffer", pace.poll)
        ),
        "lurker": persons("listRooms", pace.look),
        "party": 2 * persons("createPartyRoom", visit),
    }
    two = {"party": 2}  # whoever invites, and whoever is invited
    return sum(
        math.ceil(count * max(two.get(role, 1), each[role] * SPARE) + 1)
        for role, count in profile.users.items()
        if count
    )


async def hand_over(
    target: Target, minter: Minter, count: int, folder: Path, memory: Memory | None, run_id: str
) -> Handover:
    """Writes what is needed into the folder, which is readable to us alone; `run_id` makes people of our own
    making new to a target that remembers budgets. Raises MintError.
    """
    people: Sequence[Minted] = ()
    if target.tokens.issuer is not None:
        people = [await minter.person(f"load_{run_id}_{number}") for number in range(count)]
    path = folder / "target.toml"
    path.touch(mode=0o600)
    path.write_text(_toml(document(target, people, memory)), encoding="utf-8")
    secret = target.tokens.secret
    return Handover(("--target-file", str(path)), secret.decode("utf-8") if secret is not None else None)


def document(target: Target, people: Sequence[Minted], memory: Memory | None) -> dict[str, Any]:
    """The target as the data of a target file. `people` stand for the tokens where there are any.

    A secret is not written: it goes by the environment variable that the file names.
    """
    tokens: dict[str, Any] = {"iss": target.tokens.iss, "aud": target.tokens.aud}
    if people:
        tokens = {"list": [{"token": p.token, "user": p.user_id, "csrf": p.csrf} for p in people]}
    elif target.tokens.given:
        tokens = {"list": [{"token": g.token, "user": g.user, "csrf": g.csrf} for g in target.tokens.given]}
    elif target.tokens.command is not None:
        command = target.tokens.command
        tokens = {"command": command if isinstance(command, str) else list(command)}
    else:
        tokens["secret_env"] = SECRET_VARIABLE
    found: dict[str, Any] = {
        "name": target.name,
        "base_url": target.base_url,
        "profiles": [name for name in target.profiles if name not in ("peer", "widget", "voice", "cdn")],
        "user_claim": target.user_claim,
        "csrf": "claim" if target.csrf else "none",
        "address_header": target.address_header,
        "tokens": tokens,
        "delivery": {way: {"encrypted": sealed} for way, sealed in target.encrypted.items()},
        "paths": dict(target.paths),
        "timeouts": {
            "request_s": target.timeouts.request_s,
            "connect_s": target.timeouts.connect_s,
            "command_s": target.timeouts.command_s,
        },
    }
    if target.origins:
        found["origins"] = {"allowed": list(target.origins)}
    if memory is not None:
        found["memory"] = {"pid": memory.pid, "metrics_url": memory.metrics_url}
    return found


def _toml(value: Any) -> str:
    """TOML of plain data: every key of the top on a line of its own, what is below it inline."""
    return "".join(f"{key} = {_inline(item)}\n" for key, item in value.items() if item is not None)


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {_inline(item)}" for key, item in value.items() if item is not None)
        return "{ " + ", ".join(pairs) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    # JSON's strings are TOML's too, but for the delete character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
