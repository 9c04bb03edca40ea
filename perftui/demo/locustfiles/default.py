"""The default scenario: people who browse a catalogue of items, and a few who add to it.

It runs under perftui (`perftui run light --demo`) and under Locust itself, against `perftui demo`:

    locust -f default.py --headless --users 10 --run-time 20s --host http://127.0.0.1:8000
"""

import random

from locust import between, tag, task

from perftui.users import LeanHttpUser

SEARCHES = ["oak", "steel", "chair", "lamp", "glass shelf"]


class BrowsingUser(LeanHttpUser):
    """Reads. Three of these for each editor, as catalogues are read more than they are written."""

    weight = 3
    wait_time = between(0.1, 0.5)

    def on_start(self) -> None:
        self.item_ids: list[int] = []
        self.list_items()

    @task(4)
    @tag("read")
    def list_items(self) -> None:
        # A status of 400 or above is a failure by itself; `catch_response` is for what only the body tells.
        with self.client.get("/items", catch_response=True) as response:
            if not response.ok:
                return
            self.item_ids = [item["id"] for item in response.json()["items"]]
            if not self.item_ids:
                response.failure("the catalogue is empty")

    @task(6)
    @tag("read")
    def read_item(self) -> None:
        if self.item_ids:
            # One name for all items: a row per id would say nothing, and there would be thousands.
            self.client.get(f"/items/{random.choice(self.item_ids)}", name="/items/[id]")

    @task(2)
    @tag("read")
    def search(self) -> None:
        self.client.get("/search", params={"q": random.choice(SEARCHES)}, name="/search?q=[words]")

    @task(2)
    @tag("read")
    def open_front_page(self) -> None:
        self.client.get("/")

    @task(1)
    @tag("read", "health")
    def check_health(self) -> None:
        self.client.get("/health")
        self.client.get("/api/v1/health/database")


class EditorUser(LeanHttpUser):
    """Writes, and reads back what it wrote."""

    weight = 1
    wait_time = between(0.1, 0.5)

    @task
    @tag("write")
    def add_item(self) -> None:
        name = f"walnut desk {random.randrange(10_000)}"
        with self.client.post("/items", json={"name": name}, catch_response=True) as response:
            if not response.ok:
                return
            item_id = response.json()["id"]
        with self.client.get(f"/items/{item_id}", name="/items/[id]", catch_response=True) as response:
            if response.ok and response.json()["name"] != name:
                response.failure("read back another name than was written")
