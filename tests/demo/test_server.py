from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from perftui import exit_codes
from perftui.demo import DEFAULT_LOCUSTFILE
from perftui.demo.request_counts import MAX_PATHS, OTHER_PATHS
from tests.demo.running import running_demo
from tests.fakes.waiting import wait_for


@pytest.fixture(scope="module")
def unchanged_url() -> Iterator[str]:
    """One target for all tests that change nothing of it."""
    with running_demo() as target:
        yield str(target.base_url).rstrip("/")


def received(url: str) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(f"{url}/__perftui__/requests").json()
    return answer


def test_each_request_is_counted_once_and_asking_is_not_counted(demo_url: str) -> None:
    paths = ["/", "/health", "/items/3", "/nowhere"] * 25
    with httpx.Client(base_url=demo_url) as client, ThreadPoolExecutor(8) as threads:
        list(threads.map(client.get, paths))
    for _ in range(2):
        assert received(demo_url) == {
            "total": 100,
            "by_path": {"/": 25, "/health": 25, "/items/3": 25, "/nowhere": 25},
        }


def test_the_count_stays_exact_when_there_are_more_paths_than_are_kept(demo_url: str) -> None:
    with httpx.Client(base_url=demo_url) as client:
        for number in range(MAX_PATHS + 5):
            client.get(f"/nowhere/{number}")
    counts = received(demo_url)
    assert counts["total"] == MAX_PATHS + 5
    assert counts["by_path"][OTHER_PATHS] == 5


def test_a_kept_connection_is_answered_at_once(unchanged_url: str) -> None:
    with httpx.Client(base_url=unchanged_url) as client:
        times_s = [client.get("/api/v1/health/ping").elapsed.total_seconds() for _ in range(20)]
    # Nagle's algorithm against a delayed acknowledgement would make each but the first 40 ms.
    assert min(times_s[1:]) < 0.03


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ("/", {"name": "perftui demo"}),
        ("/health", {"status": "ok"}),
        ("/ready", {"status": "ready"}),
        ("/status", {"status": "ok", "goals": 0}),
        ("/api/v1/health/", {"status": "ok"}),
        ("/api/v1/health/ping", {"ping": "pong"}),
        ("/api/v1/health/database", {"status": "ok", "items": 100}),
        ("/items/1", {"id": 1, "name": "oak chair"}),
        ("/search?q=Oak+ch", {"items": [{"id": 1, "name": "oak chair"}]}),
    ],
)
def test_each_path_of_the_first_areas_answers(unchanged_url: str, path: str, holds: dict[str, object]) -> None:
    answer = httpx.get(f"{unchanged_url}{path}")
    assert answer.status_code == 200
    assert holds.items() <= answer.json().items()


def test_what_is_added_can_be_read_back(demo_url: str) -> None:
    added = httpx.post(f"{demo_url}/items", json={"name": "paper kite"})
    assert added.status_code == 201
    assert httpx.get(f"{demo_url}/items/{added.json()['id']}").json() == added.json()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"name": ""}',
        b'{"name": 1}',
        b'{"name": "\\ud800"}',
        b'{"name": "a\\u0000"}',
    ],
)
def test_an_item_without_a_usable_name_is_refused(unchanged_url: str, body: bytes) -> None:
    answer = httpx.post(f"{unchanged_url}/items", content=body)
    assert answer.status_code == 422
    assert answer.json()["detail"]


@pytest.mark.parametrize("item_id", ["0", "999999", "9" * 30])
def test_an_unknown_item_is_not_found(unchanged_url: str, item_id: str) -> None:
    assert httpx.get(f"{unchanged_url}/items/{item_id}").status_code == 404


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_quietly_and_well(
    demo_process: subprocess.Popen[str], demo_url: str, number: signal.Signals
) -> None:
    demo_process.send_signal(number)
    rest, errors = demo_process.communicate(timeout=10)
    assert (demo_process.returncode, rest, errors) == (exit_codes.OK, "", "")


def test_a_signal_ends_it_while_connections_are_open(demo_process: subprocess.Popen[str], demo_url: str) -> None:
    with httpx.Client(base_url=demo_url) as client:
        client.get("/health")
        demo_process.send_signal(signal.SIGTERM)
        _, errors = demo_process.communicate(timeout=10)
    assert (demo_process.returncode, errors) == (exit_codes.OK, "")


@pytest.mark.parametrize("knob", [{"freeze_s": 60}, {"latency_ms": 60_000}])
def test_a_signal_ends_it_quietly_while_a_request_waits(
    knob: dict[str, float], demo_process: subprocess.Popen[str], demo_url: str
) -> None:
    httpx.post(f"{demo_url}/__perftui__/knobs", json=knob)
    with httpx.Client(base_url=demo_url) as client, ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(client.get, "/health")
        wait_for(lambda: received(demo_url)["total"], "the request to arrive")
        demo_process.send_signal(signal.SIGTERM)
        _, errors = demo_process.communicate(timeout=10)
        assert waiting.result().status_code in (200, 500)
    assert (demo_process.returncode, errors) == (exit_codes.OK, "")


def test_a_busy_port_is_one_clear_line(demo_url: str) -> None:
    port = demo_url.rpartition(":")[2]
    second = subprocess.run(
        [sys.executable, "-m", "perftui.demo", "--port", port], capture_output=True, text=True, timeout=10
    )
    assert second.returncode == exit_codes.ENVIRONMENT
    assert second.stdout == ""
    assert second.stderr == (
        f"perftui: cannot listen on 127.0.0.1 port {port}: something else does. "
        "Choose another with --port, or leave it out to take a free one.\n"
    )


def test_the_default_locustfile_runs_under_locust_without_a_failure(demo_url: str) -> None:
    # The stop timeout lets each user finish its task: Locust does not count what it abandons.
    users = 8
    load = ["--users", f"{users}", "--spawn-rate", f"{users}", "--run-time", "2s", "--stop-timeout", "5s"]
    locust = subprocess.run(
        [
            sys.executable,
            "-m",
            "locust",
            "-f",
            DEFAULT_LOCUSTFILE,
            "--host",
            demo_url,
            "--headless",
            "--json",
            *load,
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert locust.returncode == 0, locust.stderr
    rows = json.loads(locust.stdout)
    assert sum(row["num_failures"] for row in rows) == 0
    names = {(row["method"], row["name"]) for row in rows}
    assert names >= {("GET", "/items"), ("GET", "/items/[id]"), ("POST", "/items")}
    counted = sum(row["num_requests"] for row in rows)
    # A user that begins a task in the moment of the end is cut off all the same.
    assert 30 < counted <= received(demo_url)["total"] <= counted + users
