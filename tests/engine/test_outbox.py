"""A conductor that does not read for a while loses no count, and costs bounded memory."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from hypothesis import assume, given

from perftui.engine.outbox import MAX_WAITING_LINES, Outbox
from perftui.model.control import LoadControl
from perftui.model.exchange import Exchange
from perftui.model.histogram import merge
from perftui.model.tick import RateLimitDelta, Tick
from perftui.wire import messages as wire
from perftui.wire.messages import Ended, LoadChanged, Loaded, Logged, Message, Obeyed, Start, Stopping, Ticked
from tests.fakes.random_ticks import runs
from tests.fakes.ticks import tick, total_of


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
    for each in ticks:
        outbox.put(Ticked(each))
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
    assert merged.tick.watched == merge(each.watched for each in ticks)
    assert merged.tick.less_own == merge(each.less_own for each in ticks)
    assert (heard.started, heard.abandoned, heard.in_flight) == (said.started, said.abandoned, said.in_flight)


def test_requests_that_were_kept_are_all_sent_in_their_order() -> None:
    kept = [Exchange(float(seq), "GET", "/a", "", 500, "", None, "boom") for seq in range(3)]
    outbox = Outbox()
    for seq, each in enumerate(kept):
        outbox.put(Ticked(replace(tick(seq), exchanges=(each,))))
    (merged,) = drain(outbox)
    assert isinstance(merged, Ticked)
    assert merged.tick.exchanges == tuple(kept)


def test_rate_limits_of_ticks_that_wait_keep_the_last_retry_after() -> None:
    told = RateLimitDelta("GET", "/a", 2, 0.5, 0.75, 60.0, 0.75)
    silent = RateLimitDelta("GET", "/a", 3, 1.25, 1.5)
    newest = RateLimitDelta("GET", "/a", 1, 2.5, 2.5, 58.0, 2.5)
    other = RateLimitDelta("GET", "/b", 1, 1.0, 1.0)
    ticks = [replace(tick(seq), rate_limits=each) for seq, each in enumerate(((told,), (silent, other), (newest,)))]
    two, three = Outbox(), Outbox()
    for each in ticks[:2]:
        two.put(Ticked(each))
    for each in ticks:
        three.put(Ticked(each))
    (of_two,), (of_three,) = drain(two), drain(three)
    assert isinstance(of_two, Ticked)
    assert of_two.tick.rate_limits == (RateLimitDelta("GET", "/a", 5, 0.5, 1.5, 60.0, 0.75), other)
    assert isinstance(of_three, Ticked)
    assert of_three.tick.rate_limits == (RateLimitDelta("GET", "/a", 6, 0.5, 2.5, 58.0, 2.5), other)


def test_log_lines_that_wait_are_bounded_and_the_rest_is_counted() -> None:
    outbox = Outbox()
    for number in range(MAX_WAITING_LINES + 70):
        outbox.put(Logged("INFO", "shop", str(number)))
    messages = drain(outbox)
    assert len(messages) == MAX_WAITING_LINES + 1
    assert messages[-1] == Logged("WARNING", "perftui", "70 more log lines were not kept")


def test_steps_of_a_shape_that_wait_are_one_and_orders_are_all_said() -> None:
    def change(control: LoadControl, at_s: float, text: str = "") -> LoadChanged:
        return LoadChanged(control, at_s, text)

    shape = LoadControl("shape", 1, 10.0)
    hand = replace(shape, follows="hand", users=500)
    outbox = Outbox()
    for second in range(1000):
        outbox.put(change(replace(shape, users=second), float(second)))
    outbox.put(change(hand, 1000.0))
    outbox.put(Obeyed(1, ""))
    for second in range(1000):
        # Not followed: the load stays as it is.
        outbox.put(change(hand, 1001.0 + second))
    outbox.put(change(replace(hand, users=600), 2001.0))
    outbox.put(change(replace(hand, users=600, is_paused=True), 2002.0))
    outbox.put(change(LoadControl("stages", 5, 1.0, stage=1, stages=2), 2003.0, "stage 1 of 2: 5 users at 1/s"))
    outbox.put(change(LoadControl("stages", 5, 1.0, stage=2, stages=2), 2004.0, "stage 2 of 2: 5 users at 1/s"))
    waiting = drain(outbox)
    assert [type(each) for each in waiting] == [LoadChanged, LoadChanged, Obeyed, *[LoadChanged] * 4]
    users = [each.control.users for each in waiting if isinstance(each, LoadChanged)]
    assert users == [999, 500, 600, 600, 5, 5]


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
