"""The headers of every answer: security, storing, origins, and those of a 429 (HDR, CORS, RATE-7, ENC-9)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.checks.cors import ALLOW_CREDENTIALS, ALLOW_ORIGIN, EXPOSED, PREFLIGHTED, versions, words
from protocol import validation
from protocol.client import User
from protocol.judge import judge
from protocol.operations import Answer, Request
from reports.reproduction.fault import Complaint

if TYPE_CHECKING:
    from conformance.explore.oracle.oracle import Oracle

ASKING = ("OPTIONS", "HEAD")
ERRORS_WITH_ORIGIN = (401, 404, 429)  # CORS-6 names them


def content(oracle: Oracle, user: User, request: Request, answer: Answer) -> Iterator[Complaint]:
    """ENC-9: exactly one Content-Type, where there is a body."""
    count = len(answer.header_values("Content-Type"))
    if answer.raw and count != 1:
        yield Complaint("ENC-9", "header Content-Type", "exactly one", f"{count} of them")


def security(oracle: Oracle, user: User, request: Request, answer: Answer) -> Iterator[Complaint]:
    """Of what the service itself answers: a front end that refuses has headers of its own."""
    of_the_service = isinstance(answer.body, dict) or answer.envelope is not None
    if request.method in ASKING or not of_the_service:
        return
    yield from _header(answer, "HDR-1", "X-Content-Type-Options", r"^nosniff$")
    framing = (answer.header("X-Frame-Options") or "").upper()
    if framing != "DENY" and "frame-ancestors" not in (answer.header("Content-Security-Policy") or ""):
        wanted = "DENY, or a Content-Security-Policy with frame-ancestors"
        yield Complaint("HDR-2", "header X-Frame-Options", wanted, framing or "none")
    yield from _header(answer, "HDR-3", "Strict-Transport-Security", r"max-age=\d+")
    mailbox = oracle.spec.requirement("HDR-4").operations
    if answer.operation in mailbox and answer.status in (200, 404):
        yield from _header(answer, "HDR-4", "Cache-Control", r"\bno-store\b")
    told = list(versions(answer, oracle.spec))
    if told:
        yield Complaint("HDR-5", f"header {told[0].split(':')[0]}", "no version of any software", told[0])


def origins(oracle: Oracle, user: User, request: Request, answer: Answer) -> Iterator[Complaint]:
    allowed = answer.header(ALLOW_ORIGIN)
    credentials = (answer.header(ALLOW_CREDENTIALS) or "").lower()
    if allowed == "*" and credentials == "true":
        yield Complaint("CORS-4", f"header {ALLOW_ORIGIN}", "no * together with credentials", "both")
    origin = request.header("Origin")
    if origin is None or not oracle.target.origins or answer.operation == "health":
        return
    if origin not in oracle.target.origins:
        if allowed == origin:
            known = origin in oracle.spec.probes["foreign_origins"]
            requirement = "CORS-3" if known else "CORS-5"
            wanted = {"value": origin}
            where = f"header {ALLOW_ORIGIN}"
            yield Complaint(
                requirement, where, f"anything but the foreign {origin!r}", origin, "differs", wanted
            )
        return
    good = answer.status is not None and 200 <= answer.status < 300
    if good or answer.status in ERRORS_WITH_ORIGIN:
        requirement = "CORS-2" if good else "CORS-6"
        yield from _header(answer, requirement, ALLOW_ORIGIN, f"^{re.escape(origin)}$")
        yield from _header(answer, requirement, ALLOW_CREDENTIALS, "^true$")
        if allowed and allowed != "*":
            yield from _header(answer, "CORS-7", "Vary", r"\borigin\b|\*")
    if good and request.method not in ASKING:
        exposed = words(answer, "Access-Control-Expose-Headers")
        missing = [name for name in EXPOSED if name.lower() not in exposed]
        if missing:
            where = "header Access-Control-Expose-Headers"
            yield Complaint("CORS-9", where, f"{', '.join(missing)} among them", ", ".join(sorted(exposed)))


def preflight(oracle: Oracle, user: User, request: Request, answer: Answer) -> Iterator[Complaint]:
    """CORS-1: what a browser asks from an allowed page before it sends anything is granted."""
    asked = request.header("Access-Control-Request-Method")
    if request.method != "OPTIONS" or asked is None or request.header("Origin") not in oracle.target.origins:
        return
    if answer.status is None or not 200 <= answer.status < 300:
        wanted = {"statuses": list(range(200, 300))}
        yield Complaint("CORS-1", "status", "a 2xx to a preflight", str(answer.status), "status_in", wanted)
        return
    for name, needed in (("Methods", ("GET", "POST", "OPTIONS")), ("Headers", PREFLIGHTED)):
        granted = words(answer, f"Access-Control-Allow-{name}")
        missing = [word for word in needed if word.lower() not in granted]
        if missing:
            where, wanted_words = f"header Access-Control-Allow-{name}", f"{', '.join(missing)} among them"
            yield Complaint("CORS-1", where, wanted_words, ", ".join(sorted(granted)) or "none")


def rate_limited(oracle: Oracle, user: User, request: Request, answer: Answer) -> Iterator[Complaint]:
    """RATE-7: the shape and the headers of a 429."""
    if answer.status != 429 or request.method in ASKING:
        return
    problems = validation.rate_limited_validator(oracle.spec).problems(answer.body)
    if problems:
        told = validation.told(problems)[0]
        yield Complaint("RATE-7", "body", "the body of a 429: error, message, retryAfter", told)
    yield from _header(answer, "RATE-7", "Retry-After", r"^[1-9][0-9]*$")
    yield from _header(answer, "RATE-7", "X-RateLimit-Remaining", r"^0$")
    yield from _header(answer, "RATE-7", "X-RateLimit-Reset", r"^[0-9]{13}$")
    told_s = answer.header("Retry-After") or ""
    if not problems and told_s.isdecimal() and answer.at("retryAfter") != int(told_s):
        wanted = {"value": int(told_s)}
        words_ = f"{told_s}, as Retry-After says"
        yield Complaint("RATE-7", "body.retryAfter", words_, str(answer.at("retryAfter")), "equals", wanted)


def _header(answer: Answer, requirement: str, name: str, pattern: str) -> Iterator[Complaint]:
    """A complaint where the header's values do not match (in any case)."""
    value = ", ".join(answer.header_values(name))
    wanted = {"pattern": pattern}
    complaint = judge("matches", value, wanted)
    if complaint is not None:
        got = f"{value or 'none'} on the {answer.status} of {answer.operation}"
        yield Complaint(requirement, f"header {name}", _plain(pattern), got, "matches", wanted)


def _plain(pattern: str) -> str:
    """A pattern as a person would say it, where it is that simple."""
    text = re.sub(r"\\b|\^|\$", "", pattern).replace("\\.", ".").replace("\\-", "-")
    text = text.replace("\\", "")
    return text if re.fullmatch(r"[\w:/.,=*| +-]+", text) else f"a value that matches {pattern}"
