"""What waits to be sent: bounded whatever happens, without losing a count."""

from __future__ import annotations

from collections import deque

from perftui.model.tick import ExceptionDelta, FailureDelta, Health, RateLimitDelta, RequestDelta, Tick
from perftui.wire.messages import Logged, Message, SpawningComplete, Ticked

# While the conductor does not read, so many log lines wait; more are counted, not kept.
MAX_WAITING_LINES = 500


class Outbox:
    """First in, first out; but of ticks at most one waits, the sum of all unsent, and lines are bounded."""

    def __init__(self) -> None:
        # Bounded by the merging below: every other message is sent a few times in a run, or for each task of a bench.
        self._waiting: deque[Message] = deque()
        self._waiting_lines = 0
        self._dropped_lines = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Message) -> None:
        if isinstance(message, Ticked):
            self._put_tick(message)
        elif isinstance(message, SpawningComplete):
            self._replace(SpawningComplete, message)
        elif isinstance(message, Logged):
            self._put_line(message)
        else:
            self._waiting.append(message)

    def take(self) -> Message | None:
        if not self._waiting:
            return None
        message = self._waiting.popleft()
        if isinstance(message, Logged):
            self._waiting_lines -= 1
            if not self._waiting_lines and self._dropped_lines:
                text = f"{self._dropped_lines} more log lines were not kept"
                self._dropped_lines = 0
                self._put_line(Logged("WARNING", "perftui", text))
        return message

    def _put_tick(self, message: Ticked) -> None:
        older = self._replace(Ticked, message)
        if isinstance(older, Ticked):
            self._waiting[-1] = Ticked(merge_ticks(older.tick, message.tick))

    def _replace(self, kind: type[Message], message: Message) -> Message | None:
        """Append `message` and remove the one of its `kind` that waits, which is returned."""
        older = next((each for each in self._waiting if isinstance(each, kind)), None)
        if older is not None:
            self._waiting.remove(older)
        self._waiting.append(message)
        return older

    def _put_line(self, line: Logged) -> None:
        if self._waiting_lines >= MAX_WAITING_LINES:
            self._dropped_lines += 1
            return
        self._waiting_lines += 1
        self._waiting.append(line)


def merge_ticks(older: Tick, newer: Tick) -> Tick:
    """One tick that says what the two said: counts and histograms add up, states are the newer one's."""
    return Tick(
        seq=newer.seq,
        elapsed_s=newer.elapsed_s,
        interval_s=older.interval_s + newer.interval_s,
        user_count=newer.user_count,
        target_user_count=newer.target_user_count,
        users_by_class=newer.users_by_class,
        requests=_merge_requests(older.requests, newer.requests),
        failures=_merge_failures(older.failures, newer.failures),
        exceptions=_merge_exceptions(older.exceptions, newer.exceptions),
        started=older.started + newer.started,
        abandoned=older.abandoned + newer.abandoned,
        in_flight=newer.in_flight,
        oldest_in_flight_s=newer.oldest_in_flight_s,
        health=_worse(older.health, newer.health),
        rate_limits=_merge_rate_limits(older.rate_limits, newer.rate_limits),
        # Bounded by what the engine keeps in a run.
        exchanges=older.exchanges + newer.exchanges,
    )


def _merge_requests(older: tuple[RequestDelta, ...], newer: tuple[RequestDelta, ...]) -> tuple[RequestDelta, ...]:
    merged: dict[tuple[str, str], RequestDelta] = {}
    for delta in (*older, *newer):
        key = (delta.method, delta.name)
        before = merged.get(key)
        merged[key] = delta if before is None else _add_requests(before, delta)
    return tuple(merged.values())


def _add_requests(before: RequestDelta, delta: RequestDelta) -> RequestDelta:
    before.ok_times.add(delta.ok_times)
    before.failed_times.add(delta.failed_times)
    for status, count in delta.statuses.items():
        before.statuses[status] = before.statuses.get(status, 0) + count
    return RequestDelta(
        method=delta.method,
        name=delta.name,
        succeeded=before.succeeded + delta.succeeded,
        failed=before.failed + delta.failed,
        untimed=before.untimed + delta.untimed,
        response_bytes=before.response_bytes + delta.response_bytes,
        ok_times=before.ok_times,
        failed_times=before.failed_times,
        statuses=before.statuses,
    )


def _merge_failures(older: tuple[FailureDelta, ...], newer: tuple[FailureDelta, ...]) -> tuple[FailureDelta, ...]:
    merged: dict[tuple[str, str, str], FailureDelta] = {}
    for delta in (*older, *newer):
        key = (delta.method, delta.name, delta.message)
        before = merged.get(key)
        if before is not None:
            first_s, last_s = min(before.first_s, delta.first_s), max(before.last_s, delta.last_s)
            delta = FailureDelta(*key, before.count + delta.count, first_s, last_s)
        merged[key] = delta
    return tuple(merged.values())


def _merge_exceptions(
    older: tuple[ExceptionDelta, ...], newer: tuple[ExceptionDelta, ...]
) -> tuple[ExceptionDelta, ...]:
    merged: dict[str, ExceptionDelta] = {}
    for delta in (*older, *newer):
        before = merged.get(delta.traceback)
        message, count = (before.message, before.count) if before else (delta.message, 0)
        merged[delta.traceback] = ExceptionDelta(message, delta.traceback, count + delta.count)
    return tuple(merged.values())


def _merge_rate_limits(
    older: tuple[RateLimitDelta, ...], newer: tuple[RateLimitDelta, ...]
) -> tuple[RateLimitDelta, ...]:
    merged: dict[tuple[str, str], RateLimitDelta] = {}
    for delta in (*older, *newer):
        key = (delta.method, delta.name)
        before = merged.get(key)
        if before is not None:
            told = delta if delta.told_s is not None else before
            delta = RateLimitDelta(
                *key,
                before.count + delta.count,
                min(before.first_s, delta.first_s),
                max(before.last_s, delta.last_s),
                told.retry_after_s,
                told.told_s,
            )
        merged[key] = delta
    return tuple(merged.values())


def _worse(older: Health, newer: Health) -> Health:
    """The newer with the larger lags: percentiles of two seconds cannot be averaged."""
    return Health(
        cpu_percent=max(older.cpu_percent, newer.cpu_percent),
        rss_bytes=newer.rss_bytes,
        hub_lag_p50_ms=max(older.hub_lag_p50_ms, newer.hub_lag_p50_ms),
        hub_lag_p99_ms=max(older.hub_lag_p99_ms, newer.hub_lag_p99_ms),
        hub_lag_max_ms=max(older.hub_lag_max_ms, newer.hub_lag_max_ms),
        open_files=newer.open_files,
        open_files_limit=newer.open_files_limit,
    )
