"""What the load follows: the profile's users, stages or rate, the locustfile's load shape, or somebody's hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Literal

import gevent
from gevent import GreenletExit
from gevent.event import AsyncResult, Event
from locust.exception import StopTest
from locust.runners import locust_exception_handler

from perftui.engine.clock import RunClock
from perftui.engine.dispatcher import dispatcher_by
from perftui.engine.gate import sleep_until
from perftui.engine.load import Load
from perftui.engine.shape import AskedShape
from perftui.model.control import LoadControl, Order
from perftui.model.plan import MAX_RATE_PER_S, MAX_SPAWN_RATE, MAX_USERS, Stage
from perftui.wire.messages import Configure, LoadChanged, Message

SHAPE_TICK_S = 1.0
_LOOK_AGAIN_S = 0.1


@dataclass(frozen=True, slots=True)
class Level:
    """What the profile asks for now; to be there `by_s` of the run's clock, where that is not None."""

    users: int
    spawn_rate: float
    rate_per_s: float | None = None
    by_s: float | None = None
    user_classes: Any = None


class Driver:
    """`control` is what drives the load; it is sent when the load starts, and whenever it is another.

    `end_asked` gets "shape_ended" at the end of the stages or of the shape.
    """

    def __init__(
        self,
        runner: Any,
        load: Load,
        clock: RunClock,
        configure: Configure,
        send: Callable[[Message], None],
        end_asked: Callable[[str], None],
        on_died: Callable[[BaseException], None],
    ) -> None:
        self._runner = runner
        self._load = load
        self._clock = clock
        self._configure = configure
        self._send = send
        self._end_asked = end_asked
        self._on_died = on_died
        self._shape = runner.environment.shape_class
        self._is_open = configure.rate_per_s is not None or any(
            stage.rate_per_s is not None for stage in configure.stages
        )
        self._follows: Literal["profile", "stages", "shape"] = (
            "shape" if self._shape is not None else "stages" if configure.stages else "profile"
        )
        users = (configure.max_users or 1) if self._is_open else configure.users
        rate_per_s = (configure.rate_per_s or 0.0) if self._is_open else None
        self._level = Level(0 if self._follows != "profile" else users, configure.spawn_rate, rate_per_s)
        self._users = users
        self.control = LoadControl(
            self._follows, self._level.users, configure.spawn_rate, rate_per_s, stages=len(configure.stages)
        )
        self.begins_s: AsyncResult = AsyncResult()
        """When what the profile asks for begins: at zero of the clock; a rate, when its users are there."""
        self._greenlet: Any = None
        self._spawned = Event()
        self._paused_s = 0.0
        self._is_over = False

    def start(self) -> None:
        environment = self._runner.environment
        environment.dispatcher_class = dispatcher_by(self._clock)
        environment.events.spawning_complete.add_listener(lambda **_: self._spawned.set())
        self._change()
        if not self._is_open:
            self.begins_s.set(0.0)
        if self._follows == "shape":
            self._shape.reset_time()
            self._spawn(self._follow_shape)
            # Where the shape itself stops the test, Locust and its runner have to know who does.
            self._runner.shape_greenlet = self._greenlet
        elif self._is_open:
            self._spawn(self._follow_rate)
        elif self._follows == "stages":
            self._spawn(self._follow_stages)
        else:
            self._go_to(self._level)

    def stop(self) -> None:
        self._is_over = True
        if self._greenlet is not None and self._greenlet is not gevent.getcurrent():
            self._greenlet.kill(block=False)
        self._load.end()

    def obey(self, order: Order) -> str:
        """Carry out `order`; empty, or one line that says why not."""
        refusal = "the run is stopping" if self._is_over else self._refusal(order)
        if refusal:
            return refusal
        if order.kind == "pause":
            self._clock.pause()
            self._paused_s = monotonic()
            self._load.pause()
            self._change(is_paused=True)
        elif order.kind == "resume":
            self._clock.resume()
            self._load.resume()
            self._shift_shape(monotonic() - self._paused_s)
            self._change(is_paused=False)
        elif order.kind == "hand_back":
            self.control = replace(self.control, follows=self._follows)
            self._go_to(self._level)
            self._change()
        else:
            self._take_over(order)
        return ""

    def _refusal(self, order: Order) -> str:
        if order.kind == "pause":
            return "it is paused already" if self.control.is_paused else self._load.can("pause")
        if order.kind == "resume":
            return "" if self.control.is_paused else "it is not paused"
        if order.kind == "hand_back":
            return "" if self.control.follows == "hand" else f"it follows the {self._follows} already"
        if order.users is None and order.spawn_rate is None and order.rate_per_s is None:
            return "nothing to change was given"
        if order.users is not None and not 0 <= order.users <= MAX_USERS:
            return f"users are 0 to {MAX_USERS:,}"
        if order.spawn_rate is not None and not 0 < order.spawn_rate <= MAX_SPAWN_RATE:
            return f"the spawn rate has to be above 0, and at most {MAX_SPAWN_RATE:,.0f}/s"
        if order.rate_per_s is not None:
            if not self._is_open:
                return "this load has users and no arrival rate"
            if not 0 <= order.rate_per_s <= MAX_RATE_PER_S:
                return f"the rate is 0 to {MAX_RATE_PER_S:,.0f}/s"
            return self._load.can("rate")
        return ""

    def _shift_shape(self, paused_s: float) -> None:
        """A shape reads a clock of its own, which user code may have put something else in the place of."""
        if isinstance(getattr(self._shape, "start_time", None), float):
            self._shape.start_time += paused_s

    def _take_over(self, order: Order) -> None:
        users = self.control.users if order.users is None else order.users
        spawn_rate = self.control.spawn_rate if order.spawn_rate is None else order.spawn_rate
        rate_per_s = self.control.rate_per_s if order.rate_per_s is None else order.rate_per_s
        self.control = replace(self.control, follows="hand")
        if order.rate_per_s is not None:
            self._load.set_rate(order.rate_per_s)
        if order.users is not None or order.spawn_rate is not None:
            self._go_to_users(users, spawn_rate)
        self._change(users=users, spawn_rate=spawn_rate, rate_per_s=rate_per_s)

    def _change(self, text: str = "", **changes: Any) -> None:
        self.control = replace(self.control, **changes)
        self._send(LoadChanged(self.control, self._clock.elapsed_s, text))

    def _follow(self, level: Level, text: str = "", **changes: Any) -> None:
        """The profile asks for `level` now. While the load is in somebody's hand it is only remembered."""
        self._level = level
        if self.control.follows != "hand":
            self._go_to(level)
        self._change(text, **changes)

    def _go_to(self, level: Level) -> None:
        spawn_rate, left_s = level.spawn_rate, 0.0
        if level.by_s is not None:
            left_s = max(0.0, level.by_s - self._clock.elapsed_s)
        if level.rate_per_s is not None:
            self._load.set_rate(level.rate_per_s, left_s)
        elif left_s > 0:
            spawn_rate = abs(level.users - self._runner.user_count) / left_s or spawn_rate
        if level.rate_per_s is None or level.users != self._runner.target_user_count:
            self._go_to_users(level.users, spawn_rate, level.user_classes)
        # For people: three digits of a rate that was worked out.
        shown_rate = float(f"{spawn_rate:.3g}") if left_s > 0 else spawn_rate
        self.control = replace(self.control, users=level.users, spawn_rate=shown_rate, rate_per_s=level.rate_per_s)

    def _go_to_users(self, users: int, spawn_rate: float, user_classes: Any = None) -> None:
        self._spawned.clear()
        self._runner.start(users, spawn_rate, user_classes=user_classes)

    def _spawn(self, follow: Callable[[], None]) -> None:
        self._greenlet = self._runner.greenlet.spawn(follow)
        self._greenlet.link_exception(locust_exception_handler(self._runner.environment))
        self._greenlet.link_exception(self._on_greenlet_died)

    def _on_greenlet_died(self, greenlet: Any) -> None:
        # StopTest is a way to end the test, which Locust itself turns into quit().
        if not isinstance(greenlet.exception, (StopTest, GreenletExit)):
            self._on_died(greenlet.exception)

    def _follow_rate(self) -> None:
        """All users are there before the first task is due."""
        configure = self._configure
        self._load.set_rate(0.0)
        self._go_to_users(self._users, max(configure.spawn_rate, self._users))
        self._spawned.wait()
        self.begins_s.set(self._clock.elapsed_s)
        if configure.stages:
            self._follow_stages()
        else:
            self._follow(replace(self._level, rate_per_s=configure.rate_per_s))

    def _follow_stages(self) -> None:
        begins_s = self._clock.elapsed_s
        stages = self._configure.stages
        for number, stage in enumerate(stages, 1):
            before = self._level
            level = self._level_of(stage, begins_s)
            text = f"stage {number} of {len(stages)}: {_text_of(stage, level)}"
            self._follow(level, text, stage=number)
            if stage.hold_s is None:
                ends_s = begins_s + (stage.for_s or 0.0)
            else:
                ends_s = self._reached_s(before, level, begins_s) + stage.hold_s
            sleep_until(self._clock, ends_s)
            begins_s = ends_s
        self._end_asked("shape_ended")

    def _level_of(self, stage: Stage, begins_s: float) -> Level:
        by_s = None if stage.for_s is None or stage.spawn_rate is not None else begins_s + stage.for_s
        if stage.rate_per_s is not None:
            return Level(self._users, self._level.spawn_rate, stage.rate_per_s, by_s)
        spawn_rate = stage.spawn_rate or self._configure.spawn_rate
        return Level(stage.users or 0, spawn_rate, by_s=by_s)

    def _reached_s(self, before: Level, level: Level, begins_s: float) -> float:
        """When the users of `level` are there; as planned where they are in somebody's hand."""
        if level.rate_per_s is not None:
            return begins_s
        planned_s = begins_s + abs(level.users - before.users) / level.spawn_rate
        while True:
            is_theirs = self.control.follows == "hand"
            if self._clock.elapsed_s >= planned_s if is_theirs else self._spawned.is_set():
                return self._clock.elapsed_s
            gevent.sleep(_LOOK_AGAIN_S)

    def _follow_shape(self) -> None:
        """Locust's own loop waits for each ramp, and so misses what the shape asks for meanwhile."""
        due_s = monotonic()
        shape = AskedShape(self._shape, self._runner.user_classes, self._send)
        last: Any = None
        while True:
            if not self._clock.is_paused:
                asked = shape.tick()
                if asked is None:
                    self._end_asked("shape_ended")
                    return
                if asked != last:
                    last = self._runner.shape_last_tick = asked
                    users, spawn_rate, user_classes = shape.level_of(asked)
                    self._follow(Level(users, spawn_rate, user_classes=user_classes))
            due_s = max(due_s + SHAPE_TICK_S, monotonic())
            gevent.sleep(due_s - monotonic())


def _text_of(stage: Stage, level: Level) -> str:
    within = f" within {stage.for_s:g} s" if level.by_s is not None else ""
    if level.rate_per_s is not None:
        return f"{level.rate_per_s:g}/s{within}"
    return f"{level.users} user{'s'[: level.users != 1]}" + (within or f" at {level.spawn_rate:g}/s")
