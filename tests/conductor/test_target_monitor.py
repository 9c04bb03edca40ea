"""The target's side as the conductor sees it: fresh or nothing, one line of trouble, never an exception."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest

from perftui.conductor import target_monitor
from perftui.conductor.target_monitor import TargetMonitor
from perftui.conductor.target_source import UnreadableError
from perftui.model.plan import Target
from perftui.model.tick import TargetSample
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_until

Give = Callable[[], TargetSample]


class Source:
    """Says what `give` says; hangs while that is None."""

    failing = "the source is dry"

    def __init__(self, give: Give | None) -> None:
        self.give = give
        self.reads = 0
        self.is_closed = False

    async def read(self) -> TargetSample:
        self.reads += 1
        if self.give is None:
            await asyncio.Event().wait()
            raise AssertionError
        return self.give()

    async def close(self) -> None:
        self.is_closed = True
        raise OSError("close failed")


def raising(error: Exception) -> Give:
    def give() -> TargetSample:
        raise error

    return give


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_monitor, "INTERVAL_S", 0.01)


async def test_sources_are_put_together_and_one_that_hangs_holds_up_no_other() -> None:
    stuck = Source(None)
    sources = [Source(lambda: TargetSample(5.0, 6, 7)), Source(lambda: TargetSample(value=8.0)), stuck]
    monitor = TargetMonitor(sources)
    assert monitor.latest() is None
    await monitor.start()
    await wait_until(lambda: monitor.latest() == TargetSample(5.0, 6, 7, 8.0), "both")
    assert (stuck.reads, monitor.problem) == (1, "")
    await monitor.close()
    await monitor.close()
    assert all(source.is_closed for source in sources)


async def test_what_is_stale_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(lambda: TargetSample(value=1.0))
    monitor = TargetMonitor([source])
    await monitor.start()
    await wait_until(monitor.latest, "the first")
    monkeypatch.setattr(target_monitor, "FRESH_S", 0.05)
    source.give = raising(UnreadableError("it left"))
    await wait_until(lambda: monitor.latest() is None, "staleness")
    await wait_until(lambda: monitor.problem, "the problem")
    assert monitor.problem == "the source is dry: it left"
    # Back, gone for another reason: the run is told once.
    source.give = lambda: TargetSample(value=2.0)
    await wait_until(lambda: monitor.latest() == TargetSample(value=2.0), "the second")
    source.give = raising(UnreadableError("something else"))
    await wait_until(lambda: monitor.latest() is None, "staleness")
    reads = source.reads
    await wait_until(lambda: source.reads > reads + 2, "more readings")
    assert monitor.problem == "the source is dry: it left"
    await monitor.close()


async def test_a_failure_that_is_over_soon_is_no_problem() -> None:
    source = Source(lambda: TargetSample(value=1.0))
    monitor = TargetMonitor([source])
    await monitor.start()
    await wait_until(monitor.latest, "the first")
    source.give = raising(UnreadableError("a hiccup"))
    reads = source.reads
    await wait_until(lambda: source.reads > reads + 2, "some failures")
    assert (monitor.latest(), monitor.problem) == (TargetSample(value=1.0), "")
    await monitor.close()


async def test_a_source_that_breaks_is_a_line_and_goes_on() -> None:
    source = Source(raising(ZeroDivisionError("password=CANARY\x1b[2J")))
    monitor = TargetMonitor([source])
    await monitor.start()
    await wait_until(lambda: source.reads > 2, "more readings")
    assert monitor.problem == "the source is dry: ZeroDivisionError: password=***"
    await monitor.close()


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (
            {"metrics_url": "/metrics", "monitor_command": "echo many"},
            "the target's metrics cannot be read: {url}/metrics has neither process_cpu_seconds_total nor"
            " process_resident_memory_bytes nor open connections;"
            " the monitor command gives no number: it printed “many”",
        ),
        (
            {"metrics_url": "ftp://user:CANARY@x/metrics"},
            "the target's metrics cannot be read: ftp://***@x/metrics: it is no http or https address",
        ),
    ],
)
async def test_trouble_costs_one_line(settings: dict[str, Any], problem: str) -> None:
    with RunningFaultServer("ok") as server:
        monitor = TargetMonitor.for_target(Target("t", server.url, **settings))
        assert monitor is not None
        await monitor.start()
        expected = problem.format(url=server.url)
        await wait_until(lambda: monitor.problem == expected, f"{expected!r}, not {monitor.problem!r}")
        assert monitor.latest() is None
        await monitor.close()


async def test_a_local_target_is_measured_unasked_beside_the_command() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        target = Target("t", f"http://127.0.0.1:{listener.getsockname()[1]}", monitor_command="echo 5")
        monitor = TargetMonitor.for_target(target)
        assert monitor is not None
        await monitor.start()

        def whole() -> TargetSample | None:
            sample = monitor.latest()
            return (
                sample if sample and sample.memory_bytes and sample.cpu_percent is not None and sample.value else None
            )

        sample = await wait_until(whole, "processor, memory and value")
        assert sample is not None
        assert (sample.open_connections, sample.value) == (0, 5.0)
        await monitor.close()


def test_a_target_elsewhere_that_says_nothing_of_itself_has_no_monitor() -> None:
    assert TargetMonitor.for_target(Target("t", "http://shop.test")) is None
    assert TargetMonitor.for_target(Target("t", "http://shop.test", monitor_command="echo 1")) is not None
