"""The preflight of the plan on the screen: begun by itself once the choice has rested, or by a key."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.screen import Screen
from textual.timer import Timer
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from perftui.exit_codes import BUG
from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan
from perftui.tui.crash import bug_text
from perftui.tui.services import Services

if TYPE_CHECKING:
    from perftui.model.inspection import CheckItem, Inspection

# A check loads the locustfile and asks the target.
SETTLE_S = 0.5
# More than any preflight has.
MAX_CHECK_ITEMS = 100
# What so many scenarios hold is remembered.
MAX_INSPECTIONS = 20


class PlanCheck:
    """`changed` is called whenever there is something new to show."""

    def __init__(self, screen: Screen[None], services: Services, changed: Callable[[], None]) -> None:
        self._screen = screen
        self._services = services
        self._changed = changed
        self._plan: RunPlan | None = None
        self._finished: RunPlan | None = None
        self._worker: Worker[None] | None = None
        self._timer: Timer | None = None
        self._inspections: dict[tuple[str, ...], Inspection] = {}
        self.items: list[CheckItem] = []

    @property
    def is_running(self) -> bool:
        return self._worker is not None

    @property
    def failed(self) -> CheckItem | None:
        """The first item that stands in the way."""
        return next((item for item in self.items if item.status == "failed"), None)

    def inspection_of(self, plan: RunPlan | None) -> Inspection | None:
        """What the locustfiles of `plan` hold, where a check has told."""
        return self._inspections.get(plan.scenario.locustfiles) if plan is not None else None

    def forget(self) -> None:
        """The plan is another one now: what was found is not about it."""
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._plan, self._finished, self.items = None, None, []

    def settle(self, plan: RunPlan) -> None:
        """Check `plan` if nothing is changed for a moment."""
        self.forget()
        self._timer = self._screen.set_timer(SETTLE_S, lambda: self.begin(plan))

    def begin(self, plan: RunPlan) -> None:
        self.forget()
        self._plan = plan
        self._worker = self._screen.run_worker(self._run(plan), group="check", exclusive=True, exit_on_error=False)
        self._changed()

    async def finish(self, plan: RunPlan) -> None:
        """Until all is known of `plan`."""
        if self._finished is plan:
            return
        if self._plan is not plan or self._worker is None:
            self.begin(plan)
        worker = self._worker
        if worker is not None:
            with contextlib.suppress(WorkerCancelled, WorkerFailed):
                await worker.wait()

    async def _run(self, plan: RunPlan) -> None:
        from perftui.model.inspection import CheckItem, Inspection  # Lazy: the first paint comes before any check.

        try:
            async for item in self._services.check(plan):
                if plan is not self._plan:
                    return
                if isinstance(item, Inspection):
                    self._remember(plan, item)
                else:
                    self.items = [*self.items, item][:MAX_CHECK_ITEMS]
                self._changed()
        except PerftuiError as error:
            self.items.append(CheckItem(error.what, "failed", str(error), error.exit_code))
        except Exception as error:  # noqa: BLE001 - a bug becomes a line here, not the end of the cockpit
            self.items.append(CheckItem("preflight", "failed", bug_text(error), BUG))
        if plan is self._plan:
            self._finished = plan
            self._worker = None
            self._changed()

    def _remember(self, plan: RunPlan, inspection: Inspection) -> None:
        self._inspections.pop(plan.scenario.locustfiles, None)
        self._inspections[plan.scenario.locustfiles] = inspection
        if len(self._inspections) > MAX_INSPECTIONS:
            del self._inspections[next(iter(self._inspections))]
