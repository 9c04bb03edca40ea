"""The built-in target as `perftui demo` starts it, and a client that knows its control path."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.fakes.command import COMMAND

ANNOUNCEMENT = "perftui demo target: "


class Target(httpx.Client):
    """A client of a running target; its connections are shared by threads."""

    def knobs(self) -> dict[str, float]:
        answer: dict[str, float] = self.get("/__perftui__/knobs").json()
        return answer

    def turn(self, **knobs: float) -> None:
        self.post("/__perftui__/knobs", json=knobs).raise_for_status()

    def reset(self) -> None:
        self.delete("/__perftui__/knobs").raise_for_status()

    def received(self) -> int:
        total: int = self.get("/__perftui__/requests").json()["total"]
        return total

    def metric(self, name: str) -> float:
        """The value of a metric without labels, or with those in `name`."""
        lines = self.get("/metrics").text.splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} ")), 0.0)

    def json(self, method: str, path: str, expected_status: int = 200, **options: Any) -> Any:
        answer = self.request(method, path, **options)
        assert answer.status_code == expected_status, answer.text
        return answer.json()


def as_user(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@contextmanager
def running_demo(*options: str) -> Iterator[Target]:
    with subprocess.Popen(
        [*COMMAND, "demo", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    ) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().removeprefix(ANNOUNCEMENT).strip()
            limits = httpx.Limits(max_connections=None)
            with Target(base_url=url, timeout=20, limits=limits) as target:
                yield target
        finally:
            process.terminate()
            process.wait(10)
