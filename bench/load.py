"""Requests a second that a core carries, of our load user and of Locust's own, against wrk, in one run.

A stub (nginx) answers a listing and a heartbeat; it has one core, whoever asks the other. Rounds are
interleaved, each in a process of its own, medians count. Exits with 1 where our user carries less than the
bound times what FastHttpUser does.

    python -m bench.load [--rounds N] [--seconds S] [--users N] [--bound 2.5] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from protocol.spec import Spec, load

HERE = Path(__file__).parent
USERS = HERE / "load_users"
CONTESTANTS = {
    "ours": USERS / "our_user.py",
    "FastHttpUser": USERS / "fast_user.py",
    "HttpUser": USERS / "http_user.py",
}
TOKEN_CHARS = 400  # as long as a signed token with its usual claims
TOGETHER_S = 30.0  # beyond the seconds asked for: no process takes longer to start and end
PORT_S = 10.0


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="of each user")
    parser.add_argument("--seconds", type=float, default=2.0, help="that a round is measured")
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--bound", type=float, default=2.5)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    missing = [name for name in ("nginx", "wrk") if shutil.which(name) is None]
    if missing:
        print(f"bench/load: {' and '.join(missing)} not installed: nothing to measure with", file=sys.stderr)
        return 2
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        stub, url = _stub(Path(folder), load(), cores[0])
        try:
            found = _measured(url, options, cores[-1])
            ceiling = _wrk(url, options, cores[-1])
        finally:
            stub.terminate()
            stub.wait(10)
    # Each round beside the one of the other that ran next to it: so a slow minute weighs on both.
    pairs = zip(found["FastHttpUser"], found["ours"], strict=True)
    ratio = round(statistics.median(theirs / mine for theirs, mine in pairs), 2)
    fast = statistics.median(found["FastHttpUser"])
    print(f"{'user':<14}{'CPU us a request':>28}{'requests/s a core':>20}{'x FastHttpUser':>16}")
    for name, costs in found.items():
        shown = f"{statistics.median(costs):.1f} ({min(costs):.0f} to {max(costs):.0f})"
        middle = statistics.median(costs)
        print(f"{name:<14}{shown:>28}{1e6 / middle:>20,.0f}{fast / middle:>16.2f}")
    print(f"{'wrk':<14}{'':>28}{ceiling:>20,.0f}{ceiling * fast / 1e6:>16.2f}")
    held = ratio >= options.bound
    print(f"ours against FastHttpUser, median of the rounds: {ratio:.2f}")
    print(f"bound {options.bound:.2f}: {'held' if held else 'NOT held'}")
    if options.json:
        result = {"ratio": ratio, "bound": options.bound, "held": held, "cpu_us": found, "wrk": ceiling}
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0 if held else 1


def _measured(url: str, options: argparse.Namespace, core: int) -> dict[str, list[float]]:
    """CPU per request in microseconds, of each round."""
    found: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    for number in range(options.rounds):
        names = list(CONTESTANTS)
        for name in names if number % 2 == 0 else reversed(names):
            found[name].append(_round(name, url, options, core))
    return found


def _round(name: str, url: str, options: argparse.Namespace, core: int) -> float:
    environ = {
        **os.environ,
        "PARLEY_BENCH_URL": url,
        "PARLEY_BENCH_TOKEN": "x" * TOKEN_CHARS,
        "PARLEY_BENCH_SECONDS": str(options.seconds),
    }
    words = [sys.executable, "-m", "locust", "-f", str(CONTESTANTS[name]), "--headless", "--host", url]
    words += ["-u", str(options.users), "-r", "1000", "--only-summary", "--loglevel", "ERROR"]
    ended = subprocess.run(
        words,
        env=environ,
        cwd=HERE.parent,
        capture_output=True,
        text=True,
        timeout=options.seconds + TOGETHER_S,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    said = re.search(r"^PARLEY (.*)$", ended.stdout, re.MULTILINE)
    if said is None:
        raise SystemExit(f"bench/load: {name} measured nothing: {ended.stderr[-500:]}")
    result: dict[str, Any] = json.loads(said[1])
    if result["failed"]:
        raise SystemExit(f"bench/load: {name}: {result['failed']} of {result['answered']} requests failed")
    return float(result["cpu_s"] / result["answered"] * 1e6)


def _wrk(url: str, options: argparse.Namespace, core: int) -> float:
    """What the wire carries: requests a second of a generator in C that looks at nothing."""
    rates = []
    for _ in range(options.rounds):
        words = ["wrk", "-t1", f"-c{options.users}", f"-d{max(1, round(options.seconds))}s"]
        ended = subprocess.run(
            [*words, url + load().operation("listRooms").path],
            capture_output=True,
            text=True,
            timeout=options.seconds + TOGETHER_S,
            check=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        said = re.search(r"Requests/sec:\s*([\d.]+)", ended.stdout)
        assert said is not None, ended.stdout
        rates.append(float(said[1]))
    return statistics.median(rates)


def _stub(folder: Path, spec: Spec, core: int) -> tuple[subprocess.Popen[bytes], str]:
    """nginx with two constant answers, which are valid by the operations' schemas."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    listing, beat = spec.operation("listRooms"), spec.operation("heartbeat")
    room = {
        "roomId": "room_000000000000",
        "broadcasterId": "user_1",
        "broadcasterName": "User One",
        "createdAt": "2025-01-01T12:00:00.000Z",
        "lastActivity": 1735732800000,
        "participantCount": 2,
        "isPublic": True,
    }
    answers = {
        listing.path: {"success": True, "rooms": [room]},
        beat.path: {"success": True, "message": "Heartbeat received"},
    }
    places = "".join(
        f"location = {path} {{ return 200 '{json.dumps(answer)}'; }}\n" for path, answer in answers.items()
    )
    own = [
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    ]
    config = folder / "nginx.conf"
    config.write_text(
        "daemon off; master_process off; worker_processes 1;\n"
        f"pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        "events { worker_connections 4096; }\n"
        "http { access_log off; keepalive_requests 1000000000; default_type application/json;\n"
        f"{' '.join(own)}\nserver {{ listen 127.0.0.1:{port};\n{places}}} }}\n",
        encoding="utf-8",
    )
    process = subprocess.Popen(
        ["nginx", "-c", str(config), "-e", f"{folder}/error.log"],
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),  # noqa: PLW1509 - no threads here
    )
    limit = time.monotonic() + PORT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process, f"http://127.0.0.1:{port}"
        except OSError:
            if time.monotonic() > limit or process.poll() is not None:
                process.kill()
                raise SystemExit("bench/load: nginx did not start") from None
            time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
