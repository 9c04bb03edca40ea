"""What the target itself says while the load runs: processor, memory, open connections, a number of the user's own."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import fields, replace

from perftui.conductor.local_process import LocalProcess
from perftui.conductor.monitor_command import MonitorCommand
from perftui.conductor.prometheus import PrometheusEndpoint, metrics_address
from perftui.conductor.target_source import TargetSource, UnreadableError
from perftui.model.plan import Target
from perftui.model.text import clean, mask_secrets
from perftui.model.tick import TargetSample

# The target has enough to do: it is asked no more often.
INTERVAL_S = 1.0
# What is older is not true of now.
FRESH_S = 3.0


class TargetMonitor:
    """Reads each source once a second, each in a task of its own: one that hangs holds up nothing else.

    Nothing here raises once it is made, whatever the sources do.
    """

    def __init__(self, sources: Sequence[TargetSource], trouble: str = "") -> None:
        """`trouble` is what made a further source impossible, in words."""
        self._readings = [_Reading(source) for source in sources]
        self._trouble = trouble
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    def for_target(cls, target: Target) -> TargetMonitor | None:
        """None where nothing is known of the target's side: it is on another machine, and nobody said how to ask."""
        sources: list[TargetSource] = []
        trouble = ""
        if target.metrics_url:
            try:
                sources.append(PrometheusEndpoint(metrics_address(target.url, target.metrics_url)))
            except ValueError as error:
                url = clean(mask_secrets(target.metrics_url))
                trouble = f"{PrometheusEndpoint.failing}: {url}: {clean(mask_secrets(str(error)))}"
        elif process := LocalProcess.behind(target.url):
            sources.append(process)
        if target.monitor_command:
            sources.append(MonitorCommand(target.monitor_command))
        return cls(sources, trouble) if sources or trouble else None

    async def start(self) -> None:
        """Begin to read; comes back at once."""
        self._tasks = [asyncio.create_task(reading.repeat()) for reading in self._readings]

    def latest(self) -> TargetSample | None:
        """What is known now; None where no source was read within the last FRESH_S."""
        known = [sample for reading in self._readings if (sample := reading.fresh()) is not None]
        return _together(known) if known else None

    @property
    def problem(self) -> str:
        """One line for a person, empty where there is none.

        The first problem of each source stays: that it was read again later shows in what was read.
        """
        return "; ".join(filter(None, [self._trouble, *(reading.problem for reading in self._readings)]))

    async def close(self) -> None:
        """Leaves nothing running. Safe to call again, and without `start`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for reading in self._readings:
            await reading.close()


class _Reading:
    """What one source last said, and when; `problem` is what first kept it from saying anything for FRESH_S."""

    def __init__(self, source: TargetSource) -> None:
        self._source = source
        self._sample: TargetSample | None = None
        self._read_s = 0.0
        self.problem = ""

    def fresh(self) -> TargetSample | None:
        return self._sample if time.monotonic() - self._read_s <= FRESH_S else None

    async def repeat(self) -> None:
        while True:
            begun_s = time.monotonic()
            try:
                self._sample = await self._source.read()
                self._read_s = time.monotonic()
            except UnreadableError as error:
                self._note(str(error))
            except Exception as error:  # noqa: BLE001 - a source must never end a run
                self._note(f"{type(error).__name__}: {clean(mask_secrets(str(error)))}")
            await asyncio.sleep(max(0.0, begun_s + INTERVAL_S - time.monotonic()))

    async def close(self) -> None:
        with contextlib.suppress(Exception):
            await self._source.close()

    def _note(self, why: str) -> None:
        # One slow answer, or a restart, is no problem yet; never an answer is one at once.
        if not self.problem and self.fresh() is None:
            self.problem = f"{self._source.failing}: {why}"


def _together(samples: Sequence[TargetSample]) -> TargetSample:
    """One sample that says what the others say; where two say the same, the later one's."""
    whole = TargetSample()
    for sample in samples:
        said = {each.name: getattr(sample, each.name) for each in fields(sample)}
        whole = replace(whole, **{name: value for name, value in said.items() if value is not None})
    return whole
