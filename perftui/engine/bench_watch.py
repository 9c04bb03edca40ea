"""User code with an end: what takes too long is killed, and its line is named."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import gevent
from gevent import GreenletExit
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopTest, StopUser

from perftui.engine.faults import LoadError
from perftui.engine.user_line import describe_error, line_of_frame
from perftui.model.text import clean

# How a task or an `on_start` says that it is over.
INTERRUPTS = (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser)
# How often user code is looked at: rare enough not to be seen in what is measured.
WATCH_S = 0.1
# What user code that was killed may take to let go.
_LET_GO_S = 0.5


class Watch:
    """`since_s` is when the call that is watched began, infinite while there is none; at `stop_by_s` all is killed."""

    def __init__(
        self, hung_after_s: float, on_stop_test: Callable[[], None], on_exit: Callable[[BaseException], None]
    ) -> None:
        self._hung_after_s = hung_after_s
        self._on_stop_test = on_stop_test
        self._on_exit = on_exit
        self.since_s = float("inf")
        self.stop_by_s = float("inf")

    def run(self, call: Callable[[], object], what: str) -> str:
        """Let `call` run user code in a greenlet of its own; why it did not come to its end, "" where it did."""
        failed: list[str] = []

        def guarded() -> None:
            try:
                call()
            except (GreenletExit, *INTERRUPTS):
                pass
            except StopTest as error:
                self._on_stop_test()
                failed.append(f"{what} ended the test: {describe_error(error)}")
            except Exception as error:  # noqa: BLE001 - user code may raise anything
                failed.append(f"{what} failed: {describe_error(error)}")
            except BaseException as error:  # noqa: BLE001 - sys.exit()
                self._on_exit(error)

        self.since_s = monotonic()
        greenlet = gevent.spawn(guarded)
        while not greenlet.ready():
            greenlet.join(WATCH_S)
            is_hung = monotonic() - self.since_s > self._hung_after_s
            if not greenlet.ready() and (is_hung or monotonic() > self.stop_by_s):
                how = f"was not over after {self._hung_after_s:g} s" if is_hung else "was cut off"
                return self._kill(greenlet, f"{what} {how}")
        return failed[0] if failed else ""

    def _kill(self, greenlet: gevent.Greenlet, why: str) -> str:
        if greenlet.gr_frame is not None:
            why += f", at {line_of_frame(greenlet.gr_frame)}"
        greenlet.kill(block=True, timeout=_LET_GO_S)
        if not greenlet.ready():
            # What it sends from now on would be in the times of others.
            self._on_exit(LoadError("locustfile", f"{why}, and cannot be ended"))
        return clean(why, 500)
