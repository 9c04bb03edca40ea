"""A social travel API: travellers, a few who write trips, and two load tests of one request each.

perftui run trips-baseline --demo
perftui run trips-registration --demo
locust -f trips.py TripsUser --headless --users 10 --spawn-rate 5 --run-time 2m --host http://127.0.0.1:8000
"""

from uuid import uuid4

from locust import between, tag, task

from perftui.users import LeanHttpUser

PASSWORD = "only for the load test"


class Traveller(LeanHttpUser):
    """Has an account and a token. Abstract: Locust starts no users of it."""

    abstract = True

    def on_start(self) -> None:
        # Without an account every later answer would be a 401 that says nothing about the target.
        while not self.sign_in():
            self.wait()

    def sign_in(self) -> bool:
        self.username = f"traveller-{uuid4().hex}"
        account = {"username": self.username, "password": PASSWORD}
        if not self.client.post("/auth/register", json=account).ok:
            return False
        with self.client.post("/auth/login", json=account, catch_response=True) as response:
            if response.ok:
                self.client.auth_header = f"Bearer {response.json()['token']}"
            return bool(response.ok)


class TripsUser(Traveller):
    """Looks at its own profile far more often than it changes it."""

    wait_time = between(1, 3)

    @task(10)
    @tag("read")
    def read_profile(self) -> None:
        # One name for all profiles: a row per user would say nothing, and there would be thousands.
        path = f"/users/{self.username}"
        with self.client.get(path, name="/users/[username]", catch_response=True) as response:
            if response.ok and response.json()["username"] != self.username:
                response.failure("this is somebody else's profile")

    @task(5)
    @tag("read")
    def read_stats(self) -> None:
        self.client.get(f"/users/{self.username}/stats", name="/users/[username]/stats")

    @task(3)
    @tag("read")
    def read_achievements(self) -> None:
        self.client.get(f"/users/{self.username}/achievements", name="/users/[username]/achievements")

    @task(2)
    @tag("write")
    def update_profile(self) -> None:
        self.client.patch(f"/users/{self.username}", json={"bio": "On the road."}, name="/users/[username]")

    @task(1)
    @tag("read")
    def list_achievements(self) -> None:
        self.client.get("/achievements")


class TripAuthorUser(Traveller):
    """Writes a trip, publishes it, and looks at the list: what the targets for creating and publishing are about."""

    wait_time = between(1, 3)

    @task
    @tag("write")
    def write_and_publish_trip(self) -> None:
        with self.client.post("/trips", json={"title": "Two days by the sea"}, catch_response=True) as response:
            if not response.ok:
                return
            trip_id = response.json()["id"]
        self.client.post(f"/trips/{trip_id}/publish", name="/trips/[id]/publish")

    @task
    @tag("read")
    def list_trips(self) -> None:
        self.client.get("/trips")

    @task
    @tag("read", "health")
    def check_database(self) -> None:
        self.client.get("/api/v1/health/database")


class RegistrationLoadTest(LeanHttpUser):
    """Registrations only, each with a name of its own."""

    wait_time = between(0.5, 1.5)

    @task
    @tag("auth", "write")
    def register(self) -> None:
        account = {"username": f"traveller-{uuid4().hex}", "password": PASSWORD}
        self.client.post("/auth/register", json=account)


class AuthenticationLoadTest(LeanHttpUser):
    """Logins only, after one registration at the start."""

    wait_time = between(0.5, 1.5)

    def on_start(self) -> None:
        self.account = {"username": f"traveller-{uuid4().hex}", "password": PASSWORD}
        while not self.client.post("/auth/register", json=self.account).ok:
            self.wait()

    @task
    @tag("auth")
    def log_in(self) -> None:
        with self.client.post("/auth/login", json=self.account, catch_response=True) as response:
            if response.ok and not response.json()["token"]:
                response.failure("the answer holds no token")
