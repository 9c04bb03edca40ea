"""Counts and times every request that Locust reports, in slots that a tick empties."""

from __future__ import annotations

import traceback
from time import time
from types import TracebackType
from typing import Any

from perftui.engine import network
from perftui.engine.clock import RunClock
from perftui.engine.exchanges import KeptFailures, Reported
from perftui.engine.failure_text import failure_text
from perftui.engine.flight import Flights
from perftui.engine.local_errors import LocalErrors
from perftui.engine.retry_after import retry_after_s
from perftui.engine.schedule import Schedule
from perftui.engine.user_line import clean_lines, walk
from perftui.model.exchange import Exchange
from perftui.model.histogram import LONGEST_US, Histogram
from perftui.model.text import clean, mask_secrets
from perftui.model.tick import (
    MAX_EXCEPTION_GROUPS,
    MAX_FAILURE_GROUPS,
    MAX_REQUEST_NAMES,
    OTHER,
    ExceptionDelta,
    FailureDelta,
    RateLimitDelta,
    RequestDelta,
)

# Raw names whose slot is remembered; a locustfile may make a new name for each request.
MAX_RAW_NAMES = 4 * MAX_REQUEST_NAMES
# Past this a response's length says more about the locustfile than about the response.
_LARGEST_RESPONSE_BYTES = 1 << 40
_TOO_MANY_REQUESTS = 429

_ExceptionKey = tuple[tuple[str, int], ...]


class Slot:
    """What happened to one request name since the last tick. See RequestDelta for the fields."""

    __slots__ = (
        "failed",
        "failed_times",
        "method",
        "name",
        "ok_times",
        "response_bytes",
        "response_times",
        "statuses",
        "succeeded",
        "untimed",
    )

    def __init__(self, method: str, name: str) -> None:
        self.method = method
        self.name = name
        self.empty()

    def empty(self) -> None:
        self.succeeded = 0
        self.failed = 0
        self.untimed = 0
        self.response_bytes = 0
        self.ok_times = Histogram()
        self.failed_times = Histogram()
        self.response_times = Histogram()
        self.statuses: dict[int, int] = {}

    def take(self) -> RequestDelta:
        delta = RequestDelta(
            self.method,
            self.name,
            self.succeeded,
            self.failed,
            self.untimed,
            self.response_bytes,
            self.ok_times,
            self.failed_times,
            self.statuses,
            self.response_times,
        )
        self.empty()
        return delta


