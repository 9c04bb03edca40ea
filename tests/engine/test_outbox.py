"""A conductor that does not read for a while loses no count, and costs bounded memory."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import assume, given

from perftui.engine.outbox import MAX_WAITING_LINES, Outbox
from perftui.model.tick import Tick
from perftui.wire import messages as wire
from perftui.wire.messages import Ended, Loaded, Logged, Message, Start, Stopping, Ticked
from tests.fakes.random_ticks import runs
from tests.fakes.ticks import total_of


def drain(outbox: Outbox) -> list[Message]:
    messages: list[Message] = []
    while (message := outbox.take()) is not None:
        messages.append(message)
    return messages


@given(runs())
def test_ticks_that_wait_are_added_up_exactly(ticks: list[Tick]) -> None:
    assume(ticks)
    said = total_of(copy.deepcopy(ticks))
    outbox = Outbox()
    outbox.put(wire.TestStarted())
    for tick in ticks:
        outbox.put(Ticked(tick))
    outbox.put(Stopping("run_time"))
    outbox.put(Ended(None, None, ()))
    first, merged, *rest = drain(outbox)
    assert isinstance(first, wire.TestStarted)
    assert [type(message) for message in rest] == [Stopping, Ended]
    assert isinstance(merged, Ticked)
    heard = total_of([merged.tick])
    assert heard.total == said.total
    assert heard.by_request == said.by_request
    assert heard.failures == said.failures
    assert heard.exceptions == said.exceptions
    assert (heard.started, heard.abandoned, heard.in_flight) == (said.started, said.abandoned, said.in_flight)


def test_log_lines_that_wait_are_bounded_and_the_rest_is_counted() -> None:
    outbox = Outbox()
    for number in range(MAX_WAITING_LINES + 70):
        outbox.put(Logged("INFO", "shop", str(number)))
    messages = drain(outbox)
    assert len(messages) == MAX_WAITING_LINES + 1
    assert messages[-1] == Logged("WARNING", "perftui", "70 more log lines were not kept")


def test_conductor_that_does_not_read_gets_everything_later(
    start_engine: Any, target: Any, locustfile: Any, configure: Any
) -> None:
    path = locustfile(
        """
class U(FastHttpUser):
    wait_time = constant(0.002)
    @task
    def t(self): self.client.get("/")
"""
    )
    engine = start_engine(buffer_bytes=2048)
    engine.send(configure(path, host=target.url, users=3, run_time_s=3.5, stop_timeout_s=5.0))
    engine.wait_message(Loaded)
    engine.send(Start())
    engine._open.discard(engine.socket.fileno())
    engine.wait_for(lambda: any(beat.phase == "leaving" for beat in engine.beats))
    engine._open.add(engine.socket.fileno())
    engine.wait_end()
    assert engine.ended
    assert engine.counts == {"/": (target.requests["/"], 0)}
    engine.check_accounting()
    assert sum(ticked.tick.interval_s for ticked in engine.all(Ticked)) > 3
