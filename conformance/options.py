"""The options of a run, once for `parley score` and for pytest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.settings import Settings
from suite.durations import seconds_of


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
        "--cdn-url",
        metavar="URL",
        help="score this delivery of the widget: what /v1/ and /latest/ are appended to; without a target "
        "nothing else is scored",
    )
    add_option(
        "--cdn-version",
        metavar="1.M.P",
        help="the whole version to ask of it (default: that of the target file or spec)",
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
        "--budget",
        metavar="TIME",
        help="take about so long, e.g. 60s or 5m: the checks that find the most wrong servers per second "
        "come first, and what there is no time for is not-run",
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
    """The settings that parsed options stand for. Raises OptionError or DurationError."""
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
    if values["cdn_version"] and not (values["cdn_url"] or values["target_file"]):
        raise OptionError("--cdn-version: of what? Give --cdn-url, or a target file with [cdn]")
    return Settings(
        target=values["target"],
        target_file=_path(values["target_file"]),
        cdn_url=values["cdn_url"],
        cdn_version=values["cdn_version"],
        start=values["start"],
        profiles=tuple(values["profile"]),
        requirements=tuple(values["requirement"]),
        max_wait=values["max_wait"],
        time=values["time_mode"],
        seed=values["seed"],
        concurrency=values["concurrency"],
        deadline=values["deadline"],
        budget=seconds_of(values["budget"], "--budget") if values["budget"] else None,
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
