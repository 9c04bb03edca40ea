"""What a person may wish of the plan on the screen: to start it, to try it, to keep what was changed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual.worker import Worker, WorkerCancelled, WorkerFailed

from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan
from perftui.profiles.keys import PROFILE_KEYS, named
from perftui.profiles.profile_set import BUILT_IN
from perftui.tui.crash import bug_text
from perftui.tui.setup.draft import Draft
from perftui.tui.setup.plan_check import PlanCheck
from perftui.tui.setup.planned import Planned
from perftui.tui.texts.plan_text import plan_sentence, trial_sentence

if TYPE_CHECKING:
    from perftui.tui.app import PerftuiApp

# The screens are imported when they are wished for: each import delays the first paint.

# What a profile may hold; the rest of what is typed is for one run.
KEPT_KEYS = named(PROFILE_KEYS)


async def finish(worker: Worker[None]) -> None:
    with contextlib.suppress(WorkerCancelled, WorkerFailed):
        await worker.wait()


class PlanWishes:
    """`planned` tells what stands on the screen now; `say` says what became of a wish, with a role."""

    def __init__(
        self,
        app: PerftuiApp,
        check: PlanCheck,
        planned: Callable[[], Planned],
        readying: Callable[[], Worker[None] | None],
        say: Callable[[str, str], None],
    ) -> None:
        self._app = app
        self._check = check
        self._planned = planned
        self._readying = readying
        self._say = say
        self._is_busy = False

    async def start(self) -> None:
        await self._once(self._start, "not started")

    async def try_out(self) -> None:
        await self._once(self._try_out, "not tried")

    async def save(self, base: str, draft: Draft, saved: Callable[[str, str], None], *, as_new: bool) -> None:
        """Ask for the name, write the profile; `saved` is told its name and what was written."""
        overrides = {key: text for key, text in draft.overrides.items() if key in KEPT_KEYS}
        rest = [key for key in draft.overrides if key not in KEPT_KEYS]
        faults = [key for key in self._planned().faults if key in overrides]
        if faults:
            self._say(f"not saved: {self._planned().why_not}", "bad")
            return
        if not overrides and not as_new:
            why = f"{', '.join(rest)}: not of a profile, only of this run" if rest else "e changes an option"
            self._say(f"nothing to save: {why}", "warn")
            return
        editor = self._app.services.editor
        profile_set = self._app.services.profile_set

        async def write(name: str) -> str:
            return await asyncio.to_thread(editor.save, name, base, overrides)

        from perftui.tui.screens.save_profile import SaveProfile

        dialog = SaveProfile(
            base,
            overrides,
            editor.where(),
            frozenset(profile_set.profiles),
            write,
            as_new=as_new,
            is_new_file=profile_set.source == BUILT_IN,
        )
        result = await self._app.push_screen_wait(dialog)
        if result is not None:
            saved(*result)

    async def _start(self) -> None:
        plan = await self._plan_when_ready("not started")
        if plan is None:
            return
        if self._app.model.is_live:
            self._say("not started: a run goes on. 2 shows it; stop or detach it first", "warn")
            return
        if not await self._is_confirmed(plan, plan_sentence(plan), "start it", "not started"):
            return
        self._say("starts when the checks are through…", "accent")
        await self._check.finish(plan)
        if plan is not self._planned().plan:
            self._say("not started: the plan was changed meanwhile", "warn")
            return
        failed = self._check.failed
        if failed is not None:
            self._say(f"not started: {failed.name}: {failed.text} (p checks again)", "bad")
            return
        self._say("starting…", "accent")
        await self._app.start(plan)
        self._say("", "")

    async def _try_out(self) -> None:
        plan = await self._plan_when_ready("not tried")
        if plan is not None and await self._is_confirmed(plan, trial_sentence(plan), "try it", "not tried"):
            from perftui.tui.screens.trial import TrialScreen

            self._say("", "")
            self._app.push_screen(TrialScreen(plan))

    async def _plan_when_ready(self, failed: str) -> RunPlan | None:
        readying = self._readying()
        if readying is not None:
            self._say("waits until its target is ready…", "accent")
            await finish(readying)
        planned = self._planned()
        if planned.plan is None:
            self._say(f"{failed}: {planned.why_not}", "bad")
        return planned.plan

    async def _is_confirmed(self, plan: RunPlan, load: str, deed: str, failed: str) -> bool:
        """Whether the host's name was typed, where it has to be."""
        host = self._app.services.host_to_confirm(plan)
        if not host:
            return True
        from perftui.tui.screens.dialogs import ConfirmHost

        is_production = plan.target.environment == "production"
        why = "is marked as production" if is_production else "stands in no profiles file"
        if await self._app.push_screen_wait(ConfirmHost(host, load, why, deed)):
            return True
        self._say(f"{failed}: the host's name was not typed", "warn")
        return False

    async def _once(self, wish: Callable[[], Awaitable[None]], failed: str) -> None:
        """`wish`, with every refusal as a line on the screen; not while another one is under way."""
        if self._is_busy:
            return
        self._is_busy = True
        try:
            await wish()
        except PerftuiError as error:
            self._say(f"{failed}: {error}", "bad")
        except Exception as error:  # noqa: BLE001 - a bug becomes a line here, not the end of the cockpit
            self._say(f"{failed}: {bug_text(error)}", "bad")
        finally:
            self._is_busy = False
