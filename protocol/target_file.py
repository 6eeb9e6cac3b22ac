"""The target file as a kind of TOML file. What its values mean together, and against the spec, is target.py's
business. Values below `tokens` are secrets: no message shows one.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from protocol.spec import SPEC_DIR
from protocol.toml_file import Json, TomlError, TomlKind, near

__all__ = ["KIND", "Command", "Json", "TargetError", "check_url", "command_of", "http_url", "near"]

URL_WANTED = 'an http or https URL such as "http://127.0.0.1:8787"'
Command = str | tuple[str, ...]


class TargetError(TomlError):
    """A target file or URL is wrong; one line names the file, the key, and what was expected."""


KIND = TomlKind(
    SPEC_DIR / "schemas" / "target.schema.json",
    TargetError,
    hint="; `parley target init` writes one",
    secret="tokens",  # noqa: S106 - the name of a table
    shown="issuer",
)


def check_url(url: str, key: str = "target URL") -> str:
    """The URL without its last slash. Raises TargetError where it cannot be a base URL."""
    if "?" in http_url(url, key) or "#" in url:
        raise TargetError(f"{key}: expected {URL_WANTED}, without ? or #, got {url!r}")
    return url.rstrip("/")


def http_url(url: str, key: str) -> str:
    """The URL as it is. Raises TargetError where it is none."""
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


def command_of(found: str | list[str]) -> Command:
    """A list is run without a shell, text by one."""
    return found if isinstance(found, str) else tuple(found)
