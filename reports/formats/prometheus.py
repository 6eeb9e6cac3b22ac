"""metrics.prom: what a run found, in Prometheus' text format: for the textfile collector or a gateway."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from reports.evidence import plain
from reports.runlog import Record
from reports.score import Report

FILE = "metrics.prom"
PERCENTILES = {"p50": "50", "p90": "90", "p95": "95", "p99": "99"}


def render(report: Report) -> str:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(RunCollector(report))
    return generate_latest(registry).decode()


class RunCollector(Collector):
    """All metrics of one run; each has the target's name as its label `target`."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._target = plain(report.header["target"]["name"])

    def collect(self) -> Iterator[Metric]:
        report, header = self._report, self._report.header
        score = self._gauge("score", "percent of the weights applicable that passed", "subject")
        for subject, value in report.scores.items():
            if value is not None:
                self._add(score, value, subject)
        yield score
        reached = self._gauge("level_reached", "1 where the level is reached, else 0", "level")
        provisional = self._gauge("level_provisional_musts", "MUSTs of the level left out for now", "level")
        for level in report.levels:
            self._add(reached, level.reached, level.name)
            self._add(provisional, len(level.provisional), level.name)
        yield reached
        yield provisional
        words = "requirements by profile, level and verdict"
        counted = self._gauge("requirements", words, "profile", "level", "verdict")
        for profile, levels in report.profiles.items():
            for name, verdicts in levels.items():
                for verdict, count in verdicts.items():
                    self._add(counted, count, profile, name, verdict)
        yield counted
        words = "requirements that apply and were meant to be asked"
        yield self._one("requirements_intended", words, report.intended)
        words = "requirements of those intended that were decided, whichever way"
        yield self._one("requirements_decided", words, report.decided)
        words = "1 where the run was stopped or its budget was over before all was asked, else 0"
        yield self._one("run_partial", words, report.partial)
        if report.fitness:
            yield self._fitness()
        words = "1 for the verdict that the requirement has"
        each = self._gauge("requirement_verdict", words, "requirement", "level", "profile", "verdict")
        for finding in report.findings:
            requirement = finding.requirement
            self._add(each, 1, requirement.id, requirement.level, requirement.profile, finding.verdict.value)
        yield each
        about = self._gauge("run_info", "which run it was", "run_id", "suite", "spec", "spec_hash")
        spec = header["spec"]
        self._add(about, 1, header["run_id"], header["suite"]["version"], spec["version"], spec["hash"])
        yield about
        yield self._one(
            "run_exit_code", "0 well, 1 a MUST is not, 2 nothing decided, 3 ours", report.exit_code
        )
        yield self._one("run_seconds", "how long the run took", report.footer["seconds"])
        ended = datetime.fromisoformat(report.footer["ended"]).timestamp()
        yield self._one("run_timestamp_seconds", "when the run ended, since 1970", ended)
        if report.log.loads:
            yield from self._loads()

    def _fitness(self) -> Metric:
        """What our own peers found of the signaling."""
        words = "requirements of a chat of two peers of Parley's own, by level and verdict"
        family = self._gauge("fitness_requirements", words, "level", "verdict")
        counts = Counter((f.requirement.level, f.verdict.value) for f in self._report.fitness)
        for (level, verdict), count in counts.items():
            self._add(family, count, level, verdict)
        return family

    def _loads(self) -> Iterator[Metric]:
        """What the loads of the run measured, without their warm-up."""
        requests = self._gauge("run_load_requests", "requests of the load's measured phases", "load")
        errors = self._gauge("run_load_errors", "errors of the load's measured phases", "load")
        words = "latency corrected for coordinated omission, by percentile"
        latency = self._gauge("run_load_latency_seconds", words, "load", "kind", "percentile")
        for record in self._report.log.loads:
            name = record["profile"]
            self._add(requests, record["totals"]["requests"], name)
            self._add(errors, record["totals"]["errors"], name)
            for kind in ("read", "write"):
                self._latencies(latency, record[f"{kind}s"]["corrected_ms"], name, kind)
        yield requests
        yield errors
        yield latency

    def _latencies(self, family: GaugeMetricFamily, found: Record, load: str, kind: str) -> None:
        for name, percentile in PERCENTILES.items():
            if found[name] is not None:
                self._add(family, found[name] / 1000, load, kind, percentile)

    def _gauge(self, name: str, words: str, *labels: str) -> GaugeMetricFamily:
        return GaugeMetricFamily(f"parley_{name}", words, labels=["target", *labels])

    def _add(self, family: GaugeMetricFamily, value: float, *labels: str) -> None:
        family.add_metric([self._target, *(plain(label) for label in labels)], value)

    def _one(self, name: str, words: str, value: float) -> Metric:
        family = self._gauge(name, words)
        self._add(family, value)
        return family
