"""What a run of this suite asks: which checks, and which requirements they are the denominator of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from e2e.options import LOOPBACK, Settings
from e2e.registry import CHECKS, Check
from protocol.spec import Requirement, Spec
from protocol.target import Target
from protocol.widened import with_widget
from suite import opening
from suite.embedded import embedded_target


@dataclass(frozen=True)
class Item:
    """A check and who it is asked of: `fitness` is the target's signaling, by two peers of ours."""

    check: Check
    requirement: Requirement
    fitness: bool

    @property
    def key(self) -> tuple[str, str, bool]:
        """What no other item has."""
        return self.requirement.id, self.check.name, self.fitness

    @property
    def id(self) -> str:
        """E.g. `PEER-3 messages_arrive_both_ways_in_order as fitness`: its attempts are named so."""
        return f"{self.requirement.id} {self.check.name}{' as fitness' if self.fitness else ''}"

    @property
    def side(self) -> str:
        """Which half of the suite it belongs to."""
        return "browser" if self.requirement.subject == "client" and not self.fitness else "peers"


def target_of(settings: Settings, spec: Spec) -> Target:
    """The target as its file says; nothing is started. Raises TargetError."""
    if settings.target is None and settings.target_file is None:
        target = embedded_target(spec)
    else:
        target = opening.load_target(settings.target, settings.target_file, spec)
    return with_app(target, settings, spec)


def with_app(target: Target, settings: Settings, spec: Spec) -> Target:
    """The target with the widget of --app-url, where that is given. Raises TargetError."""
    return target if settings.app_url is None else with_widget(target, settings.app_url, spec)


def claimed(requirement: Requirement, target: Target, settings: Settings) -> bool:
    """Whether the requirement is selected, and of a target that claims it."""
    if settings.profiles and requirement.profile not in settings.profiles:
        return False
    if settings.requirements and requirement.id not in settings.requirements:
        return False
    if requirement.subject == "client" and target.widget is None:
        return False
    return requirement.profile in target.profiles


def applies(requirement: Requirement, target: Target) -> bool:
    """Whether the condition of the requirement holds, where it has one."""
    return requirement.when is None or requirement.when in target.conditions()


def wanted(item: Item, target: Target, settings: Settings) -> bool:
    """Whether this run does the check. Fitness is asked of every signaling server."""
    if item.side not in settings.sides or (item.check.nightly and not settings.nightly):
        return False
    if settings.network not in item.check.networks:
        return False
    if item.check.profile is not None and item.check.profile not in target.profiles:
        return False
    if item.fitness:
        chosen = not settings.profiles or item.requirement.profile in settings.profiles
        return chosen and (not settings.requirements or item.requirement.id in settings.requirements)
    return claimed(item.requirement, target, settings) and applies(item.requirement, target)


def left_out(target: Target, settings: Settings, spec: Spec) -> list[str]:
    """The ids that are checked on the loopback and not on the network that was chosen."""
    here, there = (
        {i.requirement.id for i in items_of(spec) if not i.fitness and wanted(i, target, chosen)}
        for chosen in (settings, replace(settings, network=LOOPBACK))
    )
    return [requirement_id for requirement_id in spec.requirements if requirement_id in there - here]


def shared_out(items: Iterable[Item], of: int) -> list[list[Item]]:
    """The items in so many shares of about the same length: the longest first, each to the shortest share.
    Whatever order they come in the shares are the same: several processes share out each for itself.
    """
    shares: list[list[Item]] = [[] for _ in range(of)]
    for item in sorted(set(items), key=lambda one: (-one.check.takes_s, one.key)):
        min(shares, key=lambda share: sum(one.check.takes_s for one in share)).append(item)
    return shares


def items_of(spec: Spec) -> list[Item]:
    """Every check of the suite with whom it is asked of."""
    found: list[Item] = []
    for check in CHECKS:
        requirement = spec.requirement(check.requirement)
        if check.both:
            found.append(Item(check, requirement, fitness=True))
        found.append(Item(check, requirement, fitness=False))
    return found


def intended(items: Iterable[Item], target: Target, settings: Settings, spec: Spec) -> list[str]:
    """The ids that the run is a result of: those of its checks, and of a widget those that nothing checks
    yet, or that do not apply to it.
    """
    mine = {item.requirement.id for item in items if not item.fitness}
    if "browser" in settings.sides:
        mine |= {
            r.id
            for r in spec.requirements.values()
            if r.subject == "client" and claimed(r, target, settings)
            if r.excluded is not None or not applies(r, target)
        }
    return [requirement_id for requirement_id in spec.requirements if requirement_id in mine]
