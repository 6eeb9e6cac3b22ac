"""The report for people: what its pages show, that they lead to one another, that they stay small, and that
nothing a target sends does anything in them.
"""

from __future__ import annotations

import itertools
import posixpath
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from report_kit import (
    ATTEMPT,
    HOSTILE,
    UNPRINTABLE,
    a_failure,
    all_of,
    exchange,
    header,
    hostile_records,
    report,
    site,
    verdict,
)

from reports import advice, failures, made, page, sequence, writers
from reports.advice import Advice
from reports.runlog import BODY_CHARS
from reports.score import Report
from reports.verdicts import Verdict

V = Verdict
FAILURE = "failures/MBOX-2.html"
FORBIDDEN = {"script", "iframe", "object", "embed", "link", "form", "input", "base", "img", "video", "audio"}


class Elements(HTMLParser):
    """Every element and attribute of a page, its ids and its headings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.headings: list[int] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def all(self, name: str) -> list[str]:
        return [value for _, found, value in self.attributes if found == name]


@pytest.fixture
def hostile(tmp_path: Path) -> Report:
    """Of a target that puts markup wherever it can, and of a run log whose header was tampered with."""
    target = {"name": HOSTILE, "base_url": f"http://127.0.0.1/{HOSTILE}", "origins": [HOSTILE]}
    records = hostile_records()
    records[0]["actor"] = records[1]["operation"] = HOSTILE
    found = report(tmp_path, records, target=target, stopped=HOSTILE)
    found.header["mutants"] = {"MBOX-2": {HOSTILE: HOSTILE}}
    found.header["environment"] = {"system": HOSTILE, "packages": {HOSTILE: HOSTILE}}
    found.header["options"]["profiles"] = [HOSTILE]
    return found


def pages_of(files: dict[str, str]) -> dict[str, Elements]:
    return {name: Elements(text) for name, text in files.items() if name.endswith(".html")}


# --- nothing acts -------------------------------------------------------------------------------------------


def test_no_page_has_anything_in_it_that_acts_or_loads(hostile: Report, tmp_path: Path) -> None:
    files = site(hostile, tmp_path)
    assert {"index.html", "requirements.html", "made.html", FAILURE, "failures/MBOX-3.html"} <= set(files)
    for name, found in pages_of(files).items():
        assert not found.names & FORBIDDEN, name
        bad = [one for _, one, _ in found.attributes if one.startswith("on") or one in ("src", "style")]
        assert not bad, name
        for href in found.all("href"):
            assert re.fullmatch(r"(\.\./)?[\w./-]*(#[\w-]+)?", href), (name, href)
        assert "default-src 'none'" in files[name] and "img-src" not in files[name]
    for name, text in files.items():  # a shell script sends the very bytes
        assert name.endswith(".sh") or UNPRINTABLE.search(text) is None, name


def test_markup_comes_through_as_text(hostile: Report, tmp_path: Path) -> None:
    files = site(hostile, tmp_path)
    for name in ("index.html", "made.html", FAILURE):
        assert "{{ 7*7 }}" in files[name], name
        assert "document.title=&#39;run&#39;" in files[name], name


# --- the pages lead to one another --------------------------------------------------------------------------


def many_red(folder: Path) -> Report:
    records = [*a_failure(), *(verdict(name, V.FAIL) for name in ("ROOM-1", "AUTH-2", "VAL-3"))]
    peer = {**verdict("PEER-3", V.FAIL, reason="nothing came"), "as": "fitness"}
    return report(folder, [*records, verdict("ROOM-4", V.PASS), peer])


def test_every_link_leads_somewhere(tmp_path: Path) -> None:
    found = many_red(tmp_path)
    writers.write_all(found, tmp_path)
    pages = pages_of(site(found, tmp_path))
    assert len(pages) == 3 + len(found.red)
    led = 0
    for name, elements in pages.items():
        for href in elements.all("href"):
            path, _, anchor = unquote(href).partition("#")
            there = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            assert (tmp_path / there).is_file(), (name, href)
            assert not anchor or anchor in pages[there].all("id"), (name, href)
            led += 1
    assert led > 40


def test_headings_are_in_order_and_ids_are_used_once(tmp_path: Path) -> None:
    for name, elements in pages_of(site(many_red(tmp_path), tmp_path)).items():
        levels = elements.headings
        assert levels[0] == 1 and levels.count(1) == 1, name
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), (name, levels)
        ids = elements.all("id")
        assert len(ids) == len(set(ids)), name
        assert "#content" in elements.all("href") and {"main", "nav", "header"} <= elements.names, name


def test_failures_can_be_read_one_after_the_other(tmp_path: Path) -> None:
    files = site(many_red(tmp_path), tmp_path)
    name, seen = "MBOX-2.html", []
    while name:
        seen.append(name)
        following = re.search(r'<a href="([^"]+)">[^<]* →</a>', files[f"failures/{name}"])
        name = following[1] if following else ""
    assert seen == ["MBOX-2.html", "ROOM-1.html", "AUTH-2.html", "VAL-3.html", "PEER-3-fitness.html"]


# --- what they show -----------------------------------------------------------------------------------------


def test_the_overview_says_what_to_fix_first(tmp_path: Path) -> None:
    records = [*a_failure(), verdict("ROOM-6", V.FAIL, reason="something else"), verdict("ROOM-1", V.PASS)]
    text = site(report(tmp_path, records), tmp_path)["index.html"]
    first = text[text.index("What to fix first") : text.index("What is red")]
    assert first.index("1. getOffer: wanted 404, got 200") < first.index("2. something else")
    assert "up to +41.7 points" in first and "up to +16.7 points" in first
    assert 'href="failures/MBOX-2.html#again"' in first


def test_a_failure_has_a_page_with_its_exchanges(tmp_path: Path) -> None:
    text = site(report(tmp_path, a_failure()), tmp_path)[FAILURE]
    assert '<dd class="pass">getOffer: 404</dd>' in text
    assert text.count("← decided here") == 1
    assert text.index("GET /signaling/offer/room_1 → 200") < text.index("← decided here")
    assert "<code>alice GET /signaling/offer/room_1 → 200</code>" in text
    assert '<pre aria-label="curl">curl -sS http://127.0.0.1:8787/signaling/offer/room_1</pre>' in text
    assert 'class="sequence"' in text


def test_a_history_keeps_its_lines(tmp_path: Path) -> None:
    *exchanges, failed = a_failure(
        failure={"about": "reads", "wanted": "an order\n  alice sends", "got": "none"}
    )
    text = site(report(tmp_path, [*exchanges, failed]), tmp_path)[FAILURE]
    assert '<dd class="pass history">reads: an order\n  alice sends</dd>' in text
    assert ".history{white-space: pre-wrap" in text


def test_what_proves_the_check_and_what_to_do_stand_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = report(tmp_path, a_failure())
    assert "What proves the check" not in site(found, tmp_path)[FAILURE]
    found.header["mutants"] = {"MBOX-2": {"offer-survives-reading": "an offer is handed out again"}}
    monkeypatch.setattr(advice, "of", lambda name: Advice(f"{name} matters", ("a cache",), "Delete it."))
    text = site(found, tmp_path)[FAILURE]
    assert "<li><code>offer-survives-reading</code>: an offer is handed out again</li>" in text
    assert "MBOX-2 matters" in text and "<li>a cache</li>" in text and "<p>Delete it.</p>" in text


def test_what_browsers_left_is_shown_and_nothing_outside_the_run(tmp_path: Path) -> None:
    names = ["e2e/WID-2 <b>/page.png", "e2e/trace.zip", "../../etc/passwd.png", "/etc/shadow"]
    failed = {**verdict("WID-2", V.FAIL, attempt="WID-2 a#1"), "artifacts": names}
    text = site(report(tmp_path, [failed]), tmp_path)["failures/WID-2.html"]
    elements = Elements(text)
    assert elements.all("src") == ["../e2e/WID-2%20%3Cb%3E/page.png"]
    assert "../e2e/trace.zip" in elements.all("href")
    assert "<code>playwright show-trace e2e/trace.zip</code>" in text
    assert "etc/" not in text
    assert "img-src 'self'; style-src" in text


def test_the_run_can_be_made_again(tmp_path: Path) -> None:
    found = report(tmp_path, a_failure(), target={"base_url": "http://127.0.0.1:1/it's"})
    found.header["options"] |= {"confirm": 2, "gentle": True, "control_lane": False, "profiles": ["core"]}
    found.header["environment"] = {"cores": 2, "packages": {"httpx": "0.28.1"}}
    line = made.again(found.header)
    words = "--seed 7 --profile core --max-wait 35 --concurrency 16 --confirm 2 --time real"
    assert (
        line == f"""parley score --target 'http://127.0.0.1:1/it'"'"'s' {words} --gentle --no-control-lane"""
    )
    text = site(found, tmp_path)["made.html"]
    assert '<th scope="row">packages</th><td>httpx: 0.28.1</td>' in text
    assert "--requirement MBOX-2" in site(found, tmp_path)[FAILURE]
    assert "--profile" not in made.again(found.header, "MBOX-2")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"embedded": True, "mutant": None, "control_lane": False}, "score --seed 7"),
        ({"embedded": True, "mutant": "a-fault"}, "score --mutant a-fault --seed 7"),
        (
            {"target_file": "my server.toml", "start": True},
            "score --target-file 'my server.toml' --start --seed",
        ),
        ({"budget": 60.0}, "--time real --budget 60"),
    ],
)
def test_it_is_made_again_as_it_was_made(options: dict[str, Any], words: str) -> None:
    first = header(["MBOX-2"])
    line = made.again({**first, "options": {**first["options"], **options}})
    assert words in line
    assert "--no-control-lane" not in line


def test_a_run_in_which_nothing_could_be_asked_has_whole_pages(tmp_path: Path) -> None:
    found = report(tmp_path, [verdict("MBOX-2", V.NOT_RUN, check=None)], stopped="gives no HTTP answer")
    text = site(found, tmp_path)["index.html"]
    assert text.endswith("</html>")
    assert "The run was stopped: gives no HTTP answer" in text
    assert "Nothing that was decided is red at the target." in text


# --- the folder ---------------------------------------------------------------------------------------------


def test_a_second_report_takes_away_what_the_first_wrote_and_nothing_else(tmp_path: Path) -> None:
    site(report(tmp_path, a_failure()), tmp_path)
    mine = tmp_path / "failures" / "notes.txt"
    mine.write_text("mine", encoding="utf-8")
    outside = tmp_path.parent / f"{tmp_path.name}-outside.txt"
    outside.write_text("not ours", encoding="utf-8")
    with (tmp_path / page.WRITTEN).open("a", encoding="utf-8") as listing:
        listing.write(f"../{outside.name}\n")
    assert (tmp_path / FAILURE).is_file()
    site(report(tmp_path, [verdict("ROOM-1", V.PASS)]), tmp_path)
    assert [file.name for file in (tmp_path / "failures").iterdir()] == ["notes.txt"]
    assert mine.read_text(encoding="utf-8") == "mine" and outside.is_file()
    mine.unlink()
    site(report(tmp_path, [verdict("ROOM-1", V.PASS)]), tmp_path)


def test_a_list_of_anybodys_takes_nothing_away_but_pages(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "MBOX-9.html").write_text("mine", encoding="utf-8")
    found = report(folder, [verdict("ROOM-1", V.PASS)])
    (folder / "failures").symlink_to(elsewhere)
    kept = ["run.jsonl", "result.json", "failures/notes.html", "failures/ROOM-1.py"]
    for name in kept[1:]:
        (folder / name).write_text("mine", encoding="utf-8")
    (folder / "load.html").symlink_to(elsewhere / "MBOX-9.html")
    listed = [
        *kept,
        "failures/MBOX-9.html",
        "load.html",
        "./run.jsonl",
        "failures/../run.jsonl",
        "index.html",
    ]
    (folder / page.WRITTEN).write_bytes("\n".join(listed).encode() + b"\n\xff\n")
    page.write(found, folder)
    assert all((folder / name).is_file() for name in kept)
    assert (elsewhere / "MBOX-9.html").read_text(encoding="utf-8") == "mine"
    assert (folder / "load.html").is_symlink()


def test_pages_stay_small_whatever_a_run_sent(tmp_path: Path) -> None:
    long = {"body": {"bytes": 90_000, "text": "x" * 90_000}}
    many = [exchange(number, answer=long, actor=f"guest{number % 50}") for number in range(1, 10_001)]
    failed = a_failure(exchange=9_000)[-1]
    files = site(report(tmp_path, [*many, failed]), tmp_path)
    text = files[FAILURE]
    assert text.count("← decided here") == 1
    assert text.count("<details><summary><code>") == failures.EXCHANGES
    assert f"… {9_000 + failures.AFTER - failures.EXCHANGES} before are in run.jsonl" in text
    assert f"… {9_000 - sequence.SHOWN} before</p>" in text
    assert len(text) < failures.EXCHANGES * (BODY_CHARS + 1000) + 100_000
    assert sum(map(len, files.values())) < 1_000_000


def test_a_report_in_which_everything_failed_stays_small(tmp_path: Path) -> None:
    asked: list[Any] = []
    for number, name in enumerate(all_of(["core", "auth", "validation", "privacy", "party", "ice"])):
        attempt = f"{name}#1"
        asked += [exchange(100 * number + at, attempt=attempt) for at in range(50)]
        failure = {"about": "getOffer", "wanted": "404", "got": "200"}
        asked.append(verdict(name, V.FAIL, attempt=attempt, exchange=100 * number + 49, failure=failure))
    files = site(report(tmp_path, asked), tmp_path)
    red = [name for name in files if re.fullmatch(r"failures/[\w-]+\.html", name)]
    assert len(red) > 90
    assert sum(len(files[name]) for name in red) / len(red) < 80_000


def test_of_a_requirement_with_many_checks_some_are_shown_whole_and_the_others_named(tmp_path: Path) -> None:
    cases = [
        verdict("VAL-3", V.FAIL, case=f"case {n}", attempt=ATTEMPT, reason=f"why {n}") for n in range(80)
    ]
    text = site(report(tmp_path, cases), tmp_path)["failures/VAL-3.html"]
    assert text.count("<article") == failures.WHOLE
    assert text.count("it holds [case ") == failures.WHOLE + failures.NAMED
    assert f"{80 - failures.WHOLE - failures.NAMED} more are in result.json." in text
