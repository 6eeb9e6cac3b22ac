"""A real Prometheus watches a real run: what it scrapes, and that the dashboard's questions have answers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from load_runs import Run, start, until
from prometheus_client.parser import text_string_to_metric_families
from score_kit import free_port
from test_load_dashboard import expressions

from load import exporter

INSTALL = "prometheus is not installed: apt-get install prometheus (make test does where it can)"
CONFIG = """
global: {{ scrape_interval: 1s }}
scrape_configs:
  - job_name: parley
    static_configs: [{{ targets: ["127.0.0.1:{port}"] }}]
"""


class Prometheus:
    """A server of the tests' own; not the one of the system."""

    def __init__(self, folder: Path, target: int) -> None:
        if shutil.which("prometheus") is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(INSTALL)
        self.url = f"http://127.0.0.1:{free_port()}"
        config = folder / "prometheus.yml"
        config.write_text(CONFIG.format(port=target), encoding="utf-8")
        words = [f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]
        words.append(f"--web.listen-address={self.url.removeprefix('http://')}")
        with (folder / "prometheus.log").open("wb") as log:
            self.process = subprocess.Popen(["prometheus", *words], stdout=log, stderr=log, cwd=folder)

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The answer of its HTTP API; an AssertionError with its own words where the question is wrong."""
        query = urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/query?{query}", timeout=10) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.SERVICE_UNAVAILABLE:  # it is starting
                raise
            raise AssertionError(f"{expression}: {error.read().decode()}") from None
        assert found["status"] == "success"
        result: list[dict[str, Any]] = found["data"]["result"]
        return result

    def value(self, expression: str) -> float | None:
        try:
            found = self.ask(expression)
        except OSError:  # not yet there
            return None
        return float(found[0]["value"][1]) if found else None

    def comes_to(self, expression: str, holds: Callable[[float], bool]) -> bool:
        """Whether its value is such, or will be: where a page is not there within the second of a scrape, all
        that is on it is gone until the next one.
        """
        with suppress(AssertionError):
            until(lambda: (found := self.value(expression)) is not None and holds(found))
            return True
        raise AssertionError(f"{expression}: {self.value(expression)}")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, Prometheus, int]]:
    folder = tmp_path_factory.mktemp("prometheus")
    port, bind = free_port(), str(free_port())
    prometheus = Prometheus(folder, port)
    master = ["--master-bind-host", "127.0.0.1", "--master-bind-port", bind, "--master-port", bind]
    run = start(folder / "run", "--processes", "2", *master, seconds=600, port=port, pid=os.getpid())
    try:
        # Two reports of both workers, and rates to be had.
        until(lambda: (prometheus.value("sum(increase(parley_load_faults_total[1m]))") or 0) > 0)
        yield run, prometheus, port
    finally:
        run.kill()
        prometheus.process.terminate()
        prometheus.process.wait()


Watched = tuple[Run, Prometheus, int]


def scraped(port: int) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return {family.name: family for family in text_string_to_metric_families(answer.read().decode())}


def test_it_scrapes_the_sums_of_all_workers(watched: Watched) -> None:
    _, prometheus, _ = watched
    assert prometheus.comes_to('up{job="parley"}', lambda value: value == 1)
    assert prometheus.comes_to("sum(parley_load_users)", lambda value: value == 11)
    assert prometheus.comes_to("count(parley_load_generator_cpu_ratio)", lambda value: value == 2)
    reads = 'parley_load_requests_total{operation="getOffer",kind="read"}'
    assert prometheus.comes_to(f"sum({reads})", lambda value: value > 50)
    p95 = 'histogram_quantile(0.95, sum by (le) (parley_load_latency_seconds_bucket{kind="read"}))'
    assert prometheus.comes_to(p95, lambda value: 0.002 < value <= 0.005)  # each took 4 ms
    assert prometheus.comes_to('parley_load_faults_total{requirement="MBOX-2"}', lambda value: value > 0)
    assert prometheus.comes_to("parley_load_target_memory_bytes", lambda value: value > 1e7)
    assert prometheus.comes_to("parley_load_lost_workers", lambda value: value == 0)


@pytest.mark.parametrize("expression", expressions())
def test_every_question_of_the_dashboard_has_an_answer(watched: Watched, expression: str) -> None:
    _, prometheus, _ = watched
    asked = expression.replace("$__rate_interval", "1m").replace("$instance", ".*")
    with suppress(AssertionError):
        until(lambda: prometheus.ask(asked))
    assert prometheus.ask(asked), asked


def test_a_wrong_question_would_be_seen(watched: Watched) -> None:
    with pytest.raises(AssertionError, match="parse error"):
        watched[1].ask("sum by (le (parley_load_users)")
    assert watched[1].ask("parley_load_user") == []


def test_the_page_has_the_metrics_that_are_promised_and_says_what_they_are(watched: Watched) -> None:
    _, _, port = watched
    found = scraped(port)
    promised = {name.removesuffix("_total"): text for name, text in exporter.METRICS.items()}
    assert {name: family.documentation for name, family in found.items()} == promised
    for name in ("parley_load_latency_seconds", "parley_load_start_late_seconds"):
        assert {sample.labels["le"] for sample in found[name].samples if "le" in sample.labels} == {
            *map(str, exporter.BOUNDS),
            "+Inf",
        }


def test_only_this_machine_can_ask(watched: Watched) -> None:
    _, _, port = watched
    listening = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    bound = {line.split()[1].split(":")[0] for line in listening if line.split()[1].endswith(f":{port:04X}")}
    assert bound == {"0100007F"}
    assert f":{port:04X} " not in Path("/proc/net/tcp6").read_text(encoding="ascii")


def test_promtool_finds_nothing_to_mend(watched: Watched) -> None:
    """Names, types and help texts as Prometheus' own linter wants them."""
    _, _, port = watched
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        done = subprocess.run(
            ["promtool", "check", "metrics"], input=answer.read(), capture_output=True, check=False
        )
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_what_was_scraped_is_what_the_record_says(watched: Watched) -> None:
    """Last: it ends the run."""
    run, prometheus, _ = watched
    before: float = until(lambda: prometheus.value("sum(parley_load_requests_total)"))
    run.process.send_signal(signal.SIGINT)
    record = run.record()
    assert sum(point["requests"] for point in record["series"]) >= before
    assert set(record["operations"]) == {"getOffer", "heartbeat"}
