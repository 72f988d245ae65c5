"""Tally: what the server counts, for Prometheus. prometheus_client is imported here."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.types import Scope

from ..desk import Desk
from ..orders import State
from .answers import TEMPLATE

#: where it is asked for
METRICS = "/v1/metrics"
#: seconds by which answers are counted
BOUNDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Tally:
    """What was asked and answered, and how much there is to do."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "burnish_requests",
            "Requests that were answered; 0 is one whose client went away first.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "burnish_request_seconds",
            "From the head of a request to the end of its answer.",
            ("route",),
            buckets=BOUNDS,
            registry=self._registry,
        )
        self._registry.register(self)

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        """Counts a request. scope: as the router left it."""
        route = scope.get(TEMPLATE, "")
        method = scope["method"] if route else "other"
        self._requests.labels(route, method, status).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All of it as Prometheus reads it."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """What is as it is at this moment; the library asks for it."""
        desk = self._desk
        waiting = GaugeMetricFamily(
            "burnish_waiting", "Questions to the workers without an answer yet.", labels=("for",)
        )
        deaths = CounterMetricFamily(
            "burnish_worker_deaths", "Workers that died by themselves.", labels=("for",)
        )
        memory = GaugeMetricFamily(
            "burnish_resident_bytes", "Memory of the server and its workers.", labels=("process",)
        )
        memory.add_metric(("server",), _resident(None))
        for name, lane in desk.lanes.items():
            waiting.add_metric((name,), lane.waiting)
            deaths.add_metric((name,), lane.deaths)
            if lane.pid is not None:
                memory.add_metric((name,), _resident(lane.pid))
        jobs = GaugeMetricFamily("burnish_jobs", "Jobs that are known.", labels=("state",))
        for state in State:
            jobs.add_metric((str(state),), desk.backlog.count(state))
        yield from (waiting, deaths, memory, jobs)
        yield CounterMetricFamily(
            "burnish_restored", "Pictures that were restored.", value=desk.restored
        )
        yield CounterMetricFamily(
            "burnish_restored_megapixels", "Their megapixels.", value=desk.megapixels
        )
        yield GaugeMetricFamily(
            "burnish_pictures", "Pictures that are kept.", value=len(desk.shelf)
        )
        yield GaugeMetricFamily("burnish_kept_bytes", "Their bytes.", value=desk.shelf.size)


def _resident(pid: int | None) -> int:
    """Bytes of memory that a process has; 0 where it is gone."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
