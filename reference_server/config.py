"""The server's configuration: a TOML file, every key optional. Anything wrong is one clear sentence.

Secrets may be named by an environment variable in place of being written down; they never show in a repr.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LEVELS = ("debug", "info", "warning", "error")
ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")
URL = r"https?://\S+"
ADDRESS = r"[^@\s<>,;]+@[^@\s<>,;]+"
TURN_URL = re.compile(r"turns?:\S+")


class ConfigError(Exception):
    """The configuration is wrong; the message names the file, the key and what was expected."""


@dataclass(frozen=True)
class Auth:
    """Whose tokens are believed: those of a shared secret, of a JWKS, or of both."""

    hs256_secret: str | None = field(default=None, repr=False)
    jwks_url: str | None = None
    issuer: str | None = None
    audience: str | None = None
    user_claim: str | None = None


@dataclass(frozen=True)
class TurnConfig:
    urls: tuple[str, ...]
    secret: str = field(repr=False)
    ttl: int | None = None


@dataclass(frozen=True)
class EmotesConfig:
    """The public emote catalogue: its API, and where its images are."""

    url: str
    images_url: str


@dataclass(frozen=True)
class MailConfig:
    """The mail server that brings codes to people (SMTP)."""

    host: str
    sender: str
    port: int = 587
    starttls: bool = True
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_s: int = 20


@dataclass(frozen=True)
class Config:
    """What an operator decides. What the protocol decides stands in the spec."""

    auth: Auth = field(default_factory=Auth)
    allowed_origins: tuple[str, ...] = ()
    encryption: bool = False
    turn: TurnConfig | None = None
    emotes: EmotesConfig | None = None
    mail: MailConfig | None = None
    test_control: bool = False
    trusted_header: str = ""
    log_level: str = "info"
    log_file: Path | None = None


# Each key of each table, with the type it must have. `X_env` names the environment variable that holds X.
KEYS: Mapping[str, Mapping[str, type]] = {
    "auth": {
        "hs256_secret": str,
        "hs256_secret_env": str,
        "jwks_url": str,
        "issuer": str,
        "audience": str,
        "user_claim": str,
    },
    "cors": {"allowed_origins": list},
    "encryption": {"enabled": bool},
    "turn": {"urls": list, "secret": str, "secret_env": str, "ttl": int},
    "emotes": {"url": str, "images_url": str},
    "mail": {
        "host": str,
        "port": int,
        "from": str,
        "starttls": bool,
        "user": str,
        "user_env": str,
        "password": str,
        "password_env": str,
        "timeout": int,
    },
    "test_control": {"enabled": bool},
    "address": {"trusted_header": str},
    "log": {"level": str, "file": str},
}
TYPE_NAMES = {str: "a string", list: "a list of strings", bool: "true or false", int: "a whole number"}


def load(file: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Reads a configuration file. Raises ConfigError."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: is not UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    return parse(text, str(file), environ)


def parse(text: str, name: str, environ: Mapping[str, str] = os.environ) -> Config:
    """Reads a configuration from its text; `name` is what errors call it. Raises ConfigError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: is not TOML: {error}") from None
    return _Reader(name, document, environ).config()


