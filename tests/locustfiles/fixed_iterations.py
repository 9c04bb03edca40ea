"""A fixed amount of work: the same requests under any runner, however fast it is."""

from __future__ import annotations

from typing import Any

from locust import FastHttpUser, HttpUser, constant, events, task
from locust.exception import StopUser

ITERATIONS = 20
_finished = 0


class _Iterations:
    client: Any
    environment: Any

    def on_start(self) -> None:
        self.client.post("/login", name="log in", data={"user": "one"})

    def run_once(self) -> None:
        self.client.get("/")
        self.client.get("/status/404")
        self.client.get("/redirect", name="redirected")
        with self.client.get("/status/500", name="caught", catch_response=True) as response:
            response.success()
        with self.client.get("/", name="refused", catch_response=True) as response:
            response.failure("not what was wanted")


class RequestsUser(_Iterations, HttpUser):
    fixed_count = 2
    wait_time = constant(0)

    @task
    def iterate(self) -> None:
        for _ in range(ITERATIONS):
            self.run_once()
        raise StopUser


class FastUser(_Iterations, FastHttpUser):
    fixed_count = 2
    wait_time = constant(0)

    @task
    def iterate(self) -> None:
        for _ in range(ITERATIONS):
            self.run_once()
        raise StopUser


@events.quitting.add_listener
def say_totals(environment: Any, **_: Any) -> None:
    print(f"total {environment.stats.total.num_requests} failed {environment.stats.total.num_failures}")
