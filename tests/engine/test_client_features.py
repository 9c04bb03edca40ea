"""What a locustfile uses of Locust's clients that LeanHttpUser does not have, told from its source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from perftui.wire.messages import Loaded

HELPERS = """
def log_in(client):
    client.headers.update({"X-Token": "1"})

def unused(client):
    client.mount("https://", None)
"""

CLASSES = """
from geventhttpclient.client import HTTPClientPool
from helpers import log_in, unused
import requests

def read(user): user.client.get("/", timeout=3)

class Basket:
    def __init__(self, client): self.client = client
    def fill(self): self.client.post("/", cookies={})

class Flow(TaskSet):
    @task
    class Inner(TaskSet):
        @task
        def buy(self): self.user.rest("POST", "/", verify=False)

class Mixin:
    def leave(self): self.client.cookies.clear()

class Own(HttpUser):
    @task
    def t(self):
        self.client.verify = "ca.pem"
        self.client.get("/", proxies={}, params={}, headers={})
class Inherited(Own):
    pass
class Mixed(HttpUser, Mixin):
    tasks = [Flow]
class Helped(HttpUser):
    tasks = {read: 2}
    def on_start(self):
        log_in(self.client)
        Basket(self.client).fill()
class Pooled(FastHttpUser):
    client_pool = HTTPClientPool(concurrency=5)
    @task
    def t(self): self.client.client.urlopen(self.client.get("/", timeout=2).url)
class Renamed(HttpUser):
    @task
    def t(self):
        http = self.client
        http.mount("https://", None)
        http.get("/", **{"verify": False}, **dict(timeout=3))
class Authenticated(HttpUser):
    @task
    def t(self): self.client.get("/", auth=requests.auth.HTTPDigestAuth("a", "b"))
class Answered(HttpUser):
    @task
    def t(self):
        http = self.client
        first = http.get("/")
        print(first.links, http.get("/").raw)
        with http.get("/", catch_response=True) as second:
            second.failure(second.cookies["a"])
class PlainHttp(HttpUser):
    def pair(self): return "a", "b"
    @task
    def t(self):
        other = requests.get("http://other.test/")
        self.client.get("/", auth=self.pair(), **self.more)
        self.client.get(other.raw, data=other.cookies, **{**self.more, "name": "x"})
        with self.client.get("/", params={}, headers={}, auth=("a", "b"), catch_response=True) as response:
            response.failure(response.headers)
class PlainFast(FastHttpUser):
    network_timeout = 3
    insecure = False
    @task
    def t(self): self.client.get("/", params={}, files={}, stream=True)
class NoHttp(User):
    @task
    def t(self): self.client.verify = True

class Odd(type(HttpUser)):
    @property
    def pool_manager(cls): raise RuntimeError("no")
class Strange(HttpUser, metaclass=Odd):
    @task
    def t(self): pass
exec("class Unseen(HttpUser):\\n    @task\\n    def t(self): self.client.get('/', verify=False)")
"""


def test_features_are_found_wherever_the_class_has_them_from(engine: Any, locustfile: Any, configure: Any) -> None:
    path: Path = locustfile(CLASSES)
    path.with_name("helpers.py").write_text(HELPERS)
    engine.run(configure(path, mode="inspect"))
    found = {each.name: each.beyond_lean for each in engine.wait_message(Loaded).inspection.user_classes}
    assert found == {
        "Own": ("client.verify", "proxies="),
        "Inherited": ("client.verify", "proxies="),
        "Mixed": ("client.cookies", "verify="),
        "Helped": ("client.headers", "cookies=", "timeout="),
        "Pooled": ("client.client", "client_pool", "timeout="),
        "Renamed": ("client.mount", "timeout=", "verify="),
        "Authenticated": ("auth=HTTPDigestAuth()",),
        "Answered": ("response.cookies", "response.links", "response.raw"),
        "PlainHttp": (),
        "PlainFast": (),
        "NoHttp": (),
        # What cannot be looked at is no reason to fail.
        "Strange": (),
        "Unseen": (),
    }
