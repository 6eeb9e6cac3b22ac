"""Hostile targets are normal: a run ends in time, within memory, with true verdicts; its reports parse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from score_kit import SECRET, UNCONFIRMED, Bystander, Scored, free_port, hostile, score
from server_kit import ServerProcess

DEADLINE = 150  # s; generous: these runs take a few seconds, and ten times as many on a busy machine
PEAK_MB = 300
SOME = ("--profile", "core", "--profile", "auth", "--max-wait", "0")
PLAIN = f'profiles = ["core", "auth"]\ntokens = {{ secret = "{SECRET}" }}\n'
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def run(folder: Path, url: str, *options: str, deadline: float = DEADLINE) -> Scored:
    """A run whose outward signs are judged here: time, memory, exit code, reports, terminal."""
    words = options if "--confirm" in options else (*options, *UNCONFIRMED)
    done = score(folder, "--target", url, "--deadline", f"{deadline:g}", *words, timeout_s=deadline + 120)
    assert done.code in (1, 2), done.err
    assert done.result["exit_code"] == done.code
    assert done.result["seconds"] <= deadline + 10, "it ends by its deadline, not long after it"
    assert done.peak_mb <= PEAK_MB
    assert ET.parse(folder / "junit.xml").getroot().tag == "testsuites"  # noqa: S314 - our own report
    assert (folder / "index.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert not CONTROL.search(done.out + done.err)
    assert "Traceback" not in done.err
    assert not done.having("harness-error")
    return done


# -- nothing that speaks HTTP


def nothing_decided(done: Scored, word: str) -> None:
    assert done.code == 2
    assert set(done.verdicts.values()) <= {"not-run", "not-applicable", "not-claimed"}
    assert word in done.reason("ROOM-1")
    assert word in done.result["stopped"]


def test_a_target_that_is_down(tmp_path: Path) -> None:
    nothing_decided(run(tmp_path, f"http://127.0.0.1:{free_port()}"), "gives no HTTP answer")


@pytest.mark.parametrize("name", ["not-http", "closes", "length-too-long", "endless"])
def test_a_target_without_one_valid_answer(name: str, tmp_path: Path) -> None:
    with hostile(name) as url:
        nothing_decided(run(tmp_path, url), "gives no HTTP answer")


@pytest.mark.parametrize("name", ["silent", "drip"])
def test_a_target_that_never_gets_done(name: str, tmp_path: Path) -> None:
    with hostile(name) as url:
        nothing_decided(run(tmp_path, url, deadline=4), "deadline")


def test_a_target_that_only_answers_health_is_cut_short_by_the_deadline(tmp_path: Path) -> None:
    with hostile("silent", "--healthy") as url:
        done = run(tmp_path, url, "--requirement", "ROOM-1", "--requirement", "AUTH-9", deadline=4)
    assert done.code == 2
    assert set(done.verdicts.values()) == {"not-run"}
    assert done.reason("ROOM-1") == done.result["stopped"] == "the deadline was over"


def test_a_request_has_its_own_patience(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    with hostile("drip", "--healthy") as url:
        file.write_text(f'{PLAIN}base_url = "{url}"\n[timeouts]\nrequest_s = 3\n', encoding="utf-8")
        done = run(tmp_path, url, "--target-file", str(file), "--requirement", "ROOM-1")
    assert done.code == 1
    assert done.verdicts == {"ROOM-1": "fail"}
    assert "no answer within 3 s" in done.reason("ROOM-1")


# -- HTTP that is plain wrong


def passes(done: Scored) -> set[str]:
    return set(done.having("pass"))


def test_every_answer_is_an_empty_object(tmp_path: Path) -> None:
    """Each fail confirmed, and asked of the control lane: such a run is not endless."""
    with hostile("empty-object") as url:
        done = run(tmp_path, url, *SOME, "--confirm", "3")
    assert done.code == 1
    assert {"ROOM-1", "AUTH-1", "AUTH-2", "AUTH-9", "HEALTH-1", "ERR-1"} <= set(done.having("fail"))
    assert not passes(done)


def test_every_answer_is_a_server_error(tmp_path: Path) -> None:
    with hostile("server-error") as url:
        done = run(tmp_path, url, *SOME)
    assert done.code == 1
    assert {"ERR-3", "ROOM-1", "AUTH-1", "AUTH-9", "HEALTH-1"} <= set(done.having("fail"))
    # Its errors have a valid shape and reveal nothing: that much it has shown.
    assert passes(done) <= {"ERR-4", "ERR-5"}


def test_every_answer_is_a_web_page(tmp_path: Path) -> None:
    with hostile("html") as url:
        done = run(tmp_path, url, *SOME)
    assert {"ROOM-1", "AUTH-1", "AUTH-9", "HEALTH-1", "ERR-1"} <= set(done.having("fail"))
    assert not passes(done)


def test_redirects_are_not_followed_and_lead_nowhere(tmp_path: Path) -> None:
    bystander = Bystander()
    try:
        with hostile("redirects", "--elsewhere", bystander.url) as url:
            done = run(tmp_path, url, *SOME)
    finally:
        bystander.close()
    assert bystander.visits == 0
    assert {"ROOM-1", "AUTH-1", "AUTH-9", "HEALTH-1", "ERR-1"} <= set(done.having("fail"))
    assert not passes(done)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("endless", "the body is larger than"),
        ("gzip-bomb", "200"),
        ("invalid-utf8", r'200 {"success": true, "message": "\xff\xfe'),
        ("length-too-long", "no valid answer"),
        ("length-too-short", '200 {"success": true,'),
    ],
)
def test_bodies_that_are_none(name: str, word: str, tmp_path: Path) -> None:
    with hostile(name, "--healthy") as url:
        done = run(tmp_path, url, *SOME)
    assert done.code == 1
    assert {"ROOM-1", "AUTH-1", "AUTH-9"} <= set(done.having("fail"))
    assert word in done.reason("ROOM-1")
    assert passes(done) <= {"HEALTH-1", "HEALTH-2", "ERR-3"}, "health is all that works"
    assert (tmp_path / "run.jsonl").stat().st_size < 64 * 1024**2


def test_answers_of_any_type_are_no_error_of_ours(tmp_path: Path) -> None:
    with hostile("odd-types", "--healthy") as url:
        done = run(tmp_path, url, "--max-wait", "0")
    assert done.code == 1
    assert {"ROOM-1", "AUTH-1", "ERR-3"} <= set(done.having("fail"))
    assert not done.having("harness-error"), "what a target sends is never our fault"


def test_a_wrong_value_now_and_then_is_no_error_of_ours(good: ServerProcess, tmp_path: Path) -> None:
    upstream = good.url.removeprefix("http://")
    file = tmp_path / "target.toml"
    with hostile("corrupts", "--healthy", "--upstream", upstream) as url:
        file.write_text(
            f'base_url = "{url}"\ntokens = {{ secret = "{SECRET}" }}\n'
            "delivery = { cookie = { encrypted = false } }\n",
            encoding="utf-8",
        )
        profiles = ("core", "party", "privacy", "ice")
        chosen = [word for name in profiles for word in ("--profile", name)]
        done = run(tmp_path / "run", url, "--target-file", str(file), "--max-wait", "0", *chosen)
    assert done.code == 1
    assert done.having("fail", "inconclusive")


# -- a good server behind a proxy that ends connections


@pytest.fixture
def good(tmp_path: Path) -> Iterator[ServerProcess]:
    config = {"auth": {"hs256_secret": SECRET}, "test_control": {"enabled": True}}
    folder = tmp_path / "server"
    folder.mkdir()
    with ServerProcess(folder, config) as server:
        yield server


def test_connections_dropped_after_a_401_are_no_fault(good: ServerProcess, tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text(
        f'{PLAIN}base_url = "http://127.0.0.1:1"\ntest_control = true\n'
        "delivery = { cookie = { encrypted = false } }\n",
        encoding="utf-8",
    )
    options = ("--target-file", str(file), "--seed", "1")
    straight = score(tmp_path / "straight", "--target", good.url, *options)
    with hostile("drops-after-401", "--upstream", good.url.removeprefix("http://")) as url:
        through = score(tmp_path / "through", "--target", url, *options)
    assert (straight.code, through.code) == (0, 0), through.out
    assert through.verdicts == straight.verdicts
    dropped = [
        record
        for record in through.records
        if record["type"] == "exchange" and not record["answer"].get("status")
    ]
    assert not dropped, "no request of the run met a dropped connection"
    assert not through.having("fail", "inconclusive", "flaky", "harness-error")


def test_the_run_log_of_a_hostile_run_is_json_to_its_end(tmp_path: Path) -> None:
    with hostile("invalid-utf8", "--healthy") as url:
        done = run(tmp_path, url, "--requirement", "ROOM-1")
    records = [json.dumps(record) for record in done.records]
    assert json.loads(records[0])["type"] == "header"
    assert json.loads(records[-1])["type"] == "footer"
