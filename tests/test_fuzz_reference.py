"""The reference server stands: with a fixed seed the fuzzer finds nothing, and was let in everywhere."""

from __future__ import annotations

import os

from fuzz_kit import attack

from conformance.fuzz.fuzz import Fuzz, shallow
from conformance.fuzz.texts import Texts
from protocol import spec as spec_module

SEED = 20
SECONDS = float(os.environ.get("PARLEY_FUZZ_SECONDS", "12"))


def test_nothing_is_found_at_the_reference_server() -> None:
    spec = spec_module.load()
    core = [name for name in spec.profiles["core"].operations if name != "health"]
    for times in (1, 3, 9):  # a busy machine is not let in everywhere within the first
        ran = attack(lambda arena: [Fuzz(arena), Texts(arena)], SECONDS * times, seed=SEED)
        assert [(one.complaint.requirement, one.operation, one.complaint.words) for one in ran.findings] == []
        idle = [method for method in ran.methods if method.covered.cases == 0]
        never = shallow(ran.methods[0].covered, core)
        if not never and not idle:
            break
    assert (never, idle) == ([], [])
