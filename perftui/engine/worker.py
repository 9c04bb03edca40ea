"""Locust's load worker, which counts as the engine does and tells its master every second."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from functools import cache
from time import monotonic
from typing import Any, Literal

import gevent
import locust
from gevent.event import Event
from locust import argument_parser
from locust.rpc.protocol import Message
from locust.runners import STATE_CLEANUP, STATE_INIT, WorkerRunner

from perftui.engine.faults import LoadError
from perftui.engine.listener import FRAME
from perftui.engine.runner import OrderlyEnd
from perftui.model.text import clean
from perftui.wire.codec import WireError
from perftui.wire.framing import HEADER, decode, encode
from perftui.wire.messages import VERSION, WorkerGreeting, WorkerOrder, WorkerSettings
from perftui.wire.messages import Message as WireMessage

# A master is asked again and again whether one may join.
JOIN_LIMIT_S = 60.0
ASK_AGAIN_S = 1.0
# A master answers each second; without an answer for so many rounds, there is no load without an owner.
SILENT_ROUNDS = 9
ROUND_S = 0.5
# Of the classes that another locustfile does not have.
MAX_MISSING_NAMED = 5
# What was said last is sent on within this, before the process ends.
LINGER_S = 2.0


class WorkerEngineRunner(OrderlyEnd, WorkerRunner):
    """`join` has to be called; until then the master hears nothing of it.

    `on_begun` and `on_order` hear the master's orders, `on_end_asked` that it should end, and why.
    """

    def __init__(self, environment: Any, settings: WorkerSettings) -> None:
        self.settings = settings
        self.own_host = environment.host
        self.refused = ""
        self.has_begun = False
        self.on_order: Callable[[WorkerOrder], None] = lambda order: None
        self._has_joined = Event()
        self._is_master_lost = self._is_finishing = False
        self._heard = 0
        # Locust builds its whole parser again for each change of users, which takes 50 ms.
        argument_parser.default_args_dict = cache(argument_parser.default_args_dict)
        super().__init__(environment, address_of(settings), settings.port)
        # The master hears of exceptions in the reports, counted; Locust would send each of them.
        _remove_listener(environment.events.user_error, "WorkerRunner.__init__.<locals>.on_user_error")

    # --- joining and leaving

    def connect_to_master(self) -> None:
        """Not before everything is ready: see `join`."""

    def join(self, limit_s: float = JOIN_LIMIT_S) -> None:
        """Raises LoadError where there is no master, or where it does not want this worker."""
        where = f"{self.settings.host}:{self.settings.port}"
        until_s = monotonic() + limit_s
        role: Literal["local", "remote"] = "local" if self.settings.is_local else "remote"
        name, secret = self.settings.name, self.settings.secret
        greeting = WorkerGreeting(VERSION, role, socket.gethostname(), os.getpid(), name, secret)
        while not self.connection_event.is_set() and not self.refused:
            if monotonic() >= until_s:
                raise LoadError("environment", f"no master answered at {where} within {limit_s:g} s")
            self.tell(greeting)
            self.client.send(Message("client_ready", locust.__version__, self.client_id))
            self.connection_event.wait(min(ASK_AGAIN_S, limit_s))
        if self.refused:
            raise LoadError("environment", f"the master at {where} does not take this load worker: {self.refused}")
        self.connected = True
        self._has_joined.set()

    def part(self) -> None:
        """Say good-bye, and wait until all that was said is on its way."""
        self.client.send(Message("quit", None, self.client_id))
        self.greenlet.kill(block=False)
        gevent.sleep(0)
        zmq_socket = self.client.socket
        zmq_socket.close(linger=0 if self._is_master_lost else int(LINGER_S * 1000))
        # In a thread: it blocks, and this process is not stuck meanwhile.
        gevent.get_hub().threadpool.apply(zmq_socket.context.term)

    def tell(self, message: WireMessage) -> None:
        self.client.send(Message(FRAME, encode(message)[HEADER.size :], self.client_id))

    # --- what Locust calls

    def handle_message(self, msg: Message) -> None:
        self._heard += 1
        if msg.type == FRAME:
            self._obey(msg.data)
        elif msg.type in ("quit", "stop"):
            self.on_end_asked("command")
        elif msg.type == "spawn":
            if self._is_finishing:
                # Its master did not know that yet, and what users did from now on would be in no number.
                return
            if not self.has_begun:
                self.has_begun = True
                self.on_order(WorkerOrder("begin", 0.0))
            missing = sorted(set(msg.data["user_classes_count"]) - {each.__name__ for each in self.user_classes})
            if missing:
                self.on_died(OtherLocustfileError(missing))
                return
            if self.own_host is not None:
                msg.data["host"] = self.own_host
            super().handle_message(msg)
            self.spawning_greenlet.link_exception(self._on_spawning_died)
        else:
            super().handle_message(msg)

    def worker(self) -> None:
        try:
            super().worker()
        except Exception as error:  # noqa: BLE001 - deaf to its master, it must not go on
            self.on_died(error)

    def heartbeat(self) -> None:
        self._has_joined.wait()
        super().heartbeat()

    def stats_reporter(self) -> None:
        self._has_joined.wait()
        super().stats_reporter()

    def logs_reporter(self) -> None:
        """What user code logs is kept where this process was started from."""

    def heartbeat_timeout_checker(self) -> None:
        """Counts rounds and not seconds: a process that was stopped for a while listens first when it goes on."""
        self._has_joined.wait()
        heard, silent_rounds = self._heard, 0
        while True:
            gevent.sleep(ROUND_S)
            silent_rounds = silent_rounds + 1 if heard == self._heard else 0
            heard = self._heard
            if silent_rounds >= SILENT_ROUNDS:
                self._is_master_lost = True
                self.on_died(MasterLostError(self.settings, silent_rounds * ROUND_S))
                return

    def finish(self, load_limit_s: float, hooks_limit_s: float) -> None:
        self._is_finishing = True
        if self.state == STATE_INIT:
            self.load_is_over.set()
            return
        self.worker_state = STATE_CLEANUP
        super().finish(load_limit_s, hooks_limit_s)

    # --- inside

    def _obey(self, body: Any) -> None:
        try:
            order = decode(body)
        except (WireError, TypeError):
            return
        if not isinstance(order, WorkerOrder):
            return
        if order.kind == "leave":
            self.refused = clean(order.reason, 200) or "it gives no reason"
            self.connection_event.set()
            self.on_end_asked("command")
            return
        if order.kind == "begin":
            self.has_begun = True
        self.on_order(order)

    def _on_spawning_died(self, greenlet: Any) -> None:
        self.on_died(greenlet.exception)


class OtherLocustfileError(LoadError):
    """The master asks for users that there are none of here."""

    def __init__(self, missing: list[str]) -> None:
        names = clean(", ".join(missing[:MAX_MISSING_NAMED]), 200)
        super().__init__(
            "locustfile",
            f"the locustfile of this load worker is another than the run's: it has no class {names}",
        )


class MasterLostError(LoadError):
    """No load without an owner."""

    def __init__(self, settings: WorkerSettings, silent_s: float) -> None:
        super().__init__(
            "environment",
            f"lost the master at {settings.host}:{settings.port}: silent for {silent_s:.1f} s, so its load was stopped",
        )


def address_of(settings: WorkerSettings) -> str:
    """The master's host as ZeroMQ takes it. Raises LoadError where there is no such host."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise LoadError("environment", f"cannot find the master's host {clean(settings.host, 100)}: {error}") from None
    address = str(found[0][4][0])
    return f"[{address}]" if ":" in address else address


def _remove_listener(hook: Any, name: str) -> None:
    for each in [each for each in hook._handlers if getattr(each, "__qualname__", "") == name]:
        hook.remove_listener(each)


def create(environment: Any, settings: WorkerSettings) -> WorkerEngineRunner:
    """What `environment.create_worker_runner()` does, with this class."""
    runner = WorkerEngineRunner(environment, settings)
    environment.runner = runner
    return runner
