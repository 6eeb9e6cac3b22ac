"""CPU per heartbeat of the reference server against a node:http twin doing the same, measured in one run.

Rounds are interleaved, server and generator pinned apart where there are two cores; the ratio is the median
of the rounds' own ratios. Exits with 1 where it is above the bound.

    python bench/heartbeat.py [--rounds N] [--json FILE] [--bound 1.1]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from protocol import tokens
from protocol.spec import SPEC_DIR, Spec, load

SECRET = "a secret of this bench, long enough for HS256"  # noqa: S105 - not a secret of anything
ORIGIN = "https://good.example"
CONNECTIONS = 16
WARM_UP = 2000
MANY = 1_000_000_000


# How the heads of one connection's requests relate. Those of a browser that polls are the same each time;
# with fresh ones nobody gets by with having read the last one.
HEADS = ("same", "fresh")


@dataclass
class Contestant:
    """One server under measurement, with a heartbeat for each connection."""

    name: str
    pid: int
    address: tuple[str, int]
    requests: list[bytes]
    cpu_us: dict[str, list[float]] = field(default_factory=lambda: {heads: [] for heads in HEADS})


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=25, help="of each server and kind of heads")
    parser.add_argument("--requests", type=int, default=2000, help="heartbeats a round")
    parser.add_argument("--bound", type=float, default=1.1)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    if shutil.which("node") is None:
        print("bench/heartbeat: node is not installed, so there is nothing to compare with", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        ours, theirs = asyncio.run(_measured(Path(folder), options.rounds, options.requests))
    print(f"{'heads':<8}{'reference, CPU us':>20}{'node, CPU us':>20}{'ratio':>8}   (medians; least to most)")
    ratios = {}
    for heads in HEADS:
        # Each round beside the one of the other that ran next to it: so a slow minute weighs on both.
        pairs = zip(ours.cpu_us[heads], theirs.cpu_us[heads], strict=True)
        ratios[heads] = round(statistics.median(mine / other for mine, other in pairs), 3)
        shown = "".join(f"{_shown(one.cpu_us[heads]):>20}" for one in (ours, theirs))
        print(f"{heads:<8}{shown}{ratios[heads]:>8.2f}")
    held = max(ratios.values()) <= options.bound
    verdict = "held" if held else "NOT held"
    print(f"bound {options.bound:.2f} for both kinds of heads: {verdict}")
    if options.json:
        result = {
            "ratio": max(ratios.values()),
            "ratios": ratios,
            "bound": options.bound,
            "held": held,
            "cpu_us": {one.name: one.cpu_us for one in (ours, theirs)},
        }
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0 if held else 1


def _shown(figures: list[float]) -> str:
    return f"{statistics.median(figures):.1f} ({min(figures):.0f} to {max(figures):.0f})"


async def _measured(folder: Path, rounds: int, requests: int) -> tuple[Contestant, Contestant]:
    spec = _spec_without_budget(folder)
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(0, {cores[-1]})
    started = [_reference(folder, spec, cores[0]), _node(folder, spec, cores[0])]
    try:
        ours, theirs = [await _ready(name, process, spec) for name, process in started]
        for heads in HEADS:
            for one in (ours, theirs):
                await _round(one, heads, WARM_UP)
            for number in range(rounds):
                for one in (ours, theirs) if number % 2 == 0 else (theirs, ours):
                    before = _cpu_ns(one.pid)
                    await _round(one, heads, requests)
                    one.cpu_us[heads].append((_cpu_ns(one.pid) - before) / 1000 / requests)
    finally:
        for _, process in started:
            process.terminate()
            process.wait(10)
    return ours, theirs


def _spec_without_budget(folder: Path) -> Spec:
    """A copy of the spec in which heartbeats and rooms are as good as unlimited."""
    copy = folder / "spec"
    shutil.copytree(SPEC_DIR, copy)
    policy = copy / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    for name in ("heartbeat", "createRoom"):
        budget = load().operation(name).budget
        if budget is not None:
            text = text.replace(f"  {name}: {{ limit: {budget.limit},", f"  {name}: {{ limit: {MANY},")
    policy.write_text(text, encoding="utf-8")
    spec = load(copy)
    found = spec.operation("heartbeat").budget
    assert found is not None and found.limit == MANY, "policy.yaml writes budgets in another form by now"
    return spec


def _reference(folder: Path, spec: Spec, core: int) -> tuple[str, subprocess.Popen[bytes]]:
    config = folder / "server.toml"
    config.write_text(
        f'[auth]\nhs256_secret = "{SECRET}"\n[cors]\nallowed_origins = ["{ORIGIN}"]\n', encoding="utf-8"
    )
    command = [sys.executable, "-m", "reference_server", "--port", "0", "--config", str(config)]
    return "reference", _started([*command, "--spec", str(spec.source)], core)


def _node(folder: Path, spec: Spec, core: int) -> tuple[str, subprocess.Popen[bytes]]:
    heartbeat = spec.operation("heartbeat")
    room_id = spec.openapi["components"]["schemas"]["RoomId"]
    limited = spec.openapi["components"]["responses"]["RateLimited"]["headers"]
    assert heartbeat.budget is not None
    settings = {
        "secret": SECRET,
        "origins": [ORIGIN],
        "leeway": spec.timings["token_leeway"],
        "cookie": spec.policy["names"]["token_cookie"],
        "csrfHeader": spec.policy["names"]["csrf_header"].lower(),
        "exposed": ", ".join([spec.policy["envelope"]["header"], *limited]),
        "bodyBytes": spec.limits["body_bytes"],
        "roomPattern": room_id["pattern"],
        "roomLength": room_id["maxLength"],
        "limit": heartbeat.budget.limit,
        "window": heartbeat.budget.window,
        "createPath": spec.operation("createRoom").path,
        "heartbeatPath": heartbeat.path,
    }
    file = folder / "node.json"
    file.write_text(json.dumps(settings), encoding="utf-8")
    return "node", _started(["node", str(Path(__file__).with_name("heartbeat_node.mjs")), str(file)], core)


def _started(command: list[str], core: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),  # noqa: PLW1509 - no threads here yet
    )


async def _ready(name: str, process: subprocess.Popen[bytes], spec: Spec) -> Contestant:
    assert process.stdout is not None
    url = ""
    for line in process.stdout:
        said = json.loads(line)
        if said["event"] == "listening":
            url = said["url"]
            break
    parts = urlsplit(url)
    address = (str(parts.hostname), int(parts.port or 0))
    requests = [await _heartbeat(address, spec, f"user_{number}") for number in range(CONNECTIONS)]
    return Contestant(name, process.pid, address, requests)


async def _heartbeat(address: tuple[str, int], spec: Spec, user: str) -> bytes:
    """A user's heartbeat, ready to be sent, for a room that was made for it."""
    claims = tokens.claims(spec, user)
    token = tokens.SecretSigner(SECRET.encode()).sign(claims)
    creating = spec.operation("createRoom").path
    fields = {"broadcasterId": user, "broadcasterName": "Some Name"}
    answer = await _exchange(address, _post(spec, creating, token, claims["csrf"], fields))
    room = json.loads(answer)["room"]["roomId"]
    return _post(spec, spec.operation("heartbeat").path, token, claims["csrf"], {"roomId": room})