class Sampler:
    """Listens to `request` and `user_error`. Added before any locustfile is loaded, so it hears each event first:
    a user's listener that raises or waits changes nothing here."""

    def __init__(self, flights: Flights, clock: RunClock, schedule: Schedule) -> None:
        self._flights = flights
        self._clock = clock
        self._schedule = schedule
        self._knows_network = network.is_known()
        self.known_secrets: tuple[str, ...] = ()
        self.begin()

    def begin(self) -> None:
        """The test starts: what was reported before is no part of it."""
        self._by_raw_name: dict[tuple[Any, Any], Slot] = {}
        self._slots: dict[tuple[str, str], Slot] = {}
        # Known groups are kept for the run, so that its caps hold for the run and not for each second.
        self._failure_groups: set[tuple[str, str, str]] = set()
        self._failures: dict[tuple[str, str, str], FailureDelta] = {}
        self._exception_texts: dict[_ExceptionKey, tuple[str, str]] = {}
        self._exceptions: dict[str, ExceptionDelta] = {}
        # Bounded by the slots.
        self._rate_limits: dict[tuple[str, str], RateLimitDelta] = {}
        self._kept = KeptFailures(self.known_secrets)
        self._begin_to_watch()
        self.local_errors = LocalErrors()
        self._flights.forget()

    def on_request(
        self,
        request_type: Any,
        name: Any,
        response_time: Any,
        response_length: Any = 0,
        response: Any = None,
        exception: Any = None,
        start_time: Any = None,
        url: Any = None,
        **_: Any,
    ) -> None:
        flight = self._flights.land()
        if exception and self.local_errors.note(exception, response):
            # It never reached the target, so it is none of its requests. Locust's own statistics count it as a failure.
            return
        try:
            slot = self._by_raw_name[request_type, name]
        except (KeyError, TypeError):
            slot = self._slot_of(request_type, name)
        if exception:
            slot.failed += 1
            times = slot.failed_times
            group, now_s = self._note_failure(slot, exception)
            if self._kept.wants(group, now_s):
                status = status_of(response) if response is not None else 0
                ended_s = self._ended_s(start_time, response_time)
                self._kept.keep(group, Reported(response, url, response_time, response_length), status, ended_s)
        else:
            slot.succeeded += 1
            times = slot.ok_times
        if response_length:
            slot.response_bytes += _bytes_of(response_length)
        status = status_of(response) if response is not None else 0
        slot.statuses[status] = slot.statuses.get(status, 0) + 1
        if status == _TOO_MANY_REQUESTS:
            self._note_rate_limit(slot, response, self._ended_s(start_time, response_time))
        try:
            time_us = int(response_time * 1000)
        except (TypeError, ValueError, OverflowError):
            slot.untimed += 1  # None, NaN, or no number
        else:
            time_us = min(max(time_us, 0), LONGEST_US)
            times.record(time_us)
            weight = flight.weight if flight is not None else self._flights.weight()
            if weight:
                own_us = 0
                if flight is not None and self._knows_network:
                    self._is_own_known = True
                    own_us = int(flight.own_s * 1_000_000)
                self._watched.record(time_us, weight)
                self._less_own.record(max(0, time_us - own_us), weight)
            if self._schedule.is_kept:
                lateness_s = flight.lateness_s if flight else self._schedule.lateness_s(time_us / 1_000_000) or 0.0
                slot.response_times.record(min(time_us + int(lateness_s * 1_000_000), LONGEST_US))

    def on_user_error(self, user_instance: Any, exception: BaseException, tb: TracebackType | None, **_: Any) -> None:
        message, text = self._exception_text(exception, tb)
        delta = self._exceptions.get(text)
        count = delta.count if delta else 0
        self._exceptions[text] = ExceptionDelta(message, text, count + 1)

    @property
    def has_news(self) -> bool:
        return bool(
            self._exceptions
            or self.local_errors.has_news
            or any(slot.succeeded or slot.failed for slot in self._slots.values())
        )

    def take_exchanges(self) -> tuple[Exchange, ...]:
        """Failed requests that were kept whole since the last call."""
        return self._kept.take()

    def take_watched(self) -> tuple[Histogram, Histogram]:
        """`watched` and `less_own` of the tick (see Tick) since the last call."""
        watched, less_own, is_known = self._watched, self._less_own, self._is_own_known
        self._begin_to_watch()
        return (watched, less_own) if is_known else (Histogram(), Histogram())

    def _begin_to_watch(self) -> None:
        self._watched, self._less_own = Histogram(), Histogram()
        self._is_own_known = False

    def take(
        self,
    ) -> tuple[
        tuple[RequestDelta, ...], tuple[FailureDelta, ...], tuple[ExceptionDelta, ...], tuple[RateLimitDelta, ...]
    ]:
        """What happened since the last call."""
        requests = tuple(slot.take() for slot in self._slots.values() if slot.succeeded or slot.failed)
        failures, exceptions = tuple(self._failures.values()), tuple(self._exceptions.values())
        rate_limits = tuple(self._rate_limits.values())
        self._failures, self._exceptions, self._rate_limits = {}, {}, {}
        return requests, failures, exceptions, rate_limits

    def _slot_of(self, raw_method: Any, raw_name: Any) -> Slot:
        key = shown_name(raw_method), shown_name(raw_name)
        slot = self._slots.get(key)
        if slot is None:
            if len(self._slots) >= MAX_REQUEST_NAMES:
                key = ("", OTHER)
            slot = self._slots.get(key) or Slot(*key)
            self._slots[key] = slot
        if len(self._by_raw_name) < MAX_RAW_NAMES and isinstance(raw_name, str) and isinstance(raw_method, str):
            self._by_raw_name[raw_method, raw_name] = slot
        return slot

    def _note_failure(self, slot: Slot, exception: Any) -> tuple[tuple[str, str, str], float]:
        """The group of this failure, and when it was reported."""
        key = slot.method, slot.name, failure_text(exception)
        if key not in self._failure_groups:
            if len(self._failure_groups) >= MAX_FAILURE_GROUPS:
                key = ("", OTHER, OTHER)
            self._failure_groups.add(key)
        now_s = self._clock.elapsed_s
        delta = self._failures.get(key)
        count, first_s = (delta.count, delta.first_s) if delta else (0, now_s)
        self._failures[key] = FailureDelta(*key, count + 1, first_s, now_s)
        return key, now_s

    def _note_rate_limit(self, slot: Slot, response: Any, ended_s: float) -> None:
        key = slot.method, slot.name
        before = self._rate_limits.get(key) or RateLimitDelta(*key, 0, ended_s, ended_s)
        wait_s = retry_after_s(response)
        is_newest = wait_s is not None and (before.told_s is None or before.told_s <= ended_s)
        self._rate_limits[key] = RateLimitDelta(
            *key,
            before.count + 1,
            min(before.first_s, ended_s),
            max(before.last_s, ended_s),
            wait_s if is_newest else before.retry_after_s,
            ended_s if is_newest else before.told_s,
        )

    def _ended_s(self, start_time: Any, response_time: Any) -> float:
        """When a response that is reported now ended, on the test's clock: user code may have looked at it for long.

        `start_time` is in s since the epoch and `response_time` in ms; now, where they cannot be true.
        """
        now_s = self._clock.elapsed_s
        try:
            age_s = time() - start_time - response_time / 1000
        except (TypeError, ValueError, OverflowError):
            return now_s
        return now_s - age_s if 0 <= age_s <= now_s else now_s

    def _exception_text(self, exception: BaseException, tb: TracebackType | None) -> tuple[str, str]:
        """Message and traceback of the group of `exception`: those with the same lines. Formatted once for each."""
        key = tuple((code.co_filename, line) for code, line in walk(tb))
        texts = self._exception_texts.get(key)
        if texts is None:
            if len(self._exception_texts) >= MAX_EXCEPTION_GROUPS:
                return OTHER, OTHER
            texts = failure_text(exception), clean_lines("".join(traceback.format_tb(tb)))
            self._exception_texts[key] = texts
        return texts


def shown_name(raw: Any) -> str:
    try:
        return clean(mask_secrets(raw if isinstance(raw, str) else str(raw)))
    except Exception:  # noqa: BLE001 - __str__ of a name of the user's own making
        return clean(type(raw).__name__)


def status_of(response: Any) -> int:
    try:
        status = response.status_code
    except Exception:  # noqa: BLE001 - a response of the user's own making
        return 0
    return status if type(status) is int and 0 <= status <= 999 else 0


def _bytes_of(length: Any) -> int:
    try:
        return min(max(int(length), 0), _LARGEST_RESPONSE_BYTES)
    except (TypeError, ValueError, OverflowError):
        return 0
