"""A backend template: its health, its accounts from registration to logout, its background tasks.

    perftui run light --demo
    locust -f platform.py --headless --users 10 --run-time 1m --host http://127.0.0.1:8000

It never calls what costs money, cancels tasks or sends mail. The password reset at the end of the account flow sends
nothing on the built-in target; where yours would send mail, leave it out: `--exclude-tag mail`.
"""

from uuid import uuid4

from locust import SequentialTaskSet, between, tag, task

from perftui.users import LeanHttpUser

API = "/api/v1"
PASSWORD = "only for the load test"


class HealthCheckUser(LeanHttpUser):
    """What a load balancer and a curious person look at, one request at a time."""

    weight = 3
    wait_time = between(0.5, 1.5)

    @task
    @tag("read")
    def open_root(self) -> None:
        self.client.get("/")

    @task
    @tag("read", "health")
    def check_health(self) -> None:
        self.client.get(f"{API}/health/")

    @task
    @tag("read", "health")
    def check_database(self) -> None:
        self.client.get(f"{API}/health/database")

    @task
    @tag("read", "health")
    def ping(self) -> None:
        self.client.get(f"{API}/health/ping")

    @task
    @tag("read")
    def open_docs(self) -> None:
        self.client.get("/docs")


class HealthCheckFullUser(LeanHttpUser):
    """All health requests in a row: heavier, and rare."""

    weight = 1
    wait_time = between(1, 3)

    @task
    @tag("read", "health")
    def check_everything(self) -> None:
        for path in ("/", "/database", "/ping"):
            self.client.get(f"{API}/health{path}")


class AuthUserFlow(LeanHttpUser):
    """Somebody with unique credentials who uses everything that an account offers."""

    weight = 3
    wait_time = between(0.2, 0.6)

    @task
    @tag("auth", "write")
    class AccountFlow(SequentialTaskSet):
        """One account from its registration to its logout, step by step, then the next one."""

        def on_start(self) -> None:
            self.account = {"email": f"user-{uuid4().hex}@example.com", "password": PASSWORD}
            self.access = self.refresh = ""

        @task
        def register(self) -> None:
            if not self.client.post(f"{API}/auth/register", json=self.account).ok:
                self.interrupt()  # ends this flow; the user begins the next one

        @task
        def log_in(self) -> None:
            with self.client.post(f"{API}/auth/login", json=self.account, catch_response=True) as response:
                if response.ok:
                    tokens = response.json()
                    self.access, self.refresh = tokens["access_token"], tokens["refresh_token"]
            if not self.access:
                self.interrupt()

        @task
        def read_profile(self) -> None:
            with self.client.get(f"{API}/users/me", headers=self.bearer(), catch_response=True) as response:
                if response.ok and response.json()["email"] != self.account["email"]:
                    response.failure("this is somebody else's profile")

        @task
        def update_profile(self) -> None:
            name, bearer = {"full_name": "Robin Example"}, self.bearer()
            with self.client.patch(f"{API}/users/me", json=name, headers=bearer, catch_response=True) as response:
                if response.ok and response.json()["full_name"] != name["full_name"]:
                    response.failure("the new name was not kept")

        @task
        def change_password(self) -> None:
            passwords = {"old_password": PASSWORD, "new_password": f"{PASSWORD}, changed"}
            self.client.post(f"{API}/auth/change-password", json=passwords, headers=self.bearer())

        @task
        def refresh_token(self) -> None:
            token = {"refresh_token": self.refresh}
            with self.client.post(f"{API}/auth/refresh", json=token, catch_response=True) as response:
                if response.ok:
                    self.access = response.json()["access_token"]

        @task
        def log_out(self) -> None:
            self.client.post(f"{API}/auth/logout", headers=self.bearer())

        @task
        @tag("mail")
        def request_password_reset(self) -> None:
            self.client.post(f"{API}/auth/password-reset", json={"email": self.account["email"]})

        @task
        def begin_again(self) -> None:
            self.interrupt(reschedule=False)

        def bearer(self) -> dict[str, str]:
            return {"Authorization": f"Bearer {self.access}"}


class TasksMonitoringUser(LeanHttpUser):
    """A dashboard of the background tasks. It looks, and never cancels one."""

    weight = 2
    wait_time = between(1, 2)

    @task
    @tag("read", "tasks")
    def check_workers(self) -> None:
        self.client.get(f"{API}/tasks/health")

    @task
    @tag("read", "tasks")
    def read_worker_statistics(self) -> None:
        self.client.get(f"{API}/tasks/workers/stats")

    @task
    @tag("read", "tasks")
    def list_active_tasks(self) -> None:
        self.client.get(f"{API}/tasks/active")
