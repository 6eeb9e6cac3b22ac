"""CPU per heartbeat of the reference server against a node:http twin doing the same, measured in one run.

Rounds are interleaved, server and generator pinned apart where there are two cores; the ratio is the median
of the rounds' own ratios.
Exits with 1 where the ratio is above the bound.

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
import time
from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass
class Contestant:
    """One server under measurement, with a room and a heartbeat for each connection."""

    name: str
    process: subprocess.Popen[bytes]
    address: tuple[str, int]
    requests: list[bytes]
    cpu_us: list[float]
    rate: list[float]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--requests", type=int, default=2000, help="heartbeats a round and server")
    parser.add_argument("--bound", type=float, default=1.1)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    if shutil.which("node") is None:
        print("bench/heartbeat: node is not installed, so there is nothing to compare with", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        figures = asyncio.run(_measured(Path(folder), options.rounds, options.requests))
    # Each round of one beside the round of the other that ran next to it: so a slow minute weighs on both.
    ratio = statistics.median(
        ours / theirs
        for ours, theirs in zip(*(figure["rounds_us"] for figure in figures.values()), strict=True)
    )
    print(f"{'server':<12}{'CPU us a request':>18}{'spread':>16}{'requests/s':>13}")
    for name, figure in figures.items():
        spread = f"{figure['least_us']:.0f} to {figure['most_us']:.0f}"
        print(f"{name:<12}{figure['cpu_us']:>18.1f}{spread:>16}{figure['rate']:>13.0f}")
    held = ratio <= options.bound
    print(f"ratio {ratio:.2f}, bound {options.bound:.2f}: {'held' if held else 'NOT held'}")
    if options.json:
        result = {"ratio": round(ratio, 3), "bound": options.bound, "held": held, "servers": figures}
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0 if held else 1


async def _measured(folder: Path, rounds: int, requests: int) -> dict[str, dict[str, Any]]:
    spec = _spec_without_budget(folder)
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(0, {cores[-1]})
    started = [_reference(folder, spec, cores[0]), _node(folder, spec, cores[0])]
    try:
        contestants = [await _ready(name, process, spec) for name, process in started]
        for contestant in contestants:
            await _round(contestant, WARM_UP)
        for number in range(rounds):
            for contestant in contestants if number % 2 == 0 else contestants[::-1]:
                before, since = _cpu_ns(contestant.process.pid), time.perf_counter()
                await _round(contestant, requests)
                spent, wall = _cpu_ns(contestant.process.pid) - before, time.perf_counter() - since
                contestant.cpu_us.append(spent / 1000 / requests)
                contestant.rate.append(requests / wall)
    finally:
        for _, process in started:
            process.terminate()
            process.wait(10)
    return {
        contestant.name: {
            "cpu_us": round(statistics.median(contestant.cpu_us), 2),
            "rounds_us": [round(one, 2) for one in contestant.cpu_us],
            "least_us": round(min(contestant.cpu_us), 2),
            "most_us": round(max(contestant.cpu_us), 2),
            "rate": round(statistics.median(contestant.rate)),
        }
        for contestant in contestants
    }


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
    return Contestant(name, process, address, requests, [], [])


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


async def _round(contestant: Contestant, requests: int) -> None:
    """That many heartbeats over kept-alive connections, each with one request under way at a time."""
    left = iter(range(requests))

    async def connection(request: bytes) -> None:
        reader, writer = await asyncio.open_connection(*contestant.address)
        try:
            for _ in left:
                await _answered(reader, writer, request)
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
