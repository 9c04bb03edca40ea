"""Sessions of a clinic: people who work with them, and two users that look for a limit of the target.

    perftui run clinic --demo
    perftui run clinic-rate-limit --demo
    perftui run clinic-db-pool --demo
    locust -f clinic.py ClinicUser --headless --users 20 --spawn-rate 2 --run-time 5m --host http://127.0.0.1:8000

What these two look for stays a failure, a 429 in RateLimitUser and a 503 in DatabasePoolUser: whoever asked did not get
what they asked for. Their profiles judge what is to be found (`status[429] > 0`), and set no limit to fail_ratio.
"""

import random

from locust import HttpUser, between, constant, constant_pacing, tag, task

from perftui.users import LeanHttpUser

# Sessions that are always there.
SESSION_IDS = range(1, 101)
UPLOAD = bytes(range(256)) * 256  # 64 KiB


class ClinicUser(HttpUser):
    """A working day, quickly: much reading, some uploads, and notes extracted from a session, with time to think.

    An HttpUser: it costs the load generator more than a LeanHttpUser, and is the Requests library that people know.
    """

    wait_time = between(0.4, 1.2)

    @task(4)
    @tag("read")
    def list_sessions(self) -> None:
        with self.client.get("/sessions", catch_response=True) as response:
            if response.ok and not response.json()["sessions"]:
                response.failure("there are no sessions")

    @task(4)
    @tag("read")
    def read_session(self) -> None:
        self.client.get(f"/sessions/{random.choice(SESSION_IDS)}", name="/sessions/[id]")

    @task(1)
    @tag("write", "upload")
    def upload_recording(self) -> None:
        files = {"file": ("recording.wav", UPLOAD, "audio/wav")}
        path = f"/sessions/{random.choice(SESSION_IDS)}/upload"
        with self.client.post(path, files=files, name="/sessions/[id]/upload", catch_response=True) as response:
            if response.ok and response.json()["bytes"] != len(UPLOAD):
                response.failure("not all of the file arrived")

    @task(1)
    @tag("write", "extract")
    def extract_notes(self) -> None:
        path = f"/sessions/{random.choice(SESSION_IDS)}/extract"
        with self.client.post(path, name="/sessions/[id]/extract", catch_response=True) as response:
            if response.ok and "notes" not in response.json():
                response.failure("the answer holds no notes")

    @task(2)
    @tag("read", "health")
    def check_health(self) -> None:
        self.client.get("/health")


class RateLimitUser(LeanHttpUser):
    """Asks five times a second, whatever is answered: a few of these meet a limit of 100 a minute within seconds."""

    wait_time = constant_pacing(0.2)

    @task
    @tag("read", "rate_limit")
    def ask_quickly(self) -> None:
        with self.client.get("/limited", catch_response=True) as response:
            if response.status_code == 429:
                is_told = "Retry-After" in response.headers
                response.failure("rate limited" if is_told else "rate limited, and not told for how long")


class DatabasePoolUser(LeanHttpUser):
    """Holds a connection of the database for long, again and again: a hundred of these leave none for each other."""

    wait_time = constant(0)

    @task(20)
    @tag("read", "db_pool")
    def query_for_long(self) -> None:
        # Each holds a connection for 400 ms: 20 connections serve 50 of these in a second.
        self.client.get("/database/heavy", params={"hold_ms": 400}, name="/database/heavy")

    @task(1)
    @tag("read", "db_pool")
    def read_pool(self) -> None:
        with self.client.get("/database/pool", catch_response=True) as response:
            if not response.ok:
                return
            pool = response.json()
            if pool["in_use"] > pool["size"] + pool["overflow"]:
                response.failure("more connections are in use than there may be")
