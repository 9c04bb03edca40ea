"""The process as Prometheus sees it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import psutil
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from perftui.demo.request_counts import METRICS_PATH, RequestCounts


class PortableProcessCollector(Collector):
    """What ProcessCollector reads from /proc, for systems that have none; under the same names."""

    def collect(self) -> Iterator[Metric]:
        process = psutil.Process()
        cpu = process.cpu_times()
        memory_bytes = process.memory_info().rss
        yield GaugeMetricFamily("process_resident_memory_bytes", "Resident memory size in bytes.", memory_bytes)
        yield CounterMetricFamily(
            "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", cpu.user + cpu.system
        )
        yield GaugeMetricFamily("process_open_fds", "Number of open file descriptors.", process.num_fds())


class LoadCollector(Collector):
    def __init__(self, counts: RequestCounts, open_connections: Callable[[], int]) -> None:
        self._counts = counts
        self._open_connections = open_connections

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("demo_open_connections", "HTTP connections that are open.", self._open_connections())
        requests = CounterMetricFamily("demo_requests_total", "Requests answered, by status.", labels=["status"])
        for status, count in sorted(self._counts.by_status.items()):
            requests.add_metric([str(status)], count)
        yield requests


def build_registry(counts: RequestCounts, open_connections: Callable[[], int]) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(ProcessCollector(registry=None) if sys.platform == "linux" else PortableProcessCollector())
    registry.register(LoadCollector(counts, open_connections))
    return registry


async def show_metrics(request: Request) -> Response:
    """CPU, memory, open files and connections, requests by status: Prometheus text."""
    return Response(generate_latest(request.app.state.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


routes = [Route(METRICS_PATH, show_metrics)]
