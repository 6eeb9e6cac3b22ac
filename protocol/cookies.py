"""Reads Set-Cookie fields as a browser does (RFC 6265, 5.2 and 5.3), as far as checks look at them."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

AGE = re.compile(r"(-?)0*([0-9]+)", re.ASCII)
FIRST_YEAR = 1601  # of an Expires that browsers heed


@dataclass(frozen=True)
class Cookie:
    """One cookie as it was set. `attributes` are by their names in small letters, without those that a
    browser ignores for their values.
    """

    name: str
    value: str
    attributes: Mapping[str, str]
    default_path: str

    @property
    def path(self) -> str:
        """The path it is sent to, and below: the directory of the request where none is given."""
        found = self.attributes.get("path", "")
        return found if found.startswith("/") else self.default_path

    @property
    def domain(self) -> str:
        """The domain it is sent to; "" for the host alone."""
        return self.attributes.get("domain", "").removeprefix(".").lower()

    def goes_to(self, path: str) -> bool:
        """Whether a request for this path carries it (RFC 6265, 5.1.4)."""
        own = self.path
        return path == own or (path.startswith(own) and (own.endswith("/") or path[len(own)] == "/"))

    def ends_by(self, now: float) -> bool:
        """Whether it is gone at this time (epoch seconds): Max-Age decides before Expires."""
        age = AGE.fullmatch(self.attributes.get("max-age", ""))
        if age is not None:
            return bool(age[1]) or age[2] == "0"
        moment = _moment(self.attributes.get("expires", ""))
        return moment is not None and moment <= now

    def is_gone(self, now: float) -> bool:
        """Whether it is emptied or ended, as a cookie is to clear it."""
        return self.value == "" or self.ends_by(now)


def set_cookies(fields: Iterable[str], request_path: str) -> list[Cookie]:
    """The cookies that these fields set. Two are one where name, domain and path are the same: then the last
    counts.
    """
    found: dict[tuple[str, str, str], Cookie] = {}
    directory = request_path.partition("?")[0].rpartition("/")[0] or "/"
    for field in fields:
        pair, *rest = field.split(";")
        name, joined, value = pair.partition("=")
        if not joined or not name.strip():
            continue
        attributes: dict[str, str] = {}
        for attribute in rest:
            key, _, text = (part.strip() for part in attribute.partition("="))
            if _is_heeded(key.lower(), text):
                attributes[key.lower()] = text
        cookie = Cookie(name.strip(), value.strip(), attributes, directory)
        found[cookie.name, cookie.domain, cookie.path] = cookie
    return list(found.values())


def _is_heeded(key: str, text: str) -> bool:
    """Whether a browser looks at an attribute with this value at all."""
    if key == "max-age":
        return AGE.fullmatch(text) is not None
    if key == "expires":
        return _moment(text) is not None
    return key != "domain" or text != ""


def _moment(text: str) -> float | None:
    """What an Expires says, in epoch seconds and always UTC; None where it is no date (RFC 6265, 5.1.1)."""
    try:
        parsed = email.utils.parsedate_tz(text)
        if parsed is None or parsed[0] < FIRST_YEAR:
            return None
        return datetime(*parsed[:6], tzinfo=UTC).timestamp()
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
