"""The options of a run, once for `parley score` and for pytest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.session import Settings


class OptionError(Exception):
    """An option's value cannot be used; the message names it and what was expected."""


def add(add_option: Callable[..., Any]) -> None:
    """Adds the options with argparse's signature."""
    add_option(
        "--target", metavar="URL", help="the server to score; without it the embedded reference server"
    )
    add_option(
        "--target-file",
        metavar="FILE",
        help="target file (TOML): tokens, claims, origins (parley target init)",
    )
    add_option(
        "--start", action="store_true", help="start the target by the [start] command of its file, and end it"
    )
    add_option(
        "--profile", action="append", default=[], metavar="NAME", help="only this profile; may be repeated"
    )
    add_option(
        "--requirement",
        action="append",
        default=[],
        metavar="ID",
        help="only this requirement; may be repeated",
    )
    add_option(
        "--max-wait",
        type=float,
        default=35.0,
        metavar="S",
        help="do no waits longer than S seconds (default 35)",
    )
    add_option(
        "--time",
        choices=("real", "control"),
        dest="time_mode",
        help="let time pass, or move the target's clock (default: control where the target offers it)",
    )
    add_option("--seed", type=int, metavar="N", help="order of the checks (default: random, printed)")
    add_option("--concurrency", type=int, default=16, metavar="N", help="checks at once (default 16)")
    add_option(
        "--deadline", type=float, metavar="S", help="end the run after S seconds, whatever is undecided"
    )
    add_option(
        "--confirm",
        type=int,
        default=3,
        metavar="N",
        help="try a failed check N times alone; all failed is a fail, mixed is flaky (default 3)",
    )
    add_option(
        "--no-control-lane",
        action="store_false",
        dest="control_lane",
        help="do not try failed checks on Parley's own reference server too",
    )
    add_option(
        "--run-dir", metavar="DIR", help="where the run log and the reports go (default runs/<time>-<target>)"
    )
    add_option(
        "--gentle",
        action="store_true",
        help="for a deployment in use: no budget, size or race checks, at most 5 requests a second",
    )
    add_option(
        "--spec", metavar="DIR", dest="spec_dir", help="another spec folder (default: the one shipped)"
    )


def settings(values: Mapping[str, Any]) -> Settings:
    """The settings that parsed options stand for. Raises OptionError."""
    if values["max_wait"] < 0:
        raise OptionError(f"--max-wait: expected 0 or more seconds, got {values['max_wait']:g}")
    if values["concurrency"] < 1:
        raise OptionError(f"--concurrency: expected 1 or more, got {values['concurrency']}")
    if values["confirm"] < 1:
        raise OptionError(f"--confirm: expected 1 or more, got {values['confirm']}")
    if values["deadline"] is not None and values["deadline"] <= 0:
        raise OptionError(f"--deadline: expected more than 0 seconds, got {values['deadline']:g}")
    if values["start"] and not values["target_file"]:
        raise OptionError("--start: needs --target-file with a [start] command")
    return Settings(
        target=values["target"],
        target_file=_path(values["target_file"]),
        start=values["start"],
        profiles=tuple(values["profile"]),
        requirements=tuple(values["requirement"]),
        max_wait=values["max_wait"],
        time=values["time_mode"],
        seed=values["seed"],
        concurrency=values["concurrency"],
        deadline=values["deadline"],
        run_dir=_path(values["run_dir"]),
        gentle=values["gentle"],
        confirm=values["confirm"],
        control_lane=values["control_lane"],
        spec_dir=_path(values["spec_dir"]),
    )


def with_concurrency(given: Settings, concurrency: int) -> Settings:
    return replace(given, concurrency=concurrency)


def _path(value: str | None) -> Path | None:
    return Path(value) if value else None
