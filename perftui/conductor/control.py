"""Orders to a running load: from viewers, through a check, to the engine one at a time, and back as an answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from perftui.conductor.announcer import Announcer
from perftui.conductor.run_clock import RunClock
from perftui.model.control import LoadControl, Order
from perftui.model.control_text import ANSWER_WITHIN_S, NO_ANSWER, change_text
from perftui.model.duration import format_duration
from perftui.model.plan import MAX_RATE_PER_S, MAX_SPAWN_RATE, MAX_USERS, Target
from perftui.model.run_state import RunState
from perftui.model.target_limits import refusal_of
from perftui.model.text import clean, mask_secrets
from perftui.wire.messages import Control, ControlRun, LoadChanged, Obeyed

MAX_WAITING_ORDERS = 16
# Users that wait hold connections, a target may be reserved for them, and whoever paused may have gone home.
MAX_PAUSE_S = 1800.0

# Gets why an order was refused, empty where it was carried out.
Answer = Callable[[str], None]

_NO_LOAD = {
    RunState.LOADING: "the test has not started yet",
    RunState.STOPPING: "the run is stopping",
}


@dataclass(slots=True)
class _Waiting:
    """An order that somebody waits for until `until_s`; `answer` is None when that is over."""

    number: int
    order: Order
    by: str
    until_s: float
    answer: Answer | None

    def say(self, refused: str) -> None:
        if self.answer is not None:
            self.answer(refused)
            self.answer = None


class Orders:
    """`control` is what drives the load now, None before the test starts.

    The engine has at most one order at a time: each is checked against what the one before made of the load, and a
    change is told apart by who asked for it. The last order wins. `send` says something to the engine; `now` is a
    monotonic clock in seconds.
    """

    def __init__(
        self,
        target: Target,
        clock: RunClock,
        say: Announcer,
        send: Callable[[Control], None],
        now: Callable[[], float],
    ) -> None:
        self.control: LoadControl | None = None
        self._target = target
        self._clock = clock
        self._say = say
        self._send = send
        self._now = now
        self._queue: deque[_Waiting] = deque()  # at most MAX_WAITING_ORDERS
        self._given: _Waiting | None = None
        self._number = 0

    def ask(self, asked: ControlRun, answer: Answer, state: RunState) -> None:
        """`answer` is called once, within ANSWER_WITHIN_S."""
        if not state.has_load or state is RunState.STOPPING:
            answer(_NO_LOAD.get(state, "the run is over"))
        elif len(self._queue) >= MAX_WAITING_ORDERS:
            answer(f"{MAX_WAITING_ORDERS} orders wait already")
        else:
            self._number += 1
            by = clean(mask_secrets(asked.by), 60)
            self._queue.append(_Waiting(self._number, asked.order, by, self._now() + ANSWER_WITHIN_S, answer))
            self._give_next()

    def obeyed(self, news: Obeyed) -> None:
        given = self._given
        if given is not None and news.number == given.number:
            self._given = None
            given.say(clean(mask_secrets(news.refused), 300))
            self._give_next()

    def follow(self, news: LoadChanged) -> None:
        """Put on the timeline what drives the load now, and who asked for it."""
        before, self.control = self.control, news.control
        paused_s = 0.0
        if news.control.is_paused:
            self._clock.pause()
        else:
            paused_s = self._clock.resume()
        if news.text:
            unheeded = ", not followed: the load is in somebody's hand" if news.control.follows == "hand" else ""
            self._say.load(clean(mask_secrets(news.text), 300) + unheeded, "")
        elif before is not None and _is_ordered(before, news.control):
            text = change_text(before, news.control)
            if text == "resumed":
                text += f" after {_rounded(paused_s)}, which are in no number"
            self._say.load(text, self._given.by if self._given else "")

    def note_time(self) -> None:
        """Answer those who have waited long enough."""
        now_s = self._now()
        if self._given is not None and now_s >= self._given.until_s:
            # It stays the engine's: it may do it yet, and nobody else is to be named for it.
            self._given.say(f"{NO_ANSWER}, and may still do it")
        while self._queue and now_s >= self._queue[0].until_s:
            self._queue.popleft().say(NO_ANSWER)

    def pause_overdue(self) -> str:
        """Why a load that is paused is to be stopped; empty where it is not."""
        if self._clock.standing_s() < MAX_PAUSE_S:
            return ""
        return f"the load was paused for {format_duration(MAX_PAUSE_S)}, and nobody resumed it"

    def close(self, state: RunState) -> None:
        """No order is obeyed any more, and no pause goes on."""
        why = _NO_LOAD.get(state, "the run is over")
        if self._given is not None:
            self._given.say(why)
        while self._queue:
            self._queue.popleft().say(why)
        paused_s = self._clock.resume()
        if self.control is not None and self.control.is_paused:
            self.control = replace(self.control, is_paused=False)
            self._say.load(f"a pause of {_rounded(paused_s)} ends with the run, and is in no number", "")

    def _give_next(self) -> None:
        while self._given is None and self._queue:
            waiting = self._queue.popleft()
            refused = refusal_of_order(waiting.order, self.control, self._target)
            if refused:
                waiting.say(refused)
            else:
                self._given = waiting
                self._send(Control(waiting.number, waiting.order))


def _is_ordered(before: LoadControl, after: LoadControl) -> bool:
    """A load shape has a new level as often as it likes, every second perhaps: that is no news, and nobody's order."""
    is_its_own = before.follows == after.follows != "hand" and before.is_paused is after.is_paused
    return before != after and not is_its_own


