"""The target: where it is, how it authenticates, what it claims. Made from a target file or a bare URL.

It holds no connection and makes no token (client.py and mint.py do).
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from protocol import cdn
from protocol.cdn import Cdn, cdn_of
from protocol.spec import SPEC_DIR, Spec
from protocol.target_file import KIND, Command, Json, TargetError, check_url, command_of, http_url, near
from protocol.target_tokens import Tokens, tokens_of
from protocol.widget_page import WidgetPage, widget_page

__all__ = ["Target", "TargetError", "check_url", "from_url", "load", "parse", "template"]

SECRET_VARIABLE = "PARLEY_JWT_SECRET"  # noqa: S105 - the name of a variable
EXAMPLE_FILE = SPEC_DIR / "target.example.toml"

Way = Literal["bearer", "cookie"]


@dataclass(frozen=True)
class Start:
    """How the target is started. `stop` is the name of a signal, or a command."""

    command: Command
    ready_url: str | None
    ready_timeout: float
    stop: str
    log: Path | None


@dataclass(frozen=True)
class Control:
    restart: Command


@dataclass(frozen=True)
class Timeouts:
    request_s: float
    connect_s: float
    command_s: float


@dataclass(frozen=True)
class Tolerances:
    clock_skew_s: float


@dataclass(frozen=True)
class Memory:
    """Where it is read how much memory the target takes: one of the two is set."""

    pid: int | None = None
    metrics_url: str | None = None


@dataclass(frozen=True)
class Otp:
    """How codes of the one-time login are had, and the domain of the addresses they are asked for."""

    domain: str
    command: Command | None = None


@dataclass(frozen=True)
class ExpectedFailure:
    id: str
    reason: str
    issue: str


@dataclass(frozen=True)
class Target:
    """Everything a run knows of its target. `encrypted` says, of each way to sign in, whether answers are."""

    name: str
    base_url: str
    paths: Mapping[str, str]
    profiles: tuple[str, ...]
    tokens: Tokens
    user_claim: str
    encrypted: Mapping[Way, bool]
    csrf: bool
    origins: tuple[str, ...]
    address_header: str | None
    test_control: bool
    log: Path | None
    start: Start | None
    control: Control | None
    widget: WidgetPage | None
    timeouts: Timeouts
    tolerances: Tolerances
    expected_failures: tuple[ExpectedFailure, ...]
    otp: Otp
    memory: Memory | None = None
    cdn: Cdn | None = None

    @property
    def deliveries(self) -> tuple[Way, ...]:
        """The ways to sign in, those with plain answers first; a cookie before a bearer of the same kind."""
        return tuple(sorted(self.encrypted, key=lambda way: (self.encrypted[way], way != "cookie")))

    @property
    def plain_delivery(self) -> Way:
        """How to sign in where it does not matter."""
        return self.deliveries[0]

    def conditions(self) -> frozenset[str]:
        """The condition words (requirements.yaml) that hold at this target."""
        holds = {
            "jwks": self.tokens.issuer is not None,
            "issuer": self.tokens.iss is not None,
            "audience": self.tokens.aud is not None,
            "https": self.base_url.startswith("https:"),
            "emoji": "emoji" in self.profiles,
        }
        return frozenset(word for word, value in holds.items() if value)

    def public(self) -> Json:
        """What a report may say of it: no secret, no token, no command."""
        return {
            "name": self.name,
            "base_url": self.base_url,
            "paths": dict(self.paths),
            "profiles": list(self.profiles),
            "tokens": self.tokens.source,
            "iss": self.tokens.iss,
            "aud": self.tokens.aud,
            "user_claim": self.user_claim,
            "delivery": {way: {"encrypted": value} for way, value in self.encrypted.items()},
            "csrf": self.csrf,
            "origins": list(self.origins),
            "address_header": self.address_header,
            "test_control": self.test_control,
            "widget": None if self.widget is None else {"url": self.widget.url},
            "cdn": cdn.public(self.cdn),
            "expected_failures": [
                {"id": known.id, "reason": known.reason, "issue": known.issue}
                for known in self.expected_failures
            ],
        }


def load(path: Path, spec: Spec, env: Mapping[str, str] = os.environ) -> Target:
    """The target of this file. Raises TargetError."""
    return parse(KIND.read(path), str(path), spec, env)


def parse(text: str, where: str, spec: Spec, env: Mapping[str, str] = os.environ) -> Target:
    """The target that this TOML describes; `where` is what messages call it. Raises TargetError."""
    found = KIND.document(text, where)
    try:
        return _target(found, spec, env)
    except TargetError as error:
        raise TargetError(f"{where}: {error}") from None


def from_url(url: str, env: Mapping[str, str], spec: Spec) -> Target:
    """A target known by its URL only: every profile, HS256 tokens by a secret from the environment."""
    base_url = check_url(url)
    if not env.get(SECRET_VARIABLE):
        raise TargetError(
            f"{base_url}: {SECRET_VARIABLE} is not set; put the secret that the target verifies HS256 tokens "
            "with into that environment variable, or give a target file (parley target init)"
        )
    return _target(
        {**_defaults(), "base_url": base_url, "tokens": {"secret_env": SECRET_VARIABLE}}, spec, env
    )


def template() -> str:
    """An example target file with every key, explained: what `parley target init` writes."""
    return EXAMPLE_FILE.read_text(encoding="utf-8")


def default_profiles(spec: Spec, *, widget: bool = False, delivery: bool = False) -> tuple[str, ...]:
    """The server profiles that anything is checked of; where there is a widget, those of a client too, and
    where there is a delivery, its own.
    """
    checked = {r.profile for r in spec.requirements.values() if r.checked is not None}
    subjects = {"server", *(["client"] if widget else []), *(["delivery"] if delivery else [])}
    return tuple(
        p.name
        for p in spec.profiles.values()
        if p.subject in subjects and p.name in checked and not p.optional
    )


def bare(base_url: str, spec: Spec) -> Target:
    """A target that has no tokens and claims nothing. Raises TargetError."""
    found = {**_defaults(), "base_url": base_url, "tokens": {"list": []}}
    return replace(_target(found, spec, {}), profiles=())


def _defaults() -> Json:
    return KIND.document('base_url = "http://127.0.0.1"\n[tokens]\n', "the defaults")


def _target(found: Json, spec: Spec, env: Mapping[str, str]) -> Target:
    base_url = check_url(found["base_url"], "base_url")
    profiles = _profiles(found, spec)
    if found["csrf"] == "none" and "csrf" in profiles:
        raise TargetError('csrf: expected "claim", since the profile csrf is claimed; else list the profiles')
    log = found.get("log") or found.get("start", {}).get("log")
    return Target(
        name=found.get("name") or urlsplit(base_url).netloc,
        base_url=base_url,
        paths=_paths(found.get("paths", {}), spec),
        profiles=profiles,
        tokens=tokens_of(found["tokens"], env),
        user_claim=found["user_claim"],
        encrypted=_encrypted(found, profiles),
        csrf=found["csrf"] == "claim",
        origins=_origins(found.get("origins", {}).get("allowed", [])),
        address_header=found.get("address_header"),
        test_control=found["test_control"],
        log=Path(log) if log else None,
        start=_start(found["start"]) if "start" in found else None,
        control=Control(command_of(found["control"]["restart"])) if "control" in found else None,
        widget=widget_page(found["widget"], base_url, spec) if "widget" in found else None,
        timeouts=Timeouts(**found["timeouts"]),
        tolerances=Tolerances(**found["tolerances"]),
        expected_failures=_expected_failures(found.get("expected_failures", []), spec),
        otp=_otp(found["otp"]),
        memory=_memory(found["memory"]) if "memory" in found else None,
        cdn=_cdn(found["cdn"], base_url, spec) if "cdn" in found else None,
    )


def _profiles(found: Json, spec: Spec) -> tuple[str, ...]:
    if "profiles" not in found:
        return default_profiles(spec, widget="widget" in found, delivery="cdn" in found)
    known = list(spec.profiles)
    for name in found["profiles"]:
        if name not in known:
            raise TargetError(f"profiles: {name!r} is no profile of the protocol{near(name, known)}")
    if cdn.PROFILE in found["profiles"] and "cdn" not in found:
        raise TargetError("cdn.url: missing; expected where the bundles are delivered, since cdn is claimed")
    if "widget" in found["profiles"] and "widget" not in found:
        raise TargetError("widget.url: missing; expected the URL of its page, since widget is claimed")
    return tuple(name for name in known if name in found["profiles"])


def _paths(found: Mapping[str, str], spec: Spec) -> Mapping[str, str]:
    for operation, path in found.items():
        if operation not in spec.operations:
            raise TargetError(f"paths.{operation}: no such operation{near(operation, spec.operations)}")
        wanted = sorted(re.findall(r"\{(\w+)\}", spec.operation(operation).path))
        if sorted(re.findall(r"\{([^}]*)\}", path)) != wanted:
            names = " and ".join(f"{{{name}}}" for name in wanted) or "no parameter"
            raise TargetError(f"paths.{operation}: expected a path with {names}, got {path!r}")
    return found


def _encrypted(found: Json, profiles: tuple[str, ...]) -> Mapping[Way, bool]:
    if "delivery" not in found:
        return {"bearer": "encryption" in profiles, "cookie": False}
    ways: tuple[Way, ...] = ("bearer", "cookie")
    return {way: found["delivery"][way]["encrypted"] for way in ways if way in found["delivery"]}


def _origins(found: list[str]) -> tuple[str, ...]:
    for number, origin in enumerate(found):
        try:
            parts = urlsplit(origin)
            good = parts.hostname and parts.port != 0 and parts.path == ""
        except ValueError:
            good = False
        if not good:
            raise TargetError(
                f"origins.allowed[{number}]: expected scheme, host and perhaps a port, got {origin!r}"
            )
    return tuple(found)


def _start(found: Json) -> Start:
    stop = found["stop"]
    names = [name.removeprefix("SIG") for name in signal.Signals.__members__]
    if re.fullmatch(r"[A-Z0-9]+", stop) and stop.removeprefix("SIG") not in names:
        raise TargetError(f"start.stop: {stop!r} is no signal{near(stop, names)}")
    return Start(
        command=command_of(found["command"]),
        ready_url=http_url(found["ready_url"], "start.ready_url") if "ready_url" in found else None,
        ready_timeout=found["ready_timeout"],
        stop=stop,
        log=Path(found["log"]) if "log" in found else None,
    )


def _otp(found: Json) -> Otp:
    return Otp(found["domain"], command_of(found["command"]) if "command" in found else None)


def _memory(found: Json) -> Memory:
    url = found.get("metrics_url")
    return Memory(found.get("pid"), None if url is None else http_url(url, "memory.metrics_url"))


def _cdn(found: Json, base_url: str, spec: Spec) -> Cdn:
    url = found["url"]
    return cdn_of(check_url(base_url + url if url.startswith("/") else url, "cdn.url"), found, spec)


def _expected_failures(found: list[Json], spec: Spec) -> tuple[ExpectedFailure, ...]:
    seen: set[str] = set()
    for number, entry in enumerate(found):
        key, name = f"expected_failures[{number}].id", entry["id"]
        if name not in spec.requirements:
            raise TargetError(f"{key}: there is no requirement {name!r}{near(name, spec.requirements)}")
        if name in seen:
            raise TargetError(f"{key}: {name} is given twice")
        seen.add(name)
    return tuple(ExpectedFailure(**entry) for entry in found)
