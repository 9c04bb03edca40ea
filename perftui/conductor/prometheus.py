"""The target's metrics in Prometheus text, over HTTP."""

from __future__ import annotations

import asyncio
import math
import re
import time
from concurrent.futures import Future
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx
from prometheus_client.parser import text_string_to_metric_families

from perftui.conductor.own_thread import in_own_thread
from perftui.conductor.target_source import UnreadableError
from perftui.model.text import clean, mask_secrets
from perftui.model.tick import TargetSample

READ_TIMEOUT_S = 2.0
MAX_BYTES = 1 << 20
MAX_REDIRECTS = 3

CPU = "process_cpu_seconds_total"
MEMORY = "process_resident_memory_bytes"
_STARTED = "process_start_time_seconds"
# How servers name their open client connections: the first of these that is there; docs/target.md has the list.
CONNECTIONS = (
    "http_open_connections",
    "http_connections_active",
    "nginx_connections_active",
    "traefik_open_connections",
    "traefik_entrypoint_open_connections",
    "kestrel_active_connections",
)
# Else the one metric that ends so, unless it is one of connections to something behind the target.
_CONNECTIONS_END = "_open_connections"
_BEHIND = re.compile("sql|db|database|redis|pool|upstream|backend")
_NAME = re.compile(r"[ \t]*([a-zA-Z_:][a-zA-Z0-9_:]*)")
# What a column of samples.db takes.
_LARGEST = float(1 << 62)
# Where nothing tells one process from another, more than this many cores are two processes that answer in turn.
MAX_CORES = 100


@dataclass(frozen=True, slots=True)
class _CpuTime:
    """`used_s` of a process that started at `started` (None: not said), as read at `read_s` on the monotonic clock."""

    used_s: float
    started: float | None
    read_s: float


def metrics_address(target_url: str, metrics_url: str) -> httpx.URL:
    """Where the metrics are; a relative `metrics_url` starts from the target's. Raises ValueError where it is none."""
    address = urljoin(target_url, metrics_url)
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("it is no http or https address")
    try:
        return httpx.URL(address)
    except httpx.InvalidURL as error:
        raise ValueError(str(error)) from None


