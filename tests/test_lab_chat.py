"""`pytest e2e --network lab`: what it asks, that only the relays carry the chat, and what is left of it."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
from e2e_kit import LONG_S, Ended, start
from test_e2e_cleanup import GONE_S, MARK, marked, wait_for

from e2e import registry, scope
from e2e.lab import Lab, LabUnavailable, namespaces, why_not
from e2e.options import LAB, LOOPBACK, Settings, TurnOptions
from e2e.run import Run
from protocol.spec import load
from suite.expectations import NotRun

IN_LAB = ["--network", "lab", "--confirm", "1"]
ONLY_BY_RELAYS = ["--requirement", "WID-2", "-k", "two_who_reach_only_the_relays_chat"]
MISSING = [name for name in ("chromium", "turnserver") if shutil.which(name) is None]


def no_lab() -> str:
    """Why there can be no browsers in a lab here; empty where there can."""
    if reason := why_not():
        return reason
    if MISSING:
        return f"not installed: {', '.join(MISSING)}"
    try:
        Lab().start().stop()
    except LabUnavailable as error:  # root, and yet not allowed to: in a container, say
        return str(error)
    return ""


@pytest.fixture(scope="module")
def can() -> None:
    if reason := no_lab():
        pytest.skip(reason)


@pytest.fixture(scope="module")
def both(can: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, Ended]:
    """Two runs at once: of the reference server, and of one whose iceServers name no TURN server."""
    cases = {
        "right": ["--requirement", "WID-2", "--requirement", "WID-6", "-k", "relays_chat or was_cut"],
        "wrong": [*ONLY_BY_RELAYS, "--mutant", "ice-servers-without-turn"],
    }
    folders = {name: tmp_path_factory.mktemp(name) for name in cases}
    processes = {name: start(folders[name], *IN_LAB, *options) for name, options in cases.items()}
    try:
        found = []
        for name, process in processes.items():
            out, _ = process.communicate(timeout=LONG_S)
            found.append(Ended(process.returncode, out, folders[name]))
    finally:
        for process in processes.values():
            process.kill()
    return found[0], found[1]


def test_two_behind_nats_chat_by_relays_and_outlive_a_cut_link(both: tuple[Ended, Ended]) -> None:
    right, _ = both
    chat, cut = right.verdict("WID-2"), right.verdict("WID-6")
    assert (chat["verdict"], cut["verdict"]) == ("pass", "pass"), right.out
    # Every path was tried: each browser offered its own address too.
    assert chat["note"].count("host") == 2 and chat["note"].count("relay") == 2
    assert "measured: back" in cut["note"] and "s after the link was mended" in cut["note"]
    assert right.code == 0
    assert "after the link was mended" in (right.folder / "requirements.html").read_text(encoding="utf-8")


def test_without_a_turn_server_there_is_no_chat(both: tuple[Ended, Ended]) -> None:
    _, wrong = both
    verdict = wrong.verdict("WID-2")
    assert verdict["verdict"] == "fail", wrong.out
    assert "a data channel opens" in verdict["reason"]


def test_where_there_can_be_no_lab_it_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    process = start(tmp_path / "run", *IN_LAB, *ONLY_BY_RELAYS, env={"PATH": str(tmp_path / "bin")})
    out, _ = process.communicate(timeout=LONG_S)
    verdict = Ended(process.returncode, out, tmp_path / "run").verdict("WID-2")
    assert (verdict["verdict"], verdict["cause"]) == ("not-run", "tools"), out
    wanted = "not installed: iproute2, nftables" if os.geteuid() == 0 else "network namespaces need root"
    assert verdict["reason"] == f"--network lab: {wanted}"


def test_a_turn_server_that_is_not_in_the_lab_is_none() -> None:
    for turn in (TurnOptions("url"), TurnOptions("auto", urls=("turn:127.0.0.1:1",))):
        run = Run(Settings(network=LAB, turn=turn), load())
        run._start_lab()
        assert run.lab is None
        with pytest.raises(NotRun, match="the TURN server has to be in it: choose --turn process") as caught:
            run.need_network()
        assert caught.value.cause == "tools"


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/", "http://chat.example:3000/#{token}"])
def test_a_page_that_the_lab_does_not_reach_is_named(url: str) -> None:
    settings = Settings(network=LAB, app_url=url)
    run = Run(settings, load())
    target = scope.target_of(settings, run.spec)
    assert run._open_to_lab(Lab(), target) is target
    with pytest.raises(
        NotRun, match=f"{url.split('/')[2]} is not reached from it, only http on the loopback"
    ):
        run.need_network()


def test_in_the_lab_are_the_checks_between_pages_and_its_own_and_elsewhere_the_others() -> None:
    registry.load_checks()
    spec = load()
    asked = {}
    for network in (LOOPBACK, LAB):
        settings = Settings(network=network, nightly=True)
        target = scope.target_of(settings, spec)
        asked[network] = [item for item in scope.items_of(spec) if scope.wanted(item, target, settings)]
    names = {network: {item.check.name for item in items} for network, items in asked.items()}
    assert not any(item.fitness for item in asked[LAB])
    assert {item.side for item in asked[LAB]} == {"browser"}
    own = {item.check.name for item in asked[LAB] if item.check.module == "e2e.checks.lab"}
    assert names[LAB] - names[LOOPBACK] == own and len(own) >= 5
    assert "one_creates_another_joins_and_both_are_heard" in names[LAB] & names[LOOPBACK]
    assert "presence_is_shown_and_cleared" in names[LOOPBACK] - names[LAB]  # by a headless peer
    assert "chromium_and_firefox_chat" in names[LOOPBACK] - names[LAB]
    left = scope.left_out(target, Settings(network=LAB), spec)
    assert "ICE-4" in left and "WID-2" not in left
    assert scope.left_out(target, Settings(), spec) == []


def places(mark: str) -> set[str]:
    """The namespaces that the marked processes are in."""
    found: set[str] = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"{MARK}={mark}".encode() in (entry / "environ").read_bytes():
                found |= set(namespaces.run("ip", "netns", "identify", entry.name).split())
        except (OSError, namespaces.LabError):
            continue  # it has ended meanwhile
    return found


def test_a_killed_run_leaves_no_namespace_no_process_no_folder(can: None, tmp_path: Path) -> None:
    mark, folder = secrets.token_hex(8), tmp_path / "run"
    temp = Path(tempfile.mkdtemp(prefix="left-"))  # short: a browser makes a socket in it
    process = start(folder, *IN_LAB, *ONLY_BY_RELAYS, env={MARK: mark, "TMPDIR": str(temp)})
    seen: set[str] = set()

    def there() -> bool:
        seen.update(places(mark))
        both = sum("chromium" in line for line in marked(mark)) > 1
        return both and {name.rsplit("-", 1)[1] for name in seen} >= {"a", "b", "inet"}

    try:
        # From when both browsers are there; once they chat it may be over before all this was looked at.
        assert wait_for(there, LONG_S), (seen, marked(mark))
        prefix = min(seen).rsplit("-", 1)[0]
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=LONG_S)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert wait_for(lambda: not marked(mark), GONE_S), marked(mark)

    def remaining() -> list[str]:
        return [name for name in os.listdir(namespaces.FOLDER) if name.startswith(prefix)]

    assert wait_for(lambda: not remaining(), GONE_S), remaining()
    links = {
        line.split(":")[1].split("@")[0].strip() for line in namespaces.run("ip", "-o", "link").splitlines()
    }
    assert links.isdisjoint({"outa", "outb", "net", "in", "out"})
    assert wait_for(lambda: not list(temp.iterdir()), GONE_S), sorted(temp.iterdir())
    temp.rmdir()
