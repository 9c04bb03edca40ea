from __future__ import annotations

import subprocess

import httpx
import psutil
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from perftui.demo.areas.metrics import PortableProcessCollector
from tests.demo.running import Target


def values_at(url: str) -> dict[str, float]:
    text = httpx.get(f"{url}/metrics").text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {sample.name: sample.value for sample in samples if not sample.labels}


def test_the_metrics_are_those_of_the_process(demo_process: subprocess.Popen[str], demo_url: str) -> None:
    values = values_at(demo_url)
    process = psutil.Process(demo_process.pid)
    assert values["process_resident_memory_bytes"] == pytest.approx(process.memory_info().rss, rel=0.2)
    assert 0 < values["process_cpu_seconds_total"] <= sum(process.cpu_times()[:2]) + 0.05
    assert values["process_open_fds"] > 5


def test_open_connections_are_counted_as_they_come_and_go(demo_url: str) -> None:
    clients = [httpx.Client(base_url=demo_url) for _ in range(3)]
    for client in clients:
        client.get("/health")
    # The one that asks is one of them.
    assert values_at(demo_url)["demo_open_connections"] == 4
    for client in clients:
        client.close()
    assert values_at(demo_url)["demo_open_connections"] == 1


def test_requests_are_counted_by_status_and_asking_is_not(target: Target) -> None:
    ok, missing = 'demo_requests_total{status="200"}', 'demo_requests_total{status="404"}'
    before = target.metric(ok), target.metric(missing)
    for path in ("/health", "/nowhere", "/nowhere"):
        target.get(path)
    target.knobs()
    assert (target.metric(ok), target.metric(missing)) == (before[0] + 1, before[1] + 2)


def test_systems_without_proc_give_the_same_values() -> None:
    registry = CollectorRegistry()
    registry.register(PortableProcessCollector())
    process = psutil.Process()
    assert registry.get_sample_value("process_resident_memory_bytes") == pytest.approx(
        process.memory_info().rss, rel=0.1
    )
    assert registry.get_sample_value("process_cpu_seconds_total") == pytest.approx(sum(process.cpu_times()[:2]), abs=1)
    assert registry.get_sample_value("process_open_fds") == pytest.approx(process.num_fds(), abs=3)