class _Reader:
    """Checks one document and takes the values out of it."""

    def __init__(self, name: str, document: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        self._name = name
        self._document = document
        self._environ = environ

    def config(self) -> Config:
        self._check_keys()
        auth = Auth(
            hs256_secret=self._secret("auth", "hs256_secret"),
            jwks_url=self._matching("auth", "jwks_url", URL, "an http or https URL"),
            issuer=self._get("auth", "issuer"),
            audience=self._get("auth", "audience"),
            user_claim=self._get("auth", "user_claim"),
        )
        level = self._get("log", "level") or "info"
        if level not in LEVELS:
            raise self._error("log.level", f"expected one of {', '.join(LEVELS)}, got {level!r}")
        file = self._get("log", "file")
        trusted = self._matching("address", "trusted_header", r"[A-Za-z0-9\-]*", "a header name")
        return Config(
            auth=auth,
            allowed_origins=self._strings("cors", "allowed_origins", ORIGIN, "origins such as https://host"),
            encryption=bool(self._get("encryption", "enabled")),
            turn=self._turn(),
            emotes=self._emotes(),
            mail=self._mail(),
            test_control=bool(self._get("test_control", "enabled")),
            trusted_header=trusted or "",
            log_level=level,
            log_file=Path(file) if file else None,
        )

    def _turn(self) -> TurnConfig | None:
        if "turn" not in self._document:
            return None
        urls = self._strings("turn", "urls", TURN_URL, "URLs such as turn:host:3478")
        secret = self._secret("turn", "secret")
        if not urls:
            raise self._error("turn.urls", "expected at least one URL such as turn:host:3478")
        if secret is None:
            raise self._error("turn.secret", "missing; the secret of the TURN server (or turn.secret_env)")
        return TurnConfig(urls, secret, self._get("turn", "ttl"))

    def _emotes(self) -> EmotesConfig | None:
        if "emotes" not in self._document:
            return None
        urls = [self._matching("emotes", key, URL, "an http or https URL") for key in KEYS["emotes"]]
        for key, url in zip(KEYS["emotes"], urls, strict=True):
            if url is None:
                raise self._error(f"emotes.{key}", "missing; an http or https URL")
        return EmotesConfig(*(url for url in urls if url is not None))

    def _mail(self) -> MailConfig | None:
        if "mail" not in self._document:
            return None
        host, sender = self._get("mail", "host"), self._matching("mail", "from", ADDRESS, "an e-mail address")
        if not host:
            raise self._error("mail.host", "missing; the name of the mail server")
        if sender is None:
            raise self._error("mail.from", "missing; the address that mail is sent from")
        port, timeout = self._get("mail", "port"), self._get("mail", "timeout")
        if port is not None and not 1 <= port <= 65535:
            raise self._error("mail.port", f"expected 1 to 65535, got {port}")
        if timeout is not None and not 1 <= timeout <= 300:
            raise self._error("mail.timeout", f"expected 1 to 300 seconds, got {timeout}")
        starttls = self._get("mail", "starttls")
        user, password = self._secret("mail", "user"), self._secret("mail", "password")
        if (user is None) != (password is None):
            raise self._error("mail.user", "expected user and password, or none of them")
        return MailConfig(
            host, sender, port or 587, starttls is not False, user, password, timeout or MailConfig.timeout_s
        )

    def _check_keys(self) -> None:
        for table, values in self._document.items():
            known = KEYS.get(table)
            if known is None:
                raise self._error(table, f"unknown; expected one of the tables {', '.join(KEYS)}")
            if not isinstance(values, dict):
                raise self._error(table, "expected a table of keys")
            for key, value in values.items():
                wanted = known.get(key)
                if wanted is None:
                    raise self._error(f"{table}.{key}", f"unknown; expected one of {', '.join(known)}")
                # bool is an int to Python, not to us.
                if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
                    raise self._error(f"{table}.{key}", f"expected {TYPE_NAMES[wanted]}")

    def _get(self, table: str, key: str) -> Any:
        return self._document.get(table, {}).get(key)

    def _secret(self, table: str, key: str) -> str | None:
        value, variable = self._get(table, key), self._get(table, f"{key}_env")
        if value is not None and variable is not None:
            raise self._error(f"{table}.{key}", f"given twice; leave {key}_env out, or {key}")
        if variable is not None:
            value = self._environ.get(variable)
            if not value:
                raise self._error(f"{table}.{key}_env", f"the environment variable {variable} is not set")
        if value == "":
            raise self._error(f"{table}.{key}", "expected a secret, got an empty string")
        return None if value is None else str(value)

    def _matching(self, table: str, key: str, pattern: str, wanted: str) -> str | None:
        value = self._get(table, key)
        if value is not None and re.fullmatch(pattern, value) is None:
            raise self._error(f"{table}.{key}", f"expected {wanted}, got {value!r}")
        return None if value is None else str(value)

    def _strings(self, table: str, key: str, pattern: re.Pattern[str], wanted: str) -> tuple[str, ...]:
        values = self._get(table, key) or []
        for value in values:
            if not isinstance(value, str) or pattern.fullmatch(value) is None:
                raise self._error(f"{table}.{key}", f"expected {wanted}, got {value!r}")
        return tuple(values)

    def _error(self, key: str, what: str) -> ConfigError:
        return ConfigError(f"{self._name}: {key}: {what}")
