"""Prometheus metrics of a load run under way, warm-up and all; on the master the sums of its workers.

The metrics are those of METRICS; load/dashboards/grafana.json draws them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from load.histograms import Histogram
from load.tallies import Fault

if TYPE_CHECKING:
    from load.recorder import Recorder

HOST = "127.0.0.1"
# Seconds. The objectives of the spec lie on bounds, so that the share that meets them can be read off.
BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
METRICS: Mapping[str, str] = {
    "parley_load_requests_total": "requests by operation, kind (read, write) and outcome (ok, error)",
    "parley_load_latency_seconds": "latency by operation and kind, corrected for coordinated omission",
    "parley_load_faults_total": "faults by the requirement that they break, empty where they break none",
    "parley_load_users": "users there are, by role",
    "parley_load_start_late_seconds": "how much later than intended requests of measured phases began",
    "parley_load_generator_lag_seconds": "how much later than asked greenlets woke up in measured phases",
    "parley_load_generator_cpu_ratio": "CPU of each process of the generator, as a share of one core",
    "parley_load_target_memory_bytes": "memory that the target takes, where it can be read",
    "parley_load_elapsed_seconds": "how long the test has been running",
    "parley_load_lost_workers": "workers that went missing",
}
KEPT = 20  # requirements by name; a run that breaks more has other worries


class LoadCollector(Collector):
    """Makes the metrics when somebody asks; nothing is counted twice while requests are under way."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def collect(self) -> Iterator[Metric]:
        """All of METRICS, in their order."""
        totals = self._recorder.totals
        requests = CounterMetricFamily(*_named("requests_total"), labels=["operation", "kind", "outcome"])
        latency = HistogramMetricFamily(*_named("latency_seconds"), labels=["operation", "kind"])
        for (operation, kind), tally in sorted(totals.live().items()):
            requests.add_metric([operation, kind, "ok"], tally.requests - tally.errors)
            requests.add_metric([operation, kind, "error"], tally.errors)
            latency.add_metric([operation, kind], *_buckets(tally.corrected))
        yield requests
        yield latency
        faults = CounterMetricFamily(*_named("faults_total"), labels=["requirement"])
        for requirement, count in _by_requirement(totals.sum.faults):
            faults.add_metric([requirement], count)
        yield faults
        users = GaugeMetricFamily(*_named("users"), labels=["role"])
        for role, count in sorted(totals.users.items()):
            users.add_metric([role], count)
        yield users
        yield _histogram("start_late_seconds", totals.sum.late)
        yield _histogram("generator_lag_seconds", totals.lag)
        cpu = GaugeMetricFamily(*_named("generator_cpu_ratio"), labels=["process"])
        for process, share in sorted(totals.cpu_now.items()):
            cpu.add_metric([process or "main"], share)
        yield cpu
        memory = GaugeMetricFamily(*_named("target_memory_bytes"))
        if totals.memory_mb is not None:
            memory.add_metric([], totals.memory_mb * 1e6)
        yield memory
        yield GaugeMetricFamily(*_named("elapsed_seconds"), value=self._recorder.elapsed)
        yield GaugeMetricFamily(*_named("lost_workers"), value=len(totals.lost))


def _by_requirement(faults: Mapping[Fault, tuple[int, int]]) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for fault, (count, _) in faults.items():
        found[fault.requirement] = found.get(fault.requirement, 0) + count
    return sorted(found.items(), key=lambda pair: -pair[1])[:KEPT]


def _named(short: str) -> tuple[str, str]:
    name = f"parley_load_{short}"
    return name, METRICS[name]


def _buckets(found: Histogram) -> tuple[Sequence[tuple[str, float]], float]:
    """As prometheus_client takes them: cumulative, the last without a bound; and the sum."""
    counts = zip(BOUNDS, found.below(BOUNDS), strict=True)
    return [*((str(bound), float(count)) for bound, count in counts), ("+Inf", found.total)], found.sum_s


def _histogram(short: str, found: Histogram) -> Metric:
    metric = HistogramMetricFamily(*_named(short), labels=[])
    metric.add_metric([], *_buckets(found))
    return metric


def serve(recorder: Recorder, port: int) -> None:
    """Answers on this port of the loopback from now on; a worker, whose master does, does nothing.

    Raises OSError where the port is taken.
    """
    if recorder.is_worker:
        return
    registry = CollectorRegistry(auto_describe=False)
    registry.register(LoadCollector(recorder))
    start_http_server(port, addr=HOST, registry=registry)
