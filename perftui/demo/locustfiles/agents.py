"""An agents API: people who look at agents and make some, who only read, and who only sign in.

perftui run agents-standard --demo
locust -f agents.py AgentsUser --headless --users 100 --spawn-rate 10 --run-time 5m --host http://127.0.0.1:8000
"""

import random
from uuid import uuid4

from locust import between, tag, task

from perftui.users import LeanHttpUser

PASSWORD = "only for the load test"
MODELS = ["small", "medium", "large"]


class SignedInUser(LeanHttpUser):
    """Has an account of its own. Abstract: Locust starts no users of it."""

    abstract = True

    def on_start(self) -> None:
        # Without an account every later answer would be a 401 that says nothing about the target.
        while not self.sign_in():
            self.wait()

    def sign_in(self) -> bool:
        self.account = {"username": f"agent-{uuid4().hex}", "password": PASSWORD}
        if not self.client.post("/auth/register", json=self.account).ok:
            return False
        with self.client.post("/auth/login", json=self.account, catch_response=True) as response:
            if response.ok:
                self.client.auth_header = f"Bearer {response.json()['token']}"
            return bool(response.ok)

    def read_own_account(self) -> None:
        with self.client.get("/users/me", catch_response=True) as response:
            if response.ok and response.json()["username"] != self.account["username"]:
                response.failure("this is somebody else's account")


class AgentsUser(SignedInUser):
    """The default: mostly health, some reading, now and then a new agent."""

    wait_time = between(0.3, 0.9)

    @task(10)
    @tag("health", "read")
    def check_health(self) -> None:
        self.client.get("/health")

    @task(4)
    @tag("read")
    def open_root(self) -> None:
        self.client.get("/")

    @task(4)
    @tag("read")
    def read_user_info(self) -> None:
        self.read_own_account()

    @task(1)
    @tag("read")
    def list_agents(self) -> None:
        self.client.get("/agents")

    @task(1)
    @tag("write")
    def create_agent(self) -> None:
        name = f"agent {random.randrange(10_000)}"
        agent = {"name": name, "model": random.choice(MODELS)}
        with self.client.post("/agents", json=agent, catch_response=True) as response:
            if response.ok and response.json()["name"] != name:
                response.failure("the agent got another name")


class AuthenticationUser(LeanHttpUser):
    """Somebody new every time: registers and logs in."""

    wait_time = between(0.5, 1.5)

    @task
    @tag("auth", "write")
    def register_and_log_in(self) -> None:
        account = {"username": f"agent-{uuid4().hex}", "password": PASSWORD}
        if self.client.post("/auth/register", json=account).ok:
            self.client.post("/auth/login", json=account)


class ReadOnlyUser(SignedInUser):
    """Changes nothing once it has an account: for a target whose data must stay as it is."""

    wait_time = between(0.3, 0.9)

    @task(4)
    @tag("health", "read")
    def check_health(self) -> None:
        self.client.get("/health")

    @task(2)
    @tag("read")
    def read_user_info(self) -> None:
        self.read_own_account()

    @task(1)
    @tag("read")
    def list_agents(self) -> None:
        self.client.get("/agents")

    @task(1)
    @tag("read")
    def list_tasks(self) -> None:
        self.client.get("/tasks")
