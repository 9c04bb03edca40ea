"""The clinic's seven checks for a pipeline, as tests to copy from.

    pytest examples/test_clinic.py                                        # the built-in target, started if need be
    CLINIC_URL=http://127.0.0.1:8000 pytest examples/test_clinic.py       # yours

What is asked once, all at once, is a burst of httpx requests. What is asked for a while and judged by thresholds is a
run of a profile: its record and its report are kept.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable

import httpx
import pytest

from perftui.profile_runner import RunProfile

RECORDING = bytes(range(256)) * 256  # 64 KiB


@pytest.fixture(scope="session")
def clinic_url(request: pytest.FixtureRequest) -> str:
    given = os.environ.get("CLINIC_URL")
    return given or str(request.getfixturevalue("perftui_demo_url"))


def burst(
    url: str, requests: int, ask: Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
) -> list[httpx.Response]:
    """The answers to so many requests that are sent at once, each on a connection of its own."""

    async def go() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as client:
            return await asyncio.gather(*(ask(client) for _ in range(requests)))

    return asyncio.run(go())


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def slowest_s(answers: list[httpx.Response]) -> float:
    return max(answer.elapsed.total_seconds() for answer in answers)


def test_concurrent_health_checks(clinic_url: str) -> None:
    answers = burst(clinic_url, 100, lambda client: client.get("/health"))
    assert statuses(answers) == {200: 100}
    assert slowest_s(answers) < 1


def test_concurrent_sessions(clinic_url: str) -> None:
    answers = burst(clinic_url, 50, lambda client: client.get("/sessions"))
    assert statuses(answers) == {200: 50}
    assert all(answer.json()["sessions"] for answer in answers)
    assert slowest_s(answers) < 5


def test_concurrent_uploads(clinic_url: str) -> None:
    files = {"file": ("recording.wav", RECORDING, "audio/wav")}
    answers = burst(clinic_url, 10, lambda client: client.post("/sessions/1/upload", files=files))
    assert statuses(answers) == {201: 10}
    assert {answer.json()["bytes"] for answer in answers} == {len(RECORDING)}
    assert slowest_s(answers) < 20


def test_the_rate_limit_is_kept_and_says_when_to_come_back(clinic_url: str) -> None:
    answers = burst(clinic_url, 150, lambda client: client.get("/limited"))
    counts = statuses(answers)
    assert counts.keys() <= {200, 429}
    assert counts[200] <= 100, "100 a minute"
    refused = [answer for answer in answers if answer.status_code == 429]
    assert all(1 <= int(answer.headers["Retry-After"]) <= 60 for answer in refused)


def test_an_exhausted_pool_says_so_soon_and_recovers(clinic_url: str) -> None:
    def query(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
        return client.get("/database/heavy", params={"hold_ms": 400})

    answers = burst(clinic_url, 100, query)
    assert statuses(answers).keys() == {200, 503}
    assert slowest_s(answers) < 5
    assert statuses(burst(clinic_url, 1, query)) == {200: 1}
    assert httpx.get(f"{clinic_url}/database/pool").json()["in_use"] == 0


def test_sustained_load(clinic_url: str, perftui_run: RunProfile) -> None:
    """500 requests in 60 s; these make about 650 in 8 s."""
    run = perftui_run(
        "clinic",
        target=clinic_url,
        users=70,
        spawn_rate=70,
        run_time="8s",
        thresholds=["requests >= 500", "fail_ratio < 1%", "p95(GET /health) < 1s", "p95(GET /sessions) < 5s"],
    )
    assert run.passed
    assert run["POST /sessions/[id]/upload"].failures == 0


def test_memory_does_not_leak(clinic_url: str, perftui_run: RunProfile) -> None:
    """The server's memory grows by less than 50 MB in 200 requests. A growth is told from 12 samples, one a second."""
    run = perftui_run(
        "clinic",
        target=clinic_url,
        users=20,
        spawn_rate=20,
        run_time="13s",
        thresholds=["requests >= 200", "target_memory_growth < 50MB"],
    )
    assert run.passed
