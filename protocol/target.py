"""The target: where it is, how it authenticates, what it claims. Made from a target file or a bare URL.

It holds no connection and makes no token (client.py and mint.py do).
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from protocol.spec import SPEC_DIR, Spec
from protocol.target_file import KIND, Json, TargetError, near
from protocol.widget_page import WidgetPage, page_url, widget_page

__all__ = ["Target", "TargetError", "check_url", "from_url", "load", "parse", "template"]

SECRET_VARIABLE = "PARLEY_JWT_SECRET"  # noqa: S105 - the name of a variable
EXAMPLE_FILE = SPEC_DIR / "target.example.toml"
URL_WANTED = 'an http or https URL such as "http://127.0.0.1:8787"'

Way = Literal["bearer", "cookie"]
Command = str | tuple[str, ...]


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
class GivenToken:
    """A token of a static list; what its own claims do not say may be said beside it."""

    token: str = field(repr=False)
    user: str | None = None
    csrf: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class OwnIssuer:
    """Tokens come from our own issuer; `public_url` is where the target finds it."""

    port: int
    host: str
    public_url: str | None
    kid: str | None
    iss: str | None
    aud: str | None


@dataclass(frozen=True)
class Tokens:
    """Where tokens come from: exactly one of secret, issuer, given and command is set."""

    secret: bytes | None = field(default=None, repr=False)
    issuer: OwnIssuer | None = None
    given: tuple[GivenToken, ...] = ()
    command: Command | None = None
    iss: str | None = None
    aud: str | None = None

    @property
    def source(self) -> str:
        """What they are made by, in one word."""
        if self.secret is not None:
            return "secret"
        if self.issuer is not None:
            return "issuer"
        return "list" if self.given else "command"


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
    memory: Memory | None = None

    @property
    def deliveries(self) -> tuple[Way, ...]:
        """The ways to sign in, those with plain answers first; a cookie before a bearer of the same kind."""
        return tuple(sorted(self.encrypted, key=lambda way: (self.encrypted[way], way != "cookie")))

    @property
    def plain_delivery(self) -> Way:
        """How to sign in where it does not matter."""
        return self.deliveries[0]

    def conditions(self, spec: Spec) -> frozenset[str]:
        """The condition words (requirements.yaml) that hold at this target."""
        holds = {
            "jwks": self.tokens.issuer is not None,
            "issuer": self.tokens.iss is not None,
            "audience": self.tokens.aud is not None,
            "https": self.base_url.startswith("https:"),
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


def check_url(url: str, key: str = "target URL") -> str:
    """The URL without its last slash. Raises TargetError where it cannot be a base URL."""
    if "?" in _http_url(url, key) or "#" in url:
        raise TargetError(f"{key}: expected {URL_WANTED}, without ? or #, got {url!r}")
    return url.rstrip("/")


def _http_url(url: str, key: str) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise TargetError(f"{key}: expected {URL_WANTED}, got one with a bad host or port") from None
    if parts.username is not None or parts.password is not None:
        raise TargetError(f"{key}: expected {URL_WANTED}, without a user or password in it")
    if not good or re.search(r"[\s\x00]", url):
        hint = f"; did you mean http://{url}?" if re.fullmatch(r"[\w.-]+(:\d+)?(/\S*)?", url) else ""
        raise TargetError(f"{key}: expected {URL_WANTED}, got {url!r}{hint}")
    return url


def template() -> str:
    """An example target file with every key, explained: what `parley target init` writes."""
    return EXAMPLE_FILE.read_text(encoding="utf-8")


def default_profiles(spec: Spec, *, widget: bool = False) -> tuple[str, ...]:
    """The server profiles that anything is checked of; where there is a widget, those of a client too."""
    checked = {r.profile for r in spec.requirements.values() if r.checked is not None}
    subjects = {"server", "client"} if widget else {"server"}
    return tuple(p.name for p in spec.profiles.values() if p.subject in subjects and p.name in checked)


def with_widget(target: Target, url: str, spec: Spec) -> Target:
    """The target with this page for its widget, and the profiles of a client claimed."""
    selectors = target.widget.selectors if target.widget is not None else {}
    more = [name for name in default_profiles(spec, widget=True) if spec.profiles[name].subject == "client"]
    claimed = {*target.profiles, *more}
    profiles = tuple(name for name in spec.profiles if name in claimed)
    return replace(target, widget=WidgetPage(page_url(url, "--app-url"), selectors), profiles=profiles)


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
        tokens=_tokens(found["tokens"], env),
        user_claim=found["user_claim"],
        encrypted=_encrypted(found, profiles),
        csrf=found["csrf"] == "claim",
        origins=_origins(found.get("origins", {}).get("allowed", [])),
        address_header=found.get("address_header"),
        test_control=found["test_control"],
        log=Path(log) if log else None,
        start=_start(found["start"]) if "start" in found else None,
        control=Control(_command(found["control"]["restart"])) if "control" in found else None,
        widget=widget_page(found["widget"], base_url, spec) if "widget" in found else None,
        timeouts=Timeouts(**found["timeouts"]),
        tolerances=Tolerances(**found["tolerances"]),
        expected_failures=_expected_failures(found.get("expected_failures", []), spec),
        memory=_memory(found["memory"]) if "memory" in found else None,
    )


def _profiles(found: Json, spec: Spec) -> tuple[str, ...]:
    if "profiles" not in found:
        return default_profiles(spec, widget="widget" in found)
    known = [profile.name for profile in spec.profiles.values() if profile.subject in ("server", "client")]
    for name in found["profiles"]:
        if name not in known:
            raise TargetError(f"profiles: {name!r} is no profile of a server or a client{near(name, known)}")
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


def _tokens(found: Json, env: Mapping[str, str]) -> Tokens:
    sources = [name for name in ("secret", "secret_env", "issuer", "list", "command") if name in found]
    if len(sources) != 1:
        got = " and ".join(sources) or "none"
        raise TargetError(
            f"tokens: expected exactly one of secret, secret_env, issuer, list and command, got {got}"
        )
    source = sources[0]
    for name in ("iss", "aud"):
        if name in found and not source.startswith("secret"):
            place = f"tokens.issuer.{name} instead" if source == "issuer" else f"none beside tokens.{source}"
            raise TargetError(f"tokens.{name}: expected {place}: these are claims of the tokens that we make")
    if source == "issuer":
        issuer = {**dict.fromkeys(("public_url", "kid", "iss", "aud")), **found["issuer"]}
        if issuer["public_url"] is not None:
            issuer["public_url"] = check_url(issuer["public_url"], "tokens.issuer.public_url")
        return Tokens(issuer=OwnIssuer(**issuer), iss=issuer["iss"], aud=issuer["aud"])
    if source == "list":
        return Tokens(given=_given(found["list"]))
    if source == "command":
        return Tokens(command=_command(found["command"]))
    secret = found.get("secret") or env.get(found["secret_env"])
    if not secret:
        raise TargetError(
            f"tokens.secret_env: the environment variable {found['secret_env']} is not set, or empty"
        )
    return Tokens(secret=secret.encode("utf-8"), iss=found.get("iss"), aud=found.get("aud"))


def _given(found: list[Any]) -> tuple[GivenToken, ...]:
    given = tuple(GivenToken(item) if isinstance(item, str) else GivenToken(**item) for item in found)
    seen: set[str] = set()
    for number, item in enumerate(given):
        if item.token in seen:
            raise TargetError(f"tokens.list[{number}]: expected another token, got one that is listed before")
        seen.add(item.token)
    return given


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
        command=_command(found["command"]),
        ready_url=_http_url(found["ready_url"], "start.ready_url") if "ready_url" in found else None,
        ready_timeout=found["ready_timeout"],
        stop=stop,
        log=Path(found["log"]) if "log" in found else None,
    )


def _memory(found: Json) -> Memory:
    url = found.get("metrics_url")
    return Memory(found.get("pid"), None if url is None else _http_url(url, "memory.metrics_url"))


def _command(found: str | list[str]) -> Command:
    return found if isinstance(found, str) else tuple(found)


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
