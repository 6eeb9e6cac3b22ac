"""Every format of a run, read by its own schema or by who consumes it; and nothing hostile acts in one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import junitparser
import pytest
from markdown_it import MarkdownIt
from node_kit import TOOLS, node_with_tools
from prometheus_client.parser import text_string_to_metric_families
from report_kit import (
    CONTROL,
    PROFILES,
    SPEC,
    UNPRINTABLE,
    a_failure,
    all_of,
    card,
    exchange,
    report,
    site,
    verdict,
)

from reports import formats, page, writers
from reports.formats import badge, ctrf, junit, markdown, prometheus, sarif, shields, spec_lines
from reports.formats.standing import GREEN, GREY, RED, YELLOW, standing
from reports.runlog import Record
from reports.score import Report
from reports.verdicts import Verdict

V = Verdict
MARKUP = (
    "<script>document.title='run'</script>``` | \" \\ \n</details> @everyone "
    "[x](https://evil.example) {0} & é"
)
HOSTILE = MARKUP + CONTROL
SARIF_SCHEMA = TOOLS / "node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
TARGET = {"expected_failures": [{"id": "ROOM-4", "reason": "known", "issue": None}]}


def with_artifact(name: str, **more: Any) -> list[Record]:
    *before, failed = a_failure(**more)
    return [*before, {**failed, "artifacts": [name]}]


def mixed() -> list[Record]:
    """Of each verdict one or more, and a load."""
    return [
        *with_artifact("e2e/trace.zip", tries=[{"attempt": "a", "verdict": "fail", "alone": False}] * 2),
        verdict("ROOM-1", V.PASS, seconds=1.25),
        verdict("ROOM-2", V.HARNESS_ERROR),
        verdict("ROOM-3", V.FLAKY),
        verdict("ROOM-4", V.FAIL),
        verdict("ROOM-6", V.FAIL),  # a SHOULD
        verdict("ROOM-12", V.NOT_RUN, cause="time"),
        verdict("MBOX-14", V.FAIL),  # a MAY
        verdict("AUTH-2", V.NOT_RUN, cause="excluded", check=None),
        verdict("EMO-1", V.NOT_CLAIMED, check=None),
        verdict("HDR-3", V.NOT_APPLICABLE, check=None),
        verdict("VAL-1", V.INCONCLUSIVE),
        {**verdict("PEER-1", V.FAIL), "as": "fitness"},
    ]


def hostile_records() -> list[Record]:
    said = {"about": HOSTILE, "wanted": HOSTILE, "got": HOSTILE}
    request = {"path": f"/{HOSTILE}", "headers": [["x", HOSTILE]], "curl": f"curl '{HOSTILE}'"}
    failed = with_artifact(HOSTILE, failure=said, reason=HOSTILE, case=HOSTILE, note=HOSTILE)[-1]
    return [
        exchange(2, actor=HOSTILE, request=request, answer={"body": {"bytes": 4, "text": HOSTILE}}),
        failed,
        verdict("MBOX-3", V.INCONCLUSIVE, reason=HOSTILE),
        verdict("MBOX-4", V.HARNESS_ERROR, reason=HOSTILE),
        verdict("MBOX-5", V.FAIL, reason=HOSTILE),
    ]


@pytest.fixture
def some(tmp_path: Path) -> Report:
    return report(tmp_path, mixed(), target=TARGET)


@pytest.fixture
def hostile(tmp_path: Path) -> Report:
    expected = [{"id": "MBOX-5", "reason": HOSTILE, "issue": HOSTILE}]
    target = {"name": HOSTILE, "base_url": f"http://x/{HOSTILE}", "expected_failures": expected}
    return report(tmp_path, hostile_records(), target=target, stopped=HOSTILE)


@pytest.fixture
def empty(tmp_path: Path) -> Report:
    return report(tmp_path, [verdict("MBOX-2", V.NOT_RUN, check=None)], stopped="gives no answer")


@pytest.fixture(params=["some", "hostile", "empty"])
def any_of_them(request: pytest.FixtureRequest) -> Report:
    found: Report = request.getfixturevalue(request.param)
    return found


# result.json has the data as they came, in what JSON makes of them.
@pytest.mark.parametrize("name", [name for name in formats.FORMATS if name != "json"])
def test_nothing_unprintable_is_in_any_format(hostile: Report, name: str) -> None:
    text = formats.FORMATS[name].render(hostile)
    assert UNPRINTABLE.search(text) is None
    assert formats.FORMATS[name].render(hostile) == text


def test_each_has_a_file_of_its_own(some: Report, tmp_path: Path) -> None:
    written = writers.write(some, tmp_path / "new" / "folder", [*writers.NAMES, "json"])
    names = [path.name for path in written]
    assert len(set(names)) == len(names) == len(writers.NAMES)
    assert set(names) == {one.file for one in formats.FORMATS.values()} | {page.FILE}
    assert all(path.parent == tmp_path / "new" / "folder" and path.stat().st_size for path in written)


# -- JUnit


def test_junit_is_read_by_junitparser(any_of_them: Report, tmp_path: Path) -> None:
    file = formats.save(junit.render(any_of_them), tmp_path / "junit.xml")
    found = junitparser.JUnitXml.fromfile(str(file))
    cases = [case for suite in found for case in suite]
    own = bool(any_of_them.footer["stopped"]) + len(any_of_them.problems)
    assert len(cases) == found.tests == len(any_of_them.log.verdicts) + own
    kinds = [type(result).__name__.lower() for case in cases for result in case.result]
    assert (found.failures, found.errors, found.skipped) == tuple(
        kinds.count(kind) for kind in ("failure", "error", "skipped")
    )
    found.update_statistics()
    assert found.tests == len(cases)


def test_junit_is_not_green_for_a_run_that_was_stopped_or_has_a_problem(tmp_path: Path) -> None:
    expected = {"expected_failures": [{"id": "ROOM-6", "reason": "", "issue": None}]}
    found = report(tmp_path, all_of(PROFILES).values(), target=expected, stopped=f"interrupted{HOSTILE}")
    root = ET.fromstring(junit.render(found))  # noqa: S314 - our own
    (run,) = (suite for suite in root if suite.get("name") == "run")
    assert (root.get("errors"), run.get("errors"), run.get("tests")) == ("2", "2", "2")
    stopped, problem = run.iter("error")
    assert str(stopped.get("message")).startswith("interrupted<script>")
    assert str(problem.get("message")).startswith("ROOM-6 was expected to fail, yet passed")
    well = report(tmp_path, all_of(PROFILES).values())
    assert 'errors="0"' in junit.render(well) and 'name="run"' not in junit.render(well)


# -- CTRF


def ctrf_complaints(document: Any) -> list[Any]:
    done = subprocess.run(
        [node_with_tools(), str(TOOLS / "ctrf.mjs")],
        input=json.dumps(document),
        check=True,
        timeout=120,
        capture_output=True,
        text=True,
    )
    found: list[Any] = json.loads(done.stdout)["errors"]
    return found


def test_ctrfs_own_validator_accepts_it(any_of_them: Report) -> None:
    assert ctrf_complaints(json.loads(ctrf.render(any_of_them))) == []


def test_ctrfs_own_validator_would_refuse_a_broken_one(some: Report) -> None:
    document = ctrf.document(some)
    document["results"]["tests"][0]["status"] = "red"
    assert ctrf_complaints(document)


def test_ctrf_says_of_each_check_what_it_came_to(some: Report) -> None:
    results = ctrf.document(some)["results"]
    found = {test["labels"]["requirement"]: (test["status"], test["rawStatus"]) for test in results["tests"]}
    assert found == {
        "MBOX-2": ("failed", "fail"),
        "ROOM-1": ("passed", "pass"),
        "ROOM-2": ("failed", "harness-error"),
        "ROOM-3": ("failed", "flaky"),
        "ROOM-4": ("other", "fail"),  # expected
        "ROOM-6": ("other", "fail"),
        "ROOM-12": ("skipped", "not-run"),
        "MBOX-14": ("other", "fail"),
        "AUTH-2": ("pending", "not-run"),
        "EMO-1": ("skipped", "not-claimed"),
        "HDR-3": ("skipped", "not-applicable"),
        "VAL-1": ("failed", "inconclusive"),
        "PEER-1": ("other", "fail"),  # not claimed
    }
    summary = results["summary"]
    assert summary["tests"] == 13 == sum(summary[status] for status in ctrf.STATUSES)
    assert (summary["passed"], summary["failed"], summary["duration"]) == (1, 4, 4200)
    assert summary["stop"] - summary["start"] == 4000
    (failed,) = (test for test in results["tests"] if test["labels"]["requirement"] == "MBOX-2")
    assert failed["extra"] == {
        "wanted": "getOffer: 404",
        "got": '200 {"success":true}',
        "curl": "curl -sS http://127.0.0.1:8787/signaling/offer/room_1",
    }
    assert failed["message"] == "getOffer: wanted 404, got 200"
    assert {test["name"] for test in results["tests"] if "message" not in test} == {"ROOM-1 it holds"}
    assert (failed["retries"], failed["retryAttempts"]) == (1, [{"attempt": 1, "status": "failed"}])
    assert failed["attachments"] == [
        {"name": "trace.zip", "contentType": "application/zip", "path": "e2e/trace.zip"}
    ]


# -- SARIF


def sarif_complaints(document: Any) -> list[str]:
    node_with_tools()
    schema = json.loads(SARIF_SCHEMA.read_text(encoding="utf-8"))
    # A bracket too many: no regular expression. Nothing of ours has a language.
    for name in ("run", "toolComponent"):
        del schema["definitions"][name]["properties"]["language"]["pattern"]
    validator = jsonschema_rs.Draft4Validator(schema, validate_formats=True)
    return [f"{error.instance_path}: {error.message[:200]}" for error in validator.iter_errors(document)]


def test_sarif_is_valid_for_its_schema(any_of_them: Report) -> None:
    assert sarif_complaints(json.loads(sarif.render(any_of_them))) == []


def test_the_schema_of_sarif_would_refuse_a_broken_one(some: Report) -> None:
    document = sarif.document(some)
    document["runs"][0]["results"][0]["level"] = "grave"
    document["runs"][0]["tool"]["driver"].pop("name")
    assert len(sarif_complaints(document)) == 2


def results_of(found: Report) -> list[Record]:
    (run,) = sarif.document(found)["runs"]
    results: list[Record] = run["results"]
    return results


def test_sarif_has_a_result_for_what_is_red_gravest_first(some: Report) -> None:
    (run,) = sarif.document(some)["runs"]
    assert [(one["ruleId"], one["level"]) for one in run["results"]] == [
        ("MBOX-2", "error"),
        ("PEER-1", "note"),  # not claimed
        ("ROOM-3", "error"),
        ("VAL-1", "error"),
        ("ROOM-4", "error"),
        ("ROOM-6", "warning"),
    ]  # and nothing of MBOX-14, a MAY: not offered is no result
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    assert len({rule["id"] for rule in rules}) == len(rules) == 13
    suppressed = {
        one["ruleId"]: one["suppressions"][0]["justification"]
        for one in run["results"]
        if "suppressions" in one
    }
    assert suppressed == {"ROOM-4": "known"}
    (ours,) = run["invocations"][0]["toolExecutionNotifications"]
    assert ours["associatedRule"]["id"] == "ROOM-2"


def test_sarif_points_at_the_requirement_in_the_spec(some: Report) -> None:
    text = (SPEC.source / "requirements.yaml").read_text(encoding="utf-8").splitlines()
    for one in results_of(some):
        (place,) = one["locations"]
        physical = place["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "protocol/spec/requirements.yaml"
        assert re.search(rf"id: {one['ruleId']}\b", text[physical["region"]["startLine"] - 1])


def test_every_requirement_has_its_line() -> None:
    text = (SPEC.source / "requirements.yaml").read_text(encoding="utf-8").splitlines()
    lines = spec_lines.lines(SPEC.source)
    assert lines.keys() == SPEC.requirements.keys()
    assert all(re.search(rf"id: {name}\b", text[line - 1]) for name, line in lines.items())


def test_a_fingerprint_is_the_checks_own_in_every_run(tmp_path: Path) -> None:
    first = report(tmp_path / "one", [*a_failure(), verdict("ROOM-1", V.FAIL)])
    second = report(tmp_path / "two", [verdict("ROOM-4", V.FAIL), *a_failure(reason="another", case="")])
    prints = [
        {r["ruleId"]: r["partialFingerprints"]["parley/v1"] for r in results_of(f)} for f in (first, second)
    ]
    assert prints[0]["MBOX-2"] == prints[1]["MBOX-2"]
    assert len({*prints[0].values(), *prints[1].values()}) == 3
    cases = report(tmp_path / "three", [*a_failure(case="a"), *a_failure(case="b")])
    assert len({r["partialFingerprints"]["parley/v1"] for r in results_of(cases)}) == 2


def test_what_a_target_says_is_no_link_and_no_placeholder_in_sarif(hostile: Report) -> None:
    (run,) = sarif.document(hostile)["runs"]
    messages = [one["message"]["text"] for one in run["results"]]
    messages += [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]]
    assert len(messages) > 3
    for text in messages:
        assert not re.search(r"(?<!\\)[\[\]]", text)
        assert "{{0}}" in text or "{" not in text


def test_sarif_keeps_to_githubs_limits(tmp_path: Path) -> None:
    many = [verdict("MBOX-2", V.FAIL, case=str(n), reason="x" * 9000) for n in range(sarif.MOST_RESULTS + 5)]
    document = sarif.document(report(tmp_path, [*many, verdict("ROOM-6", V.FAIL)]))
    (run,) = document["runs"]
    assert len(run["results"]) == sarif.MOST_RESULTS
    assert all(len(one["message"]["text"]) < sarif.MESSAGE_CHARS + 50 for one in run["results"])
    assert all(len(rule["properties"]["tags"]) <= 10 for rule in run["tool"]["driver"]["rules"])


# -- Markdown


def test_markdown_shows_levels_and_what_is_red_with_its_evidence(some: Report) -> None:
    text = markdown.render(some)
    assert "## Parley: `a server`" in text
    assert f"**Score {some.score:g} %** of the 12 requirements selected" in text
    assert "| Core | not reached |" in text
    html = MarkdownIt("gfm-like").render(text)
    assert "<strong>MBOX-2</strong> MUST <strong>fail</strong> An offer is returned once" in html
    assert "<li>wanted <code>getOffer: 404</code></li>" in html
    assert '<code class="language-sh">curl -sS http://127.0.0.1:8787/signaling/offer/room_1\n</code>' in html
    assert "ROOM-1 " not in text  # it passed
    assert "MBOX-14" not in text  # a MAY


def test_markdown_has_none_of_the_targets_markup(hostile: Report) -> None:
    text = markdown.render(hostile)
    found = [
        t
        for token in MarkdownIt("gfm-like", {"html": True}).parse(text)
        for t in (token, *(token.children or ()))
    ]
    assert not {"link_open", "image", "s_open", "em_open"} & {token.type for token in found}
    html = "".join(token.content for token in found if token.type.startswith("html"))
    assert set(re.findall(r"<[^>]*>", html)) <= {
        "<details>",
        "<summary>",
        "</summary>",
        "</details>",
        "<sub>",
        "</sub>",
        "<br>",
    }
    assert html.count("<details>") == html.count("</details>") > 0
    said = [token.content for token in found if token.type in ("text", "text_special")]
    assert not any("@everyone" in content or "evil" in content for content in said)
    assert any("evil.example" in token.content for token in found if token.type in ("code_inline", "fence"))


def test_markdown_of_many_failures_stays_short(tmp_path: Path) -> None:
    text = markdown.render(report(tmp_path, all_of(PROFILES, V.FAIL).values()))
    assert text.count("\n- `it holds`") == markdown.WHOLE
    assert len(re.findall(r"^\| [A-Z]+-\d+ \| MUST \| fail \| `because` \|$", text, re.MULTILINE)) > 20


# -- badges


STANDINGS: list[tuple[str, Callable[[], list[Record]], dict[str, Any], str, str]] = [
    ("all well", lambda: [*all_of(PROFILES).values()], {}, "Core, 100", GREEN),
    (
        "a SHOULD failed",
        lambda: [*(all_of(PROFILES) | all_of([], V.FAIL) | {"ROOM-6": verdict("ROOM-6", V.FAIL)}).values()],
        {},
        r"Core, 99\.\d",
        GREEN,
    ),
    (
        "provisional",
        lambda: [*(all_of(PROFILES) | {"ROOM-4": verdict("ROOM-4", V.NOT_RUN, cause="time")}).values()],
        {},
        r"Core, provisionally, 9\d\.\d",
        GREEN,
    ),
    (
        "a level, and an expected failure that passed",
        lambda: [*all_of(PROFILES).values()],
        {"expected_failures": [{"id": "ROOM-6", "reason": "", "issue": None}]},
        "Core, 100",
        YELLOW,
    ),
    (
        "no level",
        lambda: [*(all_of(PROFILES) | {"ROOM-4": verdict("ROOM-4", V.FAIL)}).values()],
        {},
        r"no level, \d.*",
        RED,
    ),
    ("narrowed", lambda: [verdict("ROOM-4", V.PASS)], {}, "100 % of 1 requirement", GREY),
    ("nothing", lambda: [verdict("ROOM-4", V.NOT_RUN, check=None)], {}, "nothing decided", GREY),
]
BUDGET = {"seconds": 3.0, "mutants": 165, "of": 281}


@pytest.mark.parametrize("ending", [{"stopped": "interrupted"}, {"budget": BUDGET}])
def test_a_partial_run_is_nowhere_shown_as_whole(ending: dict[str, Any], tmp_path: Path) -> None:
    whole = all_of(PROFILES)
    late = {name: verdict(name, V.NOT_RUN, cause="time") for name in all_of(["validation"])}
    found = report(tmp_path, (whole | late).values(), **ending)
    words = f"partial: {len(whole) - len(late)} of {len(whole)} decided"
    badge_ = json.loads(shields.render(found))
    assert (badge_["message"], badge_["color"], badge_.get("isError")) == (words, GREY, None)
    assert f"{words}; score {found.score_text} of the claimed profiles" in badge.render(found)
    metrics = samples(found)
    assert metrics["parley_requirements_decided",] == len(whole) - len(late)
    assert metrics["parley_requirements_intended",] == len(whole)
    assert metrics["parley_run_partial",] == 1
    assert f"%** {words}; of the claimed profiles" in markdown.render(found)
    assert re.search(rf"^Score +{re.escape(found.score_text)}  {words}", card(found, 120), re.MULTILINE)
    made = json.loads(formats.FORMATS["json"].render(found))
    assert (made["partial"], made["decided"], made["intended"]) == (True, len(whole) - len(late), len(whole))
    assert made["budget"] == ending.get("budget")
    page_ = site(found, tmp_path)["index.html"]
    assert words in page_ and found.budget_text.partition(": ")[2] in page_
    assert found.budget_text in markdown.render(found)


@pytest.mark.parametrize("ending", [{}, {"budget": BUDGET}])
def test_a_run_that_was_asked_all_is_whole(ending: dict[str, Any], tmp_path: Path) -> None:
    late = {} if ending else {"ROOM-4": verdict("ROOM-4", V.NOT_RUN, cause="time")}  # for want of --max-wait
    found = report(tmp_path, (all_of(PROFILES) | late).values(), **ending)
    assert not found.partial and samples(found)["parley_run_partial",] == 0
    assert "partial" not in markdown.render(found) + card(found) + shields.render(found)


@pytest.mark.parametrize(
    ("records", "target", "message", "color"), [s[1:] for s in STANDINGS], ids=[s[0] for s in STANDINGS]
)
def test_a_badge_says_level_and_score(
    records: Callable[[], list[Record]], target: dict[str, Any], message: str, color: str, tmp_path: Path
) -> None:
    found = report(tmp_path, records(), target=target)
    shown = json.loads(shields.render(found))
    assert re.fullmatch(message, shown["message"])
    assert shown["color"] == color
    assert (shown["schemaVersion"], shown["label"]) == (1, "parley")
    assert shown.get("isError", False) == (message == "nothing decided")
    assert shown.keys() <= {"schemaVersion", "label", "message", "color", "isError"}
    picture = ET.fromstring(badge.render(found))  # noqa: S314 - our own
    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["parley", shown["message"]]


@pytest.mark.parametrize("color", [GREEN, YELLOW, RED, GREY])
def test_white_is_read_on_the_colours(color: str) -> None:
    parts = [int(color[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5


def test_the_picture_has_words_and_loads_nothing(any_of_them: Report) -> None:
    text = badge.render(any_of_them)
    picture = ET.fromstring(text)  # noqa: S314 - our own
    whole = standing(any_of_them).whole
    assert picture.get("role") == "img"
    assert picture.get("aria-label") == whole == picture[0].text
    assert {element.tag.partition("}")[2] for element in picture.iter()} == {
        "svg",
        "title",
        "clipPath",
        "rect",
        "g",
        "text",
    }
    assert re.findall(r"(?:href|src|style|url)[=(]\S*", text) == ['url(#r)"><rect']
    right = [
        float(e.get("x", 0)) + float(e.get("textLength", 0))
        for e in picture.iter("{http://www.w3.org/2000/svg}text")
    ]
    assert right[-1] <= float(picture.get("width", 0)) - badge.PADDING


# -- Prometheus


def samples(found: Report) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(prometheus.render(found))
    return {
        (sample.name, *(v for k, v in sorted(sample.labels.items()) if k != "target")): sample.value
        for family in families
        for sample in family.samples
    }


def test_the_metrics_are_what_was_found(some: Report) -> None:
    found = samples(some)
    assert found["parley_score", "server"] == some.score
    assert found["parley_level_reached", "Core"] == 0
    assert found["parley_requirements", "MUST", "core", "fail"] == 1
    assert found["parley_requirement_verdict", "MUST", "core", "MBOX-2", "fail"] == 1
    assert found["parley_run_seconds",] == 4.2
    assert found["parley_run_timestamp_seconds",] == 1767323049
    assert found["parley_run_exit_code",] == some.exit_code == 1
    counted = sum(value for key, value in found.items() if key[0] == "parley_requirements")
    assert counted == len(some.findings)


def test_fitness_has_metrics_of_its_own(tmp_path: Path) -> None:
    peers = [("PEER-1", V.PASS), ("PEER-2", V.PASS), ("PEER-3", V.NOT_RUN), ("PEER-5", V.FAIL)]
    records = [{**verdict(name, found), "as": "fitness"} for name, found in peers]
    found = samples(report(tmp_path, [verdict("MBOX-2", V.PASS), *records]))
    fitness = {key[1:]: value for key, value in found.items() if key[0] == "parley_fitness_requirements"}
    assert fitness == {("MUST", "pass"): 2, ("MUST", "not-run"): 1, ("MUST", "fail"): 1}


def test_the_metrics_of_a_load_are_in_seconds(tmp_path: Path) -> None:
    times = {"p50": 1.0, "p90": 2.0, "p95": 3.0, "p99": None, "max": 9.0}
    record: Record = {
        "type": "load",
        "profile": HOSTILE,
        "totals": {"requests": 40, "errors": 2},
        "reads": {"corrected_ms": times},
        "writes": {"corrected_ms": times},
    }
    found = samples(report(tmp_path, [record, verdict("MBOX-2", V.PASS)]))
    load = next(key[1] for key in found if key[0] == "parley_run_load_requests")
    assert found["parley_run_load_errors", load] == 2
    latencies = {
        key[1:]: value for key, value in found.items() if key[0] == "parley_run_load_latency_seconds"
    }
    assert {key[-1]: value for key, value in latencies.items() if key[0] == "read"} == {
        "50": 0.001,
        "90": 0.002,
        "95": 0.003,
    }


def test_promtool_finds_nothing_to_mend(any_of_them: Report) -> None:
    if shutil.which("promtool") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "promtool is not there: it comes with prometheus"
        )
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=prometheus.render(any_of_them).encode(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_a_target_cannot_write_a_metric(hostile: Report) -> None:
    text = prometheus.render(hostile)
    assert all(line.startswith(("#", "parley_")) for line in text.splitlines())
    targets = {s.labels["target"] for family in text_string_to_metric_families(text) for s in family.samples}
    assert len(targets) == 1
    assert MARKUP in targets.pop()
