"""The Grafana dashboard: Grafana's own model has each of its keys, and it asks only for what is exported."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from load import exporter
from protocol.spec import load as load_spec

FILE = Path(exporter.__file__).parent / "dashboards" / "grafana.json"
DASHBOARD = json.loads(FILE.read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
SUFFIXES = ("_bucket", "_count", "_sum")
GRID = 24


def expressions() -> list[str]:
    return [target["expr"] for panel in PANELS for target in panel["targets"]]


def metrics_of(expression: str) -> set[str]:
    names = set(re.findall(r"\bparley_[a-z_]+", expression))
    return {
        next(
            (name.removesuffix(s) for s in SUFFIXES if name.endswith(s) and name not in exporter.METRICS),
            name,
        )
        for name in names
    }


def _lost(mine: Any, theirs: Any, where: str = "") -> Iterator[str]:
    """The paths of what Grafana's model does not keep as it stands in the file."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key, value in mine.items():
            if key not in theirs and value is not None:
                yield f"{where}.{key}"
            else:
                yield from _lost(value, theirs.get(key), f"{where}.{key}")
    elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        for index, (one, other) in enumerate(zip(mine, theirs, strict=True)):
            yield from _lost(one, other, f"{where}[{index}]")
    elif mine != theirs:
        yield where


def _through_the_model(found: dict[str, Any]) -> Any:
    register_default_plugins()
    return json.loads(json.dumps(Dashboard.from_json(found), cls=JSONEncoder))


def test_grafanas_own_model_keeps_every_key() -> None:
    assert list(_lost(DASHBOARD, _through_the_model(DASHBOARD))) == []


@pytest.mark.parametrize(
    "path", ["", "panels.0", "panels.0.gridPos", "panels.4.fieldConfig.defaults", "panels.4.targets.0"]
)
def test_a_key_that_grafana_does_not_know_would_be_seen(path: str) -> None:
    wrong = json.loads(json.dumps(DASHBOARD))
    node = wrong
    for key in filter(None, path.split(".")):
        node = node[int(key) if key.isdigit() else key]
    node["colour"] = "red"
    assert list(_lost(wrong, _through_the_model(wrong))) != []


def test_panels_have_ids_of_their_own_and_do_not_lie_on_one_another() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= GRID
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_panel_asks_the_source_that_was_chosen_and_says_its_unit() -> None:
    source = {"type": "prometheus", "uid": "${datasource}"}
    assert [entry["name"] for entry in DASHBOARD["templating"]["list"]] == ["datasource", "instance"]
    for panel in PANELS:
        assert panel["datasource"] == source
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        for target in panel["targets"]:
            assert target["datasource"] == source
            assert 'instance=~"$instance"' in target["expr"]


def test_it_shows_every_metric_but_the_clock_and_no_other() -> None:
    shown = set().union(*map(metrics_of, expressions()))
    assert shown == set(exporter.METRICS) - {"parley_load_elapsed_seconds"}
    variables = " ".join(str(entry["query"]) for entry in DASHBOARD["templating"]["list"])
    assert metrics_of(variables) == {"parley_load_elapsed_seconds"}


def test_its_lines_are_the_objectives_of_the_spec() -> None:
    objectives = load_spec().policy["objectives"]
    drawn = {
        panel["title"]: panel["fieldConfig"]["defaults"]["thresholds"]["steps"][-1]["value"]
        for panel in PANELS
        if "thresholds" in panel["fieldConfig"]["defaults"]
    }
    assert drawn["Error rate"] == objectives["error_rate"]
    assert drawn["Latency of reads"] == objectives["read_p95_ms"] / 1000
    assert drawn["Latency of writes"] == objectives["write_p95_ms"] / 1000


def test_the_buckets_have_the_objectives_as_bounds() -> None:
    objectives = load_spec().policy["objectives"]
    assert {objectives["read_p95_ms"] / 1000, objectives["write_p95_ms"] / 1000} <= set(exporter.BOUNDS)
