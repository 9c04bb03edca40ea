"""An autonomous agent's API: who watches its goals, who keeps goals of its own, and who only hammers it.

perftui run goals-light --demo
locust -f goals.py GoalsUser --headless --users 10 --spawn-rate 2 --run-time 60s --host http://127.0.0.1:8000
"""

import random
from uuid import uuid4

from locust import between, tag, task

from perftui.users import LeanHttpUser

PASSWORD = "only for the load test"


class GoalsUser(LeanHttpUser):
    """Watches, and sets a goal now and then. Needs no account."""

    wait_time = between(1, 3)

    @task(3)
    @tag("read")
    def read_status(self) -> None:
        with self.client.get("/status", catch_response=True) as response:
            if response.ok and "goals" not in response.json():
                response.failure("the status says nothing of goals")

    @task(2)
    @tag("read")
    def list_goals(self) -> None:
        self.client.get("/goals")

    @task(1)
    @tag("write")
    def create_goal(self) -> None:
        self.client.post("/goals", json={"title": f"read {random.randrange(1, 100)} pages"})

    @task(1)
    @tag("read", "health")
    def check_health(self) -> None:
        self.client.get("/health")

    @task(2)
    @tag("read", "health")
    def check_ready(self) -> None:
        self.client.get("/ready")


class AuthenticatedGoalsUser(LeanHttpUser):
    """Has an account, and takes goals of its own from their creation to their end."""

    wait_time = between(0.5, 2)

    def on_start(self) -> None:
        # Without an account every later answer would be a 401 that says nothing about the target.
        while not self.log_in():
            self.wait()

    def log_in(self) -> bool:
        account = {"username": f"goals-{uuid4().hex}", "password": PASSWORD}
        if not self.client.post("/auth/register", json=account).ok:
            return False
        with self.client.post("/auth/login", json=account, catch_response=True) as response:
            if response.ok:
                self.client.auth_header = f"Bearer {response.json()['token']}"
            return bool(response.ok)

    @task
    @tag("read", "write")
    def take_goal_to_its_end(self) -> None:
        with self.client.post("/goals", json={"title": "water the plants"}, catch_response=True) as response:
            if not response.ok:
                return
            path = f"/goals/{response.json()['id']}"
        with self.client.get(path, name="/goals/[id]", catch_response=True) as response:
            if response.ok and response.json()["title"] != "water the plants":
                response.failure("read another goal than was created")
        self.client.put(path, json={"title": "water all plants"}, name="/goals/[id]")
        self.client.delete(path, name="/goals/[id]")


class StressUser(LeanHttpUser):
    """The two cheapest requests, quickly: what the server itself can do."""

    wait_time = between(0.1, 0.5)

    @task
    @tag("read", "health")
    def check_health(self) -> None:
        self.client.get("/health")

    @task
    @tag("read")
    def read_status(self) -> None:
        self.client.get("/status")
