"""Locust's master, as far as it hears load workers: who comes, what each says, and who is silent for too long."""

from __future__ import annotations

import gc
import traceback
from time import monotonic
from typing import Any

import gevent
import locust
from locust import runners
from locust.exception import RPCError
from locust.rpc.protocol import Message
from locust.runners import STATE_MISSING, STATE_RUNNING, STATE_SPAWNING, MasterRunner

from perftui.engine import listener
from perftui.engine.clock import RunClock
from perftui.engine.faults import LoadError
from perftui.engine.fleet import Fleet
from perftui.engine.listener import FRAME
from perftui.engine.refusals import Refusals
from perftui.engine.report_check import ReportError
from perftui.engine.spawn_secrets import hide_secrets
from perftui.model.tick import MAX_EXCEPTION_GROUPS, OTHER
from perftui.wire.codec import WireError
from perftui.wire.framing import HEADER, build, encode, unpack
from perftui.wire.messages import VERSION, Logged, WorkerGreeting, WorkerOrder, WorkerReport

# A load worker that was silent for so long is lost, until it speaks again; each speaks every second.
LOST_AFTER_S = 3.5
# From here on it is told to quit when it speaks again.
GIVEN_UP_AFTER_S = 60.0
WATCH_S = 0.25


class HearingRunner(MasterRunner):
    """What follows from who is there, `catch_up` and `retarget`, is for a subclass to do.

    `hidden_options` are those that no load worker is told: their values are secret.
    """

    def __init__(self, environment: Any, host: str, port: int, fleet: Fleet, clock: RunClock) -> None:
        self.hidden_options: frozenset[str] = frozenset()
        self.fleet = fleet
        self.clock = clock
        self.is_parting = self.is_finishing = False
        self._refusals = Refusals()
        self._counted_refused = 0
        listener.install()
        try:
            super().__init__(environment, host, port)
        except RPCError as error:
            raise LoadError("environment", str(error)) from None
        # A connection that is set up anew has to be found where the old one was.
        self.master_bind_port = self.port = self.server.port
        self.server.prepare = self._without_secrets

    def catch_up(self, client_id: str) -> None:
        """A load worker came: it has to know what the others do already."""
        raise NotImplementedError

    def retarget(self) -> None:
        """The load workers are others now: what was asked for is dealt out anew."""
        raise NotImplementedError

    def look_again(self) -> None:
        """A moment has passed: users may have moved from one load worker to another."""
        raise NotImplementedError

    def order(self, client_id: str, order: WorkerOrder) -> None:
        self.server.send_to_client(Message(FRAME, encode(order)[HEADER.size :], client_id))

    def send_quit(self, client_id: str) -> None:
        self.server.send_to_client(Message("quit", None, client_id))

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
            self.tell_refused()
            self.look_again()

    def handle_message(self, client_id: str, msg: Message) -> None:
        try:
            self._handle(client_id, msg)
        except Exception:  # noqa: BLE001 - one message of one peer must not make the master deaf
            self.server.refused += 1
            runners.logger.debug("a message of a load worker was not understood:\n%s", traceback.format_exc())

    def log_exception(self, node_id: str, msg: str, formatted_tb: str) -> None:
        if hash(formatted_tb) not in self.exceptions and len(self.exceptions) >= MAX_EXCEPTION_GROUPS:
            msg = formatted_tb = OTHER
        super().log_exception(node_id, msg, formatted_tb)

    # --- inside

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
                self.send_quit(client_id)
        elif msg.type == "heartbeat":
            was_missing = self.clients[client_id].state == STATE_MISSING
            self.fleet.see(client_id, msg.data["state"] in (STATE_RUNNING, STATE_SPAWNING))
            super().handle_message(client_id, msg)
            if was_missing:
                self.retarget()
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
        refusal = "the run is over" if self.is_finishing else self.fleet.refusal(client_id)
        if refusal:
            self.fleet.tell_refusal(client_id, refusal)
            self.order(client_id, WorkerOrder("leave", self.clock.elapsed_s, reason=refusal))
            self.send_quit(client_id)
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
        self.catch_up(client_id)
        # Locust warns of other versions; the news of its joining says so already.
        msg.data = locust.__version__
        super().handle_message(client_id, msg)
        member.seen_s = monotonic()
        self.retarget()

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
            try:
                report = self.fleet.add_report(client_id, fields)
            except WireError as error:
                self._refuse_report(client_id, error)
                return
            for each in report.tick.exceptions if report is not None else ():
                self.log_exception(client_id, each.message, each.traceback)
        elif kind is WorkerGreeting:
            self.fleet.greet(client_id, _greeting(fields))
        else:
            self.server.refused += 1

    def _part(self, client_id: str, msg: Message) -> None:
        """It goes by itself."""
        self.is_parting = True
        try:
            super().handle_message(client_id, msg)
        finally:
            self.is_parting = False
        self.fleet.leave(client_id)
        self.retarget()

    def _lose(self, client: Any) -> None:
        client.state = STATE_MISSING
        client.user_classes_count = {}
        self.fleet.lose(client.id)
        if self._users_dispatcher is not None:
            self._users_dispatcher.remove_worker(client)
        if self.worker_count:
            self.retarget()

    def _without_secrets(self, msg: Message) -> None:
        if msg.type == "spawn":
            hide_secrets(msg.data, self.hidden_options)

    def _refuse_report(self, client_id: str, error: WireError) -> None:
        member = self.fleet.get(client_id)
        why = str(error) if isinstance(error, ReportError) else "it is none"
        self._refusals.note(f"report of load worker {member.name if member is not None else ''}", why)

    def tell_refused(self, *, is_last: bool = False) -> None:
        count, self._counted_refused = self.server.refused - self._counted_refused, self.server.refused
        if count:
            self._refusals.note("message on the port for load workers", "no load worker says such a thing", count)
        for line in self._refusals.due(monotonic(), is_last=is_last):
            self.fleet.send(Logged("WARNING", "perftui", line))


def _greeting(fields: Any) -> WorkerGreeting:
    """Of another protocol, all that is sure is its number."""
    if isinstance(fields, list) and fields and type(fields[0]) is int and fields[0] != VERSION:
        host = fields[2] if len(fields) > 2 and isinstance(fields[2], str) else ""
        return WorkerGreeting(fields[0], "remote", host, 0)
    greeting = build(WorkerGreeting, fields)
    assert isinstance(greeting, WorkerGreeting)
    return greeting
