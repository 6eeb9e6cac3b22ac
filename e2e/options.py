"""The options of this suite, once for pytest and for `parley score`, which hands them on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SIDES = ("peers", "browser")
NETWORKS = LOOPBACK, LAB = ("loopback", "lab")
# Options with one value.
PLAIN = (
    "app_url",
    "turn",
    "turn_image",
    "turn_secret_env",
    "turn_username",
    "turn_credential_env",
    "network",
)


@dataclass(frozen=True)
class TurnOptions:
    """Which TURN server relays: ours in a container or a process, or one that is there already."""

    kind: str = "auto"
    image: str | None = None
    port: int = 0
    secret_env: str | None = None
    urls: tuple[str, ...] = ()
    username: str | None = None
    credential_env: str | None = None


@dataclass(frozen=True)
class Settings:
    """What a user may say about a run. `sides`: peers are headless, the browser has the widget."""

    target: str | None = None
    target_file: Path | None = None
    app_url: str | None = None
    turn: TurnOptions = TurnOptions()
    network: str = LOOPBACK
    sides: tuple[str, ...] = SIDES
    profiles: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    seed: int | None = None
    confirm: int = 3
    nightly: bool = False
    run_dir: Path | None = None
    spec_dir: Path | None = None
    mutant: str | None = None
    people: Path | None = None
    share: tuple[int, int] = (1, 1)
    log_only: bool = False


def add_chat(add_option: Callable[..., Any]) -> None:
    """Adds the options of `parley score` and of `pytest e2e` alike, with argparse's signature."""
    add_option(
        "--app-url",
        metavar="URL",
        help="a page with the chat widget to score; {token}, {room} and {relay} in it are filled in",
    )
    add_option(
        "--turn",
        choices=("auto", "container", "process", "url"),
        default="auto",
        help="the TURN server: a container, a turnserver process, or one at --turn-url (default: auto)",
    )
    add_option("--turn-image", metavar="IMAGE", help="the container's coturn image")
    add_option(
        "--turn-port", type=int, default=0, metavar="PORT", help="the port of ours (default: a free one)"
    )
    add_option(
        "--turn-secret-env",
        metavar="NAME",
        help="environment variable with the secret shared with it, for time-limited credentials",
    )
    add_option(
        "--turn-url",
        action="append",
        default=[],
        metavar="URL",
        help="your own TURN server, with --turn url; without it the target's getIceServers names it",
    )
    add_option("--turn-username", metavar="NAME", help="its user, where it has no shared secret")
    add_option("--turn-credential-env", metavar="NAME", help="environment variable with that user's password")
    add_option(
        "--network",
        choices=NETWORKS,
        default=LOOPBACK,
        help="loopback, or lab: two Chromiums behind NATs in network namespaces, and only the checks between "
        "pages of the widget (root on Linux, with ip and nft; default loopback)",
    )
    add_option("--nightly", action="store_true", help="the long checks too, e.g. the whole back-off schedule")


def add_own(add_option: Callable[..., Any]) -> None:
    """Adds the options that only `pytest e2e` has."""
    add_option(
        "--side",
        action="append",
        default=[],
        choices=SIDES,
        help="only the checks between headless peers, or only those of the widget in a browser",
    )
    add_option("--mutant", metavar="NAME", help="of the embedded server and its widget: a wrong variant")
    add_option("--people", metavar="FILE", help="ready tokens in place of the target file's (JSON)")
    add_option(
        "--share",
        type=_share,
        default=(1, 1),
        metavar="K/N",
        help="the checks in N shares of about the same length, and of these the Kth",
    )
    add_option("--log-only", action="store_true", help="write the run log and no report")


def of_a_score(values: Mapping[str, Any]) -> Settings:
    """The settings that the options of `parley score` stand for, which lack those of `add_own`."""
    return settings({**values, "side": [], "people": None, "log_only": True, "share": (1, 1)})


def settings(values: Mapping[str, Any]) -> Settings:
    """The settings that parsed options stand for."""
    return Settings(
        target=values["target"],
        target_file=_path(values["target_file"]),
        app_url=values["app_url"],
        turn=TurnOptions(
            kind=values["turn"],
            image=values["turn_image"],
            port=values["turn_port"],
            secret_env=values["turn_secret_env"],
            urls=tuple(values["turn_url"]),
            username=values["turn_username"],
            credential_env=values["turn_credential_env"],
        ),
        network=values["network"],
        sides=tuple(values["side"]) or SIDES,
        profiles=tuple(values["profile"]),
        requirements=tuple(values["requirement"]),
        seed=values["seed"],
        confirm=values["confirm"],
        nightly=values["nightly"],
        run_dir=_path(values["run_dir"]),
        spec_dir=_path(values["spec_dir"]),
        mutant=values["mutant"],
        people=_path(values["people"]),
        share=values["share"],
        log_only=values["log_only"],
    )


def words(values: Mapping[str, Any]) -> list[str]:
    """The options of add_chat as words of a command line, for a process that this run starts."""
    found: list[str] = []
    for name in PLAIN:
        if values[name] is not None:
            found += [f"--{name.replace('_', '-')}", str(values[name])]
    if values["turn_port"]:
        found += ["--turn-port", str(values["turn_port"])]
    for url in values["turn_url"]:
        found += ["--turn-url", url]
    return [*found, "--nightly"] if values["nightly"] else found


def _share(text: str) -> tuple[int, int]:
    """`2/3` as numbers. Raises what argparse shows."""
    words = text.split("/")
    if len(words) != 2 or not all(word.isdigit() for word in words):
        raise ValueError(f"expected K/N, e.g. 1/2, got {text!r}")
    number, of = int(words[0]), int(words[1])
    if not 1 <= number <= of:
        raise ValueError(f"expected K from 1 to N, got {text!r}")
    return number, of


def _path(value: str | None) -> Path | None:
    return Path(value) if value else None