class PrometheusEndpoint:
    """One GET a reading, over one connection that is kept. The name and password in `url` are sent and never shown.

    All of it is done in a thread of its own: no timeout ends the lookup of a name, and a large answer takes long to
    parse. While a reading hangs no other begins.
    """

    failing = "the target's metrics cannot be read"

    def __init__(self, url: httpx.URL) -> None:
        self._auth = httpx.BasicAuth(url.username, url.password) if url.userinfo else None
        # Where a redirect led, from then on: one request a reading.
        self._url = url.copy_with(userinfo=b"")
        self._shown = _shown(self._url)
        self._client = httpx.Client(
            auth=self._auth,
            follow_redirects=False,
            trust_env=False,
            timeout=READ_TIMEOUT_S,
            limits=httpx.Limits(max_connections=1),
            headers={"Accept": "text/plain;version=0.0.4, */*;q=0.1", "Accept-Encoding": "identity"},
        )
        self._before: _CpuTime | None = None
        self._reading: Future[TargetSample] | None = None

    async def read(self) -> TargetSample:
        if self._reading is None or self._reading.done():
            self._reading = in_own_thread(self._read)
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                return await asyncio.wrap_future(self._reading)
        except (TimeoutError, httpx.TimeoutException):
            raise UnreadableError(f"{self._shown} does not answer within {READ_TIMEOUT_S:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = clean(mask_secrets(str(error))) or type(error).__name__
            raise UnreadableError(f"{self._shown} does not answer: {why}") from None

    async def close(self) -> None:
        """Where a reading hangs, the connection is closed when that ends; nobody waits for it."""
        if self._reading is None:
            self._client.close()
        else:
            self._reading.add_done_callback(lambda _: self._client.close())

    def _read(self) -> TargetSample:
        body = self._get()
        return self._sample(body, time.monotonic())

    def _get(self) -> bytes:
        for _ in range(1 + MAX_REDIRECTS):
            with self._client.stream("GET", self._url) as response:
                if response.has_redirect_location:
                    self._url = self._redirected(response.headers["location"])
                    continue
                if response.status_code != httpx.codes.OK:
                    raise UnreadableError(f"{self._shown} answered {response.status_code}")
                body = bytearray()
                until_s = time.monotonic() + READ_TIMEOUT_S
                # Raw: what is compressed against our wish could grow without bound.
                for data in response.iter_raw():
                    body += data
                    # The client's own timeout is for each piece.
                    if time.monotonic() > until_s:
                        raise TimeoutError
                    if len(body) > MAX_BYTES:
                        raise UnreadableError(f"{self._shown} answered more than {MAX_BYTES >> 20} MB")
                return bytes(body)
        raise UnreadableError(f"{self._shown} redirects more than {MAX_REDIRECTS} times")

    def _redirected(self, location: str) -> httpx.URL:
        here, there = self._url, self._url.join(location)
        if (there.scheme, there.host, there.port) != (here.scheme, here.host, here.port):
            raise UnreadableError(
                f"{self._shown} redirects to {_shown(there)}; make that the metrics_url if you mean it"
            )
        return there.copy_with(userinfo=b"")

    def _sample(self, body: bytes, read_s: float) -> TargetSample:
        text = body.decode(errors="replace")
        if text.lstrip()[:1] == "<":
            raise UnreadableError(f"{self._shown} answered HTML, not Prometheus text")
        try:
            values = _values(text)
        except ValueError as error:
            raise UnreadableError(f"{self._shown} answered no Prometheus text: {clean(str(error), 80)}") from None
        memory_bytes, open_connections = values.get(MEMORY), _open_connections(values)
        if not values.keys() & {CPU, MEMORY} and open_connections is None:
            raise UnreadableError(f"{self._shown} has neither {CPU} nor {MEMORY} nor open connections")
        cpu = _CpuTime(values[CPU], values.get(_STARTED), read_s) if CPU in values else None
        before, self._before = self._before, cpu
        return TargetSample(
            cpu_percent=_percent(before, cpu),
            memory_bytes=None if memory_bytes is None else int(memory_bytes),
            open_connections=None if open_connections is None else int(open_connections),
        )


def _values(text: str) -> dict[str, float]:
    """The metrics that matter here, each summed over its labels, without what is no number. Raises ValueError.

    Only their lines are parsed: all of a large answer, each second, would take the generator's processor.
    """
    lines = [line for line in text.split("\n") if (match := _NAME.match(line)) and _is_wanted(match[1])]
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families("\n".join(lines) + "\n"):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return {name: value for name, value in sums.items() if math.isfinite(value) and 0 <= value < _LARGEST}


def _is_wanted(name: str) -> bool:
    if name in (CPU, MEMORY, _STARTED) or name in CONNECTIONS:
        return True
    return name.endswith(_CONNECTIONS_END) and not _BEHIND.search(name)


def _open_connections(values: dict[str, float]) -> float | None:
    known = [values[name] for name in CONNECTIONS if name in values]
    others = [value for name, value in values.items() if name.endswith(_CONNECTIONS_END)]
    if known:
        return known[0]
    # Of two that could be meant, none is.
    return others[0] if len(others) == 1 else None


def _percent(before: _CpuTime | None, now: _CpuTime | None) -> float | None:
    """100 for one busy core; None across a restart, and where two processes answer in turn."""
    if before is None or now is None or before.started != now.started:
        return None
    used_s, passed_s = now.used_s - before.used_s, now.read_s - before.read_s
    if used_s < 0 or passed_s <= 0 or (now.started is None and used_s > MAX_CORES * passed_s):
        return None
    return used_s / passed_s * 100


def _shown(url: httpx.URL) -> str:
    return clean(mask_secrets(str(url.copy_with(userinfo=b""))))
