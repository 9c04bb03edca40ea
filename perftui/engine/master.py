"""Locust's master, which leads load workers and makes no load itself."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable
from time import monotonic
from typing import Any

import gevent
import locust
from gevent.event import Event
from locust import runners
from locust.exception import RPCError
from locust.rpc.protocol import Message
from locust.runners import STATE_MISSING, STATE_RUNNING, STATE_SPAWNING, STATE_STOPPING, MasterRunner

from perftui.engine import listener
from perftui.engine.clock import RunClock
from perftui.engine.faults import LoadError
from perftui.engine.fleet import Fleet
from perftui.engine.fleet_load import FleetLoad
from perftui.engine.listener import FRAME
from perftui.engine.spawn_secrets import hide_secrets
from perftui.model.tick import MAX_EXCEPTION_GROUPS, OTHER
from perftui.wire.framing import HEADER, build, encode, unpack
from perftui.wire.messages import Logged, WorkerGreeting, WorkerOrder, WorkerReport

# A load worker that was silent for so long is lost, until it speaks again; each speaks every second.
LOST_AFTER_S = 3.5
# From here on it is told to quit when it speaks again.
GIVEN_UP_AFTER_S = 60.0
WATCH_S = 0.25
# What a master waits with a tick, for what its workers say of that second.
TICK_DELAY_S = 0.25
# How often it is looked whether the workers are done.
_POLL_S = 0.02


class MasterEngineRunner(MasterRunner):
    """Has the face of EngineRunner. `stop()` and `quit()` only ask for the end: see `finish`.

    `hidden_options` are those that no load worker is told: their values are secret.
    """

    def __init__(self, environment: Any, host: str, port: int, fleet: Fleet, clock: RunClock) -> None:
        self.on_end_asked: Callable[[str], None] = lambda reason: None
        self.on_died: Callable[[BaseException], None] = lambda error: None
        self.load_is_over = Event()
        self.hidden_options: frozenset[str] = frozenset()
        self.fleet = fleet
        self._clock = clock
        # What was asked for last; None before the start.
        self._asked: tuple[int, float, Any] | None = None
        self._ramp: gevent.Greenlet | None = None
        self._has_begun = Event()
        self._is_parting = False
        self._is_finishing = False
        self._told_refused = 0
        listener.install()
        try:
            super().__init__(environment, host, port)
        except RPCError as error:
            raise LoadError("environment", str(error)) from None
        # A connection that is set up anew has to be found where the old one was.
        self.master_bind_port = self.port = self.server.port
        self.server.prepare = self._without_secrets
        self.load = FleetLoad(fleet, clock, self.order)
        fleet.target_user_count = lambda: 0 if self.load_is_over.is_set() else self.target_user_count
        fleet.rate_per_s = lambda: self.load.rate_per_s

    # --- the face of EngineRunner

    def start(self, user_count: int, spawn_rate: float, wait: bool = False, user_classes: Any = None) -> None:
        """Comes back at once; the ramp goes on by itself, in the place of one that still goes on."""
        if self._is_finishing:
            return
        if self._asked is None:
            self._begin_all()
        self._asked = (user_count, spawn_rate, user_classes)
        self.target_user_count = user_count
        self._ramp = self.greenlet.spawn(self._ramp_to, self._ramp, *self._asked)
        self._ramp.link_exception(self._on_greenlet_died)

    def stop(self, send_stop_to_client: bool = True) -> None:
        if not self._is_parting:
            by_shape = self.shape_greenlet is not None and gevent.getcurrent() is self.shape_greenlet
            self.on_end_asked("shape_ended" if by_shape else "user_code")

    def quit(self) -> None:
        self.stop()

    def finish(self, load_limit_s: float, hooks_limit_s: float) -> None:
        """End the load of all workers, fire `test_stop`, and hear their last reports.

        A worker whose users are not gone within `load_limit_s` counts as lost; last reports and listeners of
        `test_stop` are not waited for longer than `hooks_limit_s`.
        """
        over_s = monotonic() + load_limit_s
        self._is_finishing = self.fleet.is_ending = True
        firing = gevent.spawn(self.environment.events.test_stopping.fire, environment=self.environment)
        self.final_user_classes_count = self.user_classes_count
        self.update_state(STATE_STOPPING)
        for each in (self._ramp, self.shape_greenlet):
            if each is not None:
                each.kill(block=False)
        for member in self.fleet.there:
            self._send_quit(member.client_id)
        self._wait(lambda: not any(each.user_count for each in self.fleet.there), over_s)
        for member in self.fleet.there:
            if member.user_count:
                self.fleet.lose(member.client_id)
        firing.kill(block=False)
        stopping = gevent.spawn(self.environment.events.test_stop.fire, environment=self.environment)
        until_s = monotonic() + hooks_limit_s
        stopping.join(hooks_limit_s)
        stopping.kill(block=False)
        self._wait(lambda: all(each.has_ended for each in self.fleet.there), until_s)
        self.fleet.give_up_missing()

    @property
    def user_classes_count(self) -> dict[str, int]:
        counts = {user_class.__name__: 0 for user_class in self.user_classes}
        for member in self.fleet.there:
            for name, count in member.users_by_class.items():
                if name in counts:
                    counts[name] += count
        return counts

    @property
    def user_count(self) -> int:
        return sum(self.user_classes_count.values())

    # --- what Locust calls

    def heartbeat_worker(self) -> None:
        """In the place of Locust's: loss is seen sooner, and users of a lost worker go to the others at once."""
        while True:
            before_s = monotonic()
            gevent.sleep(WATCH_S)
            if self.connection_broken:
                self.reset_connection()
                self.server.prepare = self._without_secrets
            if monotonic() - before_s > 1.0 + WATCH_S:
                # This process stood still, so nobody was heard.
                for member in self.fleet:
                    member.seen_s = max(member.seen_s, monotonic() - 1.0)
                continue
            for client in self.clients.all:
                known = self.fleet.get(client.id)
                silent_s = monotonic() - known.seen_s if known is not None else GIVEN_UP_AFTER_S
                if silent_s >= GIVEN_UP_AFTER_S:
                    del self.clients[client.id]
                elif silent_s >= LOST_AFTER_S and client.state != STATE_MISSING:
                    self._lose(client)
            self._tell_refused()

    def handle_message(self, client_id: str, msg: Message) -> None:
        try:
            self._handle(client_id, msg)
        except Exception:  # noqa: BLE001 - one message of one peer must not make the master deaf
            self.server.refused += 1
            runners.logger.debug("a message of a load worker was not understood:\n%s", traceback.format_exc())

    def check_stopped(self) -> None:
        """Locust calls a test stopped that has lost all its workers: one that comes would begin a second test."""

    def update_state(self, new_state: str) -> None:
        super().update_state(new_state)
        if new_state == STATE_SPAWNING:
            self._has_begun.set()

    def log_exception(self, node_id: str, msg: str, formatted_tb: str) -> None:
        if hash(formatted_tb) not in self.exceptions and len(self.exceptions) >= MAX_EXCEPTION_GROUPS:
            msg = formatted_tb = OTHER
        super().log_exception(node_id, msg, formatted_tb)

    # --- inside

    def order(self, client_id: str, order: WorkerOrder) -> None:
        self.server.send_to_client(Message(FRAME, encode(order)[HEADER.size :], client_id))

    def _begin_all(self) -> None:
        for member in self.fleet.there:
            self._begin(member.client_id)
        self.load.has_begun = True
        self.load.share()

    def _begin(self, client_id: str) -> None:
        member = self.fleet.get(client_id)
        if member is not None and member.role != "stock":
            self.order(client_id, WorkerOrder("begin", self._clock.elapsed_s))
            if self._clock.is_paused:
                self.order(client_id, WorkerOrder("pause", self._clock.elapsed_s))

    def _ramp_to(self, older: Any, user_count: int, spawn_rate: float, user_classes: Any) -> None:
        if older is not None:
            # A change while listeners of test_start run would cut them off, and have them run a second time.
            gevent.wait([self._has_begun, older], count=1)
            older.kill()
        MasterRunner.start(self, user_count, spawn_rate, user_classes=user_classes)

    def _retarget(self) -> None:
        """The workers are others now: what was asked for is dealt out anew."""
        if self._asked is not None and not self._is_finishing:
            self.load.share()
            self.start(*self._asked[:2], user_classes=self._asked[2])

    def _handle(self, client_id: str, msg: Message) -> None:
        is_known = client_id in self.clients
        if msg.type == "client_ready":
            self._admit(client_id, msg)
        elif msg.type == "locustfile":
            super().handle_message(client_id, msg)
        elif msg.type == FRAME:
            self._hear(client_id, msg.data)
        elif not is_known:
            if self.fleet.get(client_id) is not None and msg.type == "heartbeat":
                # It was given up, or the run is over; it does not know.
                self._send_quit(client_id)
        elif msg.type == "heartbeat":
            was_missing = self.clients[client_id].state == STATE_MISSING
            self.fleet.see(client_id, msg.data["state"] in (STATE_RUNNING, STATE_SPAWNING))
            super().handle_message(client_id, msg)
            if was_missing:
                self._retarget()
        elif msg.type in ("quit", "client_stopped"):
            self._part(client_id, msg)
        elif msg.type == "stats":
            self.fleet.see(client_id)
            self.fleet.add_stats(client_id, msg.data)
            super().handle_message(client_id, msg)
        elif msg.type in ("spawning", "spawning_complete", "exception") or msg.type in self.custom_messages:
            self.fleet.see(client_id)
            if msg.type == "spawning_complete":
                self.fleet.note_users(client_id, msg.data["user_classes_count"])
            super().handle_message(client_id, msg)
        elif msg.type != "logs":
            self.server.refused += 1

    def _admit(self, client_id: str, msg: Message) -> None:
        refusal = "the run is over" if self._is_finishing else self.fleet.refusal(client_id)
        if refusal:
            self.order(client_id, WorkerOrder("leave", self._clock.elapsed_s, reason=refusal))
            self._send_quit(client_id)
            return
        if client_id in self.clients:
            # It asks once more because our answer was late.
            self.send_message("ack", client_id=client_id, data={"index": self.get_worker_index(client_id)})
            return
        member = self.fleet.join(client_id, str(msg.data))
        for client in self.clients.all:
            other = self.fleet.get(client.id)
            if client.state != STATE_MISSING and (other is None or not other.is_there):
                self._lose(client)
        if self._asked is not None:
            self._begin(client_id)
            self.load.share()
        # Locust warns of other versions; the news of its joining says so already.
        msg.data = locust.__version__
        super().handle_message(client_id, msg)
        member.seen_s = monotonic()
        self._retarget()

    def _hear(self, client_id: str, body: bytes) -> None:
        # A report is thousands of small lists that are gone in a moment: to look for cycles among them takes longer
        # than to add them up.
        gc.disable()
        try:
            self._understand(client_id, body)
        finally:
            gc.enable()

    def _understand(self, client_id: str, body: bytes) -> None:
        kind, fields = unpack(body)
        if kind is WorkerReport and self.fleet.get(client_id) is not None:
            self.fleet.see(client_id)
            report = self.fleet.add_report(client_id, fields)
            for each in report.tick.exceptions if report is not None else ():
                self.log_exception(client_id, each.message, each.traceback)
        elif kind is WorkerGreeting:
            greeting = build(kind, fields)
            assert isinstance(greeting, WorkerGreeting)
            self.fleet.greet(client_id, greeting)
        else:
            self.server.refused += 1

    def _part(self, client_id: str, msg: Message) -> None:
        """It goes by itself."""
        self._is_parting = True
        try:
            super().handle_message(client_id, msg)
        finally:
            self._is_parting = False
        self.fleet.leave(client_id)
        self._retarget()

    def _lose(self, client: Any) -> None:
        client.state = STATE_MISSING
        client.user_classes_count = {}
        self.fleet.lose(client.id)
        if self._users_dispatcher is not None:
            self._users_dispatcher.remove_worker(client)
        if self.worker_count:
            self._retarget()

    def _send_quit(self, client_id: str) -> None:
        self.server.send_to_client(Message("quit", None, client_id))

    def _without_secrets(self, msg: Message) -> None:
        if msg.type == "spawn":
            hide_secrets(msg.data, self.hidden_options)

    def _tell_refused(self) -> None:
        count, self._told_refused = self.server.refused - self._told_refused, self.server.refused
        if count:
            self.fleet.send(
                Logged("WARNING", "perftui", f"{count:,} messages on the port for load workers were none of theirs")
            )

    def _wait(self, is_done: Callable[[], bool], until_s: float) -> None:
        while not is_done() and monotonic() < until_s:
            gevent.sleep(_POLL_S)

    def _on_greenlet_died(self, greenlet: Any) -> None:
        self.on_died(greenlet.exception)


def create(environment: Any, host: str, port: int, fleet: Fleet, clock: RunClock) -> MasterEngineRunner:
    """What `environment.create_master_runner()` does, with this class."""
    # Users of a lost worker go to the others at once.
    environment.parsed_options.enable_rebalancing = True
    runner = MasterEngineRunner(environment, host, port, fleet, clock)
    environment.runner = runner
    if environment.shape_class:
        environment.shape_class.runner = runner
    return runner