def _post(spec: Spec, path: str, token: str, csrf: str, fields: dict[str, Any]) -> bytes:
    """A request with the headers that a browser's fetch would send."""
    names = spec.policy["names"]
    body = json.dumps(fields).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: parley-bench\r\nAccept: */*\r\n"
        f"X-Request-Id: #\r\n"
        f"Origin: {ORIGIN}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Cookie: theme=dark; {names['token_cookie']}={token}\r\n{names['csrf_header']}: {csrf}\r\n\r\n"
    )
    return head.encode() + body


async def _exchange(address: tuple[str, int], request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*address)
    try:
        return await _answered(reader, writer, request)
    finally:
        writer.close()


async def _answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    start = head.lower().index(b"content-length:") + len(b"content-length:")
    return await reader.readexactly(int(head[start : head.index(b"\r\n", start)]))


async def _round(contestant: Contestant, heads: str, requests: int) -> None:
    """That many heartbeats over kept-alive connections, each with one request under way at a time."""
    left = iter(range(requests))

    async def connection(request: bytes) -> None:
        reader, writer = await asyncio.open_connection(*contestant.address)
        try:
            for number in left:
                marked = request if heads == "same" else request.replace(b"#", b"%d" % number, 1)
                await _answered(reader, writer, marked)
        finally:
            writer.close()

    await asyncio.gather(*(connection(request) for request in contestant.requests))


def _cpu_ns(pid: int) -> int:
    """The CPU time of all threads of a process, user and system, in nanoseconds."""
    total = 0
    for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        total += int(file.read_text().split()[0])
    return total


if __name__ == "__main__":
    sys.exit(main())
