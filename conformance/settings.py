"""What a user may say about a run, and what it asks for. Nothing is started here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from conformance import plan
from conformance.plan import SelectionError
from protocol import cdn
from protocol import spec as spec_module
from protocol.spec import Requirement, Spec
from protocol.target import TargetError
from suite import opening


@dataclass(frozen=True)
class Settings:
    """What a user may say about a run; the command line and pytest's options both end here."""

    target: str | None = None
    target_file: Path | None = None
    cdn_url: str | None = None
    cdn_version: str | None = None
    start: bool = False
    profiles: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    max_wait: float = 35.0
    time: str | None = None  # "real", "control", or None for control where the target offers it
    seed: int | None = None
    concurrency: int = 16
    deadline: float | None = None
    budget: float | None = (
        None  # seconds that the run may take; the checks worth most for their time come first
    )
    run_dir: Path | None = None
    gentle: bool = False
    per_second: float = 0.0  # at most so many requests; 0 is no limit
    spec_dir: Path | None = None
    mutant: str | None = None  # of the embedded server: a deliberately wrong variant
    confirm: int = 3
    control_lane: bool = True  # never where the target is the embedded server itself
    write_log: bool = True  # False: nothing is written, and listeners get brief records of exchanges

    @property
    def embedded(self) -> bool:
        """Whether the embedded reference server is scored."""
        return self.target is None and self.target_file is None and not self.delivery_only

    @property
    def delivery_only(self) -> bool:
        """Whether a delivery is scored, and no server."""
        return self.target is None and self.target_file is None and self.cdn_url is not None


def load_spec(settings: Settings) -> Spec:
    return spec_module.load(settings.spec_dir or spec_module.SPEC_DIR)


def scope_of(settings: Settings, spec: Spec, claimed: Iterable[str] = ()) -> list[Requirement]:
    """The requirements chosen, of a target that claims these profiles. Raises SelectionError."""
    profiles = settings.profiles
    if settings.delivery_only and not profiles and not settings.requirements:
        profiles = (cdn.PROFILE,)
    found = plan.in_scope(spec, profiles, settings.requirements, claimed)
    if settings.delivery_only and not any(one.profile == cdn.PROFILE for one in found):
        raise SelectionError(
            f"--cdn-url names a delivery and no server: nothing but the profile {cdn.PROFILE} is asked of it"
        )
    return found


def collected(settings: Settings, spec: Spec) -> list[Requirement]:
    """The same before there is a target: for pytest, which collects first. Raises SelectionError."""
    return scope_of(settings, spec, [cdn.PROFILE] if _has_delivery(settings, spec) else [])


def _has_delivery(settings: Settings, spec: Spec) -> bool:
    if settings.target_file is None or settings.cdn_url is not None:
        return settings.embedded or settings.cdn_url is not None
    try:
        return opening.load_target(settings.target, settings.target_file, spec).cdn is not None
    except TargetError:
        return False  # the run will say what is wrong with the file
