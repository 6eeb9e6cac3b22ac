"""How a run was made: the command that runs it again, and what it ran on. From the run log's header alone."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from reports.evidence import plain
from reports.runlog import Record

Row = tuple[str, str]


def again(header: Record, requirement: str = "") -> str:
    """The command line, as far as the header knows it; of this requirement alone, where one is given."""
    options = header["options"]
    words = ["parley", "score", *_target(header), "--seed", str(header["seed"])]
    for name in () if requirement else options.get("profiles", ()):
        words += ["--profile", name]
    for name in [requirement] if requirement else options.get("requirements", ()):
        words += ["--requirement", name]
    for option in ("max_wait", "concurrency", "confirm"):
        if option in options:
            words += [f"--{option.replace('_', '-')}", f"{options[option]:g}"]
    words += ["--time", options["time"]] if "time" in options else []
    words += ["--gentle"] if options.get("gentle") else []
    if options.get("control_lane") is False and not options.get("embedded"):
        words.append("--no-control-lane")
    if options.get("budget") and not requirement:
        words += ["--budget", f"{options['budget']:g}"]
    return plain(shlex.join(words))


def _target(header: Record) -> list[str]:
    options = header["options"]
    if options.get("embedded"):
        return ["--mutant", options["mutant"]] if options.get("mutant") else []
    if options.get("target_file"):
        return ["--target-file", options["target_file"], *(["--start"] if options.get("start") else [])]
    return ["--target", header["target"]["base_url"]]


def run(header: Record, footer: Record) -> list[Row]:
    """Which run it was, by what and with which options."""
    suite, spec = header["suite"], header["spec"]
    rows = [
        ("run", header["run_id"]),
        ("began", header["started"]),
        ("ended", footer["ended"]),
        ("suite", f"{suite['name']} {suite['version']}"),
        ("spec", f"{spec['version']}, hash {spec['hash']}"),
        ("seed", header["seed"]),
    ]
    return list(_rows([*rows, *header["options"].items()]))


def target(header: Record) -> list[Row]:
    return list(_rows(header["target"].items()))


def environment(header: Record) -> list[Row]:
    """What the harness ran on; empty for the logs of older versions."""
    return list(_rows(header.get("environment", {}).items()))


def _rows(pairs: Iterable[tuple[str, object]]) -> Iterator[Row]:
    for name, value in pairs:
        yield name.replace("_", " "), _told(value)


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_told(one)}" for key, one in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(_told(one) for one in value) or "none"
    return "none" if value is None or value == "" else str(value)
