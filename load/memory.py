"""How much memory the target takes: of a process by its id, or as a metrics page says it.

A page comes from the target, so whatever it answers is harmless: bounded in size and time, no redirects, no
proxy.
"""

from __future__ import annotations

import math
import re
import time
import urllib.error
import urllib.request
from typing import Any

import psutil

from protocol.target import Memory
from suite import guard

MB = 1e6
METRIC = "process_resident_memory_bytes"
MOST_BYTES = 1_000_000  # of a metrics page; our own has 20,000
MOST_S = 2.0  # for a page; longer is a page that does not answer
MOST_MB = 1e9  # a petabyte; more is no memory
PIECE = 65_536
LINE = re.compile(rf"^{METRIC}(?:\{{[^}}\n]*\}})?[ \t]+(\S+)(?:[ \t]+-?\d+)?[ \t]*$", re.MULTILINE)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """What a target file names is asked, and nothing else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def only_loopback(source: Memory | None, *, operated: bool) -> None:
    """Raises GuardError where a page would be read that is not on this machine, without the owner's word."""
    if source is None or not source.metrics_url:
        return
    try:
        guard.only_loopback(source.metrics_url, operated=operated)
    except guard.GuardError as error:
        raise guard.GuardError(f"memory.metrics_url: {error}") from None


def read_mb(source: Memory) -> float | None:
    """MB (10^6 bytes) that are resident now, or None where it cannot be told. Never raises."""
    if source.pid is not None:
        try:
            return float(psutil.Process(source.pid).memory_info().rss / MB)
        except (psutil.Error, ValueError, OverflowError):
            return None
    return of_page(_page(source.metrics_url)) if source.metrics_url else None


def of_page(text: str) -> float | None:
    """The figure of a page in Prometheus' text format; None where it has none that is one."""
    found = LINE.search(text)
    try:
        value = float(found[1]) / MB if found else math.nan
    except ValueError:
        return None
    return value if 0 < value < MOST_MB else None


def _page(url: str) -> str:
    """What is there; empty where nothing sensible comes in time."""
    end = time.monotonic() + MOST_S
    found = b""
    try:
        with OPENER.open(url, timeout=MOST_S) as answer:
            while len(found) < MOST_BYTES and time.monotonic() < end:
                piece = answer.read1(PIECE)
                if not piece:
                    if answer.length:  # cut off, perhaps within the figure
                        break
                    return found.decode("utf-8", "replace")
                found += piece
    except Exception:  # http.client has a dozen, and none may end a run
        return ""
    return ""
