"""One of each thing that a locustfile may hold."""

from __future__ import annotations

import logging
import time
from typing import Any

from locust import (
    FastHttpUser,
    HttpUser,
    MarkovTaskSet,
    SequentialTaskSet,
    TaskSet,
    User,
    between,
    constant_pacing,
    constant_throughput,
    events,
    tag,
    task,
    transition,
)


@events.init_command_line_parser.add_listener
def add_arguments(parser: Any) -> None:
    parser.add_argument("--colour", default="red", choices=["red", "blue"], help="The colour of the shop")
    parser.add_argument("--shop-password", env_var="SHOP_PASSWORD", default="s3cret", is_secret=True)


@events.test_start.add_listener
def say_start(environment: Any, **_: Any) -> None:
    options = environment.parsed_options
    print(f"start {options.colour} {options.shop_password} {options.num_users} {environment.host}")


@events.quitting.add_listener
def say_end(environment: Any, **_: Any) -> None:
    logging.warning("summary: %d requests", environment.stats.total.num_requests)
    environment.process_exit_code = 42


class Browse(TaskSet):
    @tag("read")
    @task(3)
    def index(self) -> None:
        self.client.get("/index")

    @tag("write")
    @task(1)
    def leave(self) -> None:
        self.interrupt()


class Checkout(SequentialTaskSet):
    @task
    def first(self) -> None:
        self.client.get("/first")

    @task
    def second(self) -> None:
        self.client.get("/second")
        self.interrupt()


class Wander(MarkovTaskSet):
    @transition("there")
    def here(self) -> None:
        self.client.get("/here")

    @transition("here")
    def there(self) -> None:
        self.client.get("/there")


class ShopUser(HttpUser):
    wait_time = between(0.01, 0.02)
    weight = 3

    @tag("flow")
    @task
    class Flow(Browse):
        pass

    @task
    class Buy(Checkout):
        pass


class WanderUser(FastHttpUser):
    wait_time = constant_pacing(0.05)
    fixed_count = 1
    tasks = (Wander,)


class OwnClientUser(User):
    wait_time = constant_throughput(20)

    @task
    def call(self) -> None:
        started = time.perf_counter()
        self.environment.events.request.fire(
            request_type="rpc",
            name="own client",
            response_time=(time.perf_counter() - started) * 1000,
            response_length=7,
            exception=None,
        )
