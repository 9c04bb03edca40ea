"""What this machine lacked is told from what the target did."""

from __future__ import annotations

import errno
import os
import resource
import socket
from collections import Counter
from typing import Any

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from perftui.engine.local_errors import LocalErrors, local_error
from perftui.wire.messages import Ticked

USERS = """
import errno, os, resource
import gevent.socket
from locust import FastHttpUser, HttpUser, constant, events, task

class Plain(HttpUser):
    wait_time = constant(0.05)
    @task
    def get(self): self.client.get("/plain")

class Fast(FastHttpUser):
    wait_time = constant(0.05)
    @task
    def get(self):
        with self.client.get("/fast", catch_response=True) as response:
            if response.status_code != 200: response.failure("it did not work")
"""
FEW_FILES = """
@events.test_start.add_listener
def few_files(**_):
    most = len(os.listdir("/dev/fd")) + 12
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
"""
NO_PORTS = """
stock, calls = gevent.socket.socket.connect, []
def connect(self, address):
    calls.append(address)
    if len(calls) % 2: raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
    return stock(self, address)
gevent.socket.socket.connect = connect
"""


@pytest.mark.parametrize(
    ("lack", "words"),
    [(FEW_FILES, "no open file left: this machine allows "), (NO_PORTS, "no local port left for a connection")],
)
def test_what_could_not_be_sent_is_no_failure_of_the_target(
    lack: str, words: str, engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    engine.run(configure(locustfile(USERS + lack), host=target.url, users=24, run_time_s=1.5, stop_timeout_s=5.0))
    ticks = [ticked.tick for ticked in engine.all(Ticked)]
    local: Counter[str] = Counter()
    for tick in ticks:
        local.update({error.message: error.count for error in tick.local_errors})
    assert list(local), engine.logged
    assert all(message.startswith(words) for message in local)
    assert not any(tick.failures for tick in ticks)
    # The rest of the load went on, and each request that the target saw is there.
    assert engine.counts == {path: (count, 0) for path, count in target.requests.items()}
    assert set(engine.counts) == {"/plain", "/fast"}
    engine.check_accounting()


def wrapped(error: OSError) -> requests.ConnectionError:
    """As `requests` says it."""
    try:
        try:
            raise error
        except OSError as cause:
            raise NewConnectionError(None, f"Failed to establish a new connection: {cause}") from cause  # type: ignore[arg-type]
    except NewConnectionError as cause:
        return requests.ConnectionError(MaxRetryError(None, "/", cause))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "no open file left: this machine allows"),
        (OSError(errno.ENFILE, "File table overflow"), "all processes of this machine"),
        (OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address"), "no local port left"),
        (OSError(errno.ENOBUFS, "No buffer space available"), "no memory left"),
        (OSError(errno.ECONNREFUSED, "Connection refused"), ""),
        (OSError(errno.ECONNRESET, "Connection reset by peer"), ""),
        (TimeoutError("timed out"), ""),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), ""),
    ],
)
def test_the_cause_is_found_however_a_client_wrapped_it(error: OSError, words: str) -> None:
    for each in (error, wrapped(error)):
        said = local_error(each)
        assert words in said if words else not said


def test_other_wants_of_the_machine() -> None:
    assert "memory" in local_error(MemoryError())
    assert "thread" in local_error(RuntimeError("can't start new thread"))
    assert not local_error("[Errno 24] Too many open files"), "words of user code are no evidence"
    assert not local_error(None)


def test_a_chain_that_bites_its_tail_ends() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert not local_error(one)


def test_a_name_that_could_not_be_asked_for_is_no_unknown_name() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    error = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    assert not local_error(error)
    highest = os.open(os.devnull, os.O_RDONLY)
    os.close(highest)
    # The next file would have this number.
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
    try:
        assert "no open file left" in local_error(error)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_what_user_code_said_of_it_does_not_hide_the_cause() -> None:
    class Response:
        error = OSError(errno.EMFILE, "Too many open files")

    class Raising:
        @property
        def error(self) -> Any:
            raise KeyError

    errors = LocalErrors()
    assert errors.note(ValueError("it did not work"), Response())
    assert not errors.note(ValueError("it did not work"), Raising())
    assert not errors.note("it did not work", object())
    assert [each.count for each in errors.take()] == [1]
    assert not errors.take()
