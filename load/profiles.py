"""Load profiles: which users there are, at what pace they act, how the load goes, and what is asked.

A profile is a TOML file of load/profiles, or of the user; its schema is load/schemas/profile.schema.json.
Numbers that the spec has are named there, not written again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from protocol.spec import Spec
from protocol.toml_file import TomlError, TomlKind, near

HERE = Path(__file__).parent
FOLDER = HERE / "profiles"
Role = Literal["broadcaster", "viewer", "lurker", "party"]
ROLES: tuple[Role, ...] = ("broadcaster", "viewer", "lurker", "party")
MOST_USERS = 20_000
MOST_S = 4 * 3600.0
Span = tuple[float, float]


class ProfileError(TomlError):
    """A profile is wrong or not there; one line names the file, the key, and what was expected."""


KIND = TomlKind(HERE / "schemas" / "profile.schema.json", ProfileError)


@dataclass(frozen=True)
class Pace:
    """Seconds. A span is drawn from evenly.

    `room`: how long a broadcaster keeps a room; `stay`: how long a viewer stays once it is connected;
    `think`: how long it is away between two visits; `poll`, `look`, `heartbeat`: the intervals of what is
    repeated.
    """

    room: Span
    stay: Span
    think: Span
    poll: float
    look: float
    heartbeat: float
    in_step: bool
    offers: bool


@dataclass(frozen=True)
class Phase:
    """`start` and `end` are shares of the profile's users."""

    name: str
    seconds: float
    start: float
    end: float
    measured: bool


@dataclass(frozen=True)
class Profile:
    """`objectives` holds what is judged, by its name in policy.yaml."""

    name: str
    title: str
    decides: tuple[str, ...]
    users: Mapping[Role, int]
    pace: Pace
    phases: tuple[Phase, ...]
    objectives: Mapping[str, float]

    @property
    def most_users(self) -> int:
        """How many there are at load 1."""
        return sum(self.users.values())

    @property
    def seconds(self) -> float:
        return sum(phase.seconds for phase in self.phases)

    @property
    def measured_s(self) -> float:
        return sum(phase.seconds for phase in self.phases if phase.measured)

    def phase_at(self, elapsed: float) -> tuple[Phase, float] | None:
        """The phase at this second of the run, and the share of the users then; None once it is over."""
        for phase in self.phases:
            if elapsed < phase.seconds:
                return phase, phase.start + (phase.end - phase.start) * elapsed / phase.seconds
            elapsed -= phase.seconds
        return None

    def scaled(self, factor: float) -> Profile:
        """The same with so many times the users, a number above 0; every kind that it has keeps one."""
        users = {role: max(1, round(count * factor)) if count else 0 for role, count in self.users.items()}
        return replace(self, users=users)

    def lasting(self, seconds: float) -> Profile:
        """The same with its measured phases stretched or shrunk to this many seconds in all."""
        return self._stretched(seconds / self.measured_s, measured=True)

    def warming(self, seconds: float) -> Profile:
        """The same with its warm-up stretched or shrunk to this many seconds in all, where it has any."""
        warm_up = self.seconds - self.measured_s
        return self._stretched(seconds / warm_up, measured=False) if warm_up else self

    def _stretched(self, factor: float, *, measured: bool) -> Profile:
        phases = (
            replace(p, seconds=p.seconds * factor) if p.measured is measured else p for p in self.phases
        )
        return replace(self, phases=tuple(phases))


def names() -> list[str]:
    """Of the profiles that come with Parley."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


def deciders() -> Iterator[tuple[str, str]]:
    """Requirements, and what the spec calls the profile that decides them."""
    for name in names():
        found = KIND.document(KIND.read(FOLDER / f"{name}.toml"), name)
        for requirement in found["decides"]:
            yield requirement, f"load.profiles.{name}"


def find(name: str, spec: Spec) -> Profile:
    """The profile of this name, or of this file where the name ends in .toml. Raises ProfileError."""
    if name.endswith(".toml"):
        own = parse(KIND.read(Path(name)), name, Path(name).stem, spec)
        if own.decides:
            raise ProfileError(f"{name}: decides: only profiles that come with Parley decide requirements")
        return own
    if name not in names():
        raise ProfileError(f"there is no load profile {name!r}{near(name, names())}; or name a .toml file")
    return parse(KIND.read(FOLDER / f"{name}.toml"), f"{name}.toml", name, spec)


def parse(text: str, where: str, name: str, spec: Spec) -> Profile:
    """The profile that this TOML describes; `where` is what messages call it. Raises ProfileError."""
    found = KIND.document(text, where)
    pace = found["pace"]
    profile = Profile(
        name=name,
        title=found["title"],
        decides=tuple(found["decides"]),
        users={
            role: int(_number(spec, where, f"users.{role}", found["users"].get(role, 0))) for role in ROLES
        },
        pace=Pace(
            room=_span(where, "pace.room", pace["room"]),
            stay=_span(where, "pace.stay", pace["stay"]),
            think=_span(where, "pace.think", pace["think"]),
            poll=_number(spec, where, "pace.poll", pace["poll"]),
            look=_number(spec, where, "pace.look", pace["look"]),
            heartbeat=_number(spec, where, "pace.heartbeat", pace["heartbeat"]),
            in_step=pace["in_step"],
            offers=pace["offers"],
        ),
        phases=tuple(_phase(spec, where, index, entry) for index, entry in enumerate(found["phases"])),
        objectives={key: _objective(spec, where, key, value) for key, value in found["objectives"].items()},
    )
    for requirement in profile.decides:
        if requirement not in spec.requirements:
            raise ProfileError(
                f"{where}: decides: {requirement} is no requirement{near(requirement, spec.requirements)}"
            )
    if not profile.most_users:
        raise ProfileError(f"{where}: users: expected at least one user of some kind")
    if profile.users["viewer"] and not profile.users["broadcaster"]:
        raise ProfileError(f"{where}: users.broadcaster: expected at least 1, since viewers join their rooms")
    if not profile.measured_s:
        raise ProfileError(f"{where}: phases: expected at least one that is measured")
    return profile


def _phase(spec: Spec, where: str, index: int, entry: Mapping[str, Any]) -> Phase:
    load = entry.get("load", 1)
    start, end = load if isinstance(load, list) else (load, load)
    seconds = _number(spec, where, f"phases[{index}].seconds", entry["seconds"])
    return Phase(entry.get("name", ""), seconds, start, end, entry.get("measured", True))


def _number(spec: Spec, where: str, key: str, value: float | str) -> float:
    """The value, or the number of policy.yaml that it names."""
    if not isinstance(value, str):
        return float(value)
    table, _, name = value.partition(".")
    found = spec.policy.get(table)
    number = found.get(name) if isinstance(found, dict) else None
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise ProfileError(f"{where}: {key}: policy.yaml has no number {value}")
    return float(number)


def _span(where: str, key: str, value: list[float]) -> Span:
    least, most = value
    if least > most:
        raise ProfileError(f"{where}: {key}: expected the least first, got {value}")
    return least, most


def _objective(spec: Spec, where: str, key: str, value: float | str) -> float:
    limit = float(spec.policy["objectives"][key])
    if isinstance(value, str):
        return limit
    if value > limit:
        raise ProfileError(
            f"{where}: objectives.{key}: expected at most {limit:g}, as the spec asks, got {value:g}"
        )
    return float(value)