def _rounded(seconds: float) -> str:
    return format_duration(round(seconds) if seconds >= 10 else round(seconds, 1))


def refusal_of_order(order: Order, control: LoadControl | None, target: Target) -> str:
    """Why `order` cannot be obeyed where `control` drives the load, in one line; empty where it can."""
    if control is None:
        return _NO_LOAD[RunState.LOADING]
    if order.kind == "pause":
        return "the load is paused already" if control.is_paused else ""
    if order.kind == "resume":
        return "" if control.is_paused else "the load is not paused"
    if order.kind == "hand_back":
        return "" if control.follows == "hand" else "nobody has taken the load over, so it cannot be handed back"
    refused = _refusal_of_values(order, control) or refusal_of(target, order.users, order.rate_per_s)
    return refused or _same(order, control)


def _refusal_of_values(order: Order, control: LoadControl) -> str:
    if order.users is order.spawn_rate is order.rate_per_s is None:
        return "nothing is asked: name users, a spawn rate or a rate"
    if control.rate_per_s is not None and (order.users is not None or order.spawn_rate is not None):
        return "the load of this run is an arrival rate: ask for a rate, not for users"
    if control.rate_per_s is None and order.rate_per_s is not None:
        return "the load of this run is users, not an arrival rate: ask for users"
    if order.users is not None and not 0 <= order.users <= MAX_USERS:
        return f"users are 0 to {MAX_USERS:,}"
    asked = (("spawn rate", order.spawn_rate, MAX_SPAWN_RATE), ("rate", order.rate_per_s, MAX_RATE_PER_S))
    for name, value, most in asked:
        # Not a number (nan) is on neither side.
        if value is not None and not 0 < value <= most:
            return f"a {name} is more than 0/s, and at most {most:,.0f}/s; to let no user work, pause"
    return ""


def _same(order: Order, control: LoadControl) -> str:
    """Asking for what is so already changes nothing, unless it takes the load over."""
    asked = (
        (order.users, control.users),
        (order.spawn_rate, control.spawn_rate),
        (order.rate_per_s, control.rate_per_s),
    )
    is_same = all(value is None or value == now for value, now in asked)
    if not is_same or control.follows in ("stages", "shape"):
        return ""
    level = f"{control.users:,} users at {control.spawn_rate:,g}/s"
    if control.rate_per_s is not None:
        level = f"a rate of {control.rate_per_s:,g}/s"
    return f"nothing to change: it is {level} already"
