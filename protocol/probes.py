"""Makes what probes.yaml only describes: garbage tokens, look-alike origins, compiled patterns.

Plain lists of the file are read straight from `spec.probes`.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import Template
from typing import Any
from urllib.parse import urlsplit

from protocol.spec import Spec, SpecError
from protocol.tokens import encode, encode_json

OTHER_PORT = 8443


@dataclass(frozen=True, slots=True)
class Probe:
    """A named value to send; the report shows both."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, eq=False)  # each is itself: they are looked up by the ten thousand
class Pattern:
    """A named thing that no answer may show."""

    name: str
    regex: re.Pattern[str]

    def found_in(self, text: str) -> str | None:
        """The first part of the text that shows it."""
        hit = self.regex.search(text)
        return hit.group(0) if hit else None


def garbage_tokens(spec: Spec, seed: int = 0) -> list[Probe]:
    """What is no token at all. The random parts follow from the seed."""
    source = random.Random(seed)  # noqa: S311 - reproducible on purpose, never a secret
    return [
        Probe(entry["name"], ".".join(_part(spec, entry["name"], part, source) for part in entry["parts"]))
        for entry in spec.probes["garbage_tokens"]
    ]


def lookalike_origins(spec: Spec, allowed: Iterable[str]) -> list[Probe]:
    """Origins that look like an allowed one and are foreign: none of them is allowed itself."""
    known = {origin.lower() for origin in allowed}
    found: dict[str, Probe] = {}
    for origin in sorted(known):
        words = _origin_words(origin)
        for entry in spec.probes["lookalike_origins"]:
            value = Template(entry["origin"]).substitute(words)
            if value.lower() not in known:
                found.setdefault(value, Probe(entry["name"], value))
    return list(found.values())


def foreign_origins(spec: Spec, allowed: Iterable[str]) -> list[str]:
    """Origins that have nothing in common with the allowed ones."""
    known = {origin.lower() for origin in allowed}
    return [origin for origin in spec.probes["foreign_origins"] if origin not in known]


def bodies(spec: Spec, kind: str, valid: Mapping[str, Any]) -> list[Probe]:
    """Broken bodies of this kind (`malformed`, `empty`, `not_an_object`) made from a valid one."""
    text = json.dumps(valid, separators=(",", ":"))
    words = {"valid": text, "inner": text[1:-1]}
    return [
        Probe(entry["name"], Template(entry["text"]).substitute(words))
        for entry in spec.probes["bodies"][kind]
    ]


def leaks(spec: Spec) -> list[Pattern]:
    """What no error may show (ERR-5)."""
    return _patterns(spec, "leaks")


def personal(spec: Spec) -> list[Pattern]:
    """What no answer may show (PRIV-3)."""
    return _patterns(spec, "personal")


def _patterns(spec: Spec, key: str) -> list[Pattern]:
    found = []
    for entry in spec.probes[key]:
        try:
            found.append(Pattern(entry["name"], re.compile(entry["pattern"])))
        except re.error as error:
            raise SpecError(f"probes.yaml: {key}: {entry['name']}: no regular expression: {error}") from None
    return found


def _part(spec: Spec, name: str, part: Mapping[str, Any], source: random.Random) -> str:
    ((kind, value),) = part.items()
    if kind == "text":
        return str(value)
    if kind == "json":
        return encode_json(value)
    if kind == "encoded":
        return encode(str(value).encode())
    if kind == "random":
        return encode(source.randbytes(value))
    if kind == "fill":
        return "A" * spec.limits[value]
    raise SpecError(f"probes.yaml: garbage_tokens: {name}: unknown kind of part {kind!r}")


def _origin_words(origin: str) -> dict[str, str]:
    parts = urlsplit(origin)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return {
        "origin": origin,
        "scheme": parts.scheme,
        "host": host,
        "port": f":{parts.port}" if parts.port else "",
        "dotless": host.replace(".", "x"),
        "other_scheme": "http" if parts.scheme == "https" else "https",
        "other_port": str(OTHER_PORT + 1 if parts.port == OTHER_PORT else OTHER_PORT),
    }
