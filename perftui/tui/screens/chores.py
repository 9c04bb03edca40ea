"""Long work of a screen: one piece at a time, said in a line while it lasts, and ended by esc where that can be."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from textual.worker import Worker

from perftui.model.errors import PerftuiError
from perftui.tui.screens.base import CockpitScreen

T = TypeVar("T")
# Progress is shown no more often than anybody reads it.
_SHOWN_EVERY_S = 0.25


class Given(Exception):  # noqa: N818 - nothing went wrong: the work was given up.
    """Raised on the thread of work that nobody waits for any more."""


class Chore:
    """One piece of work. `say` may be called on any thread, and raises Given once the work was given up."""

    def __init__(self, text: str, said: Callable[[], None], *, can_be_left: bool) -> None:
        self.text = text
        self.can_be_left = can_be_left
        self.is_left = False
        self._said = said
        self._said_at_s = 0.0
        self._loop = asyncio.get_running_loop()

    def say(self, text: str) -> None:
        if self.is_left:
            raise Given
        self.text = text
        now_s = time.monotonic()
        if now_s - self._said_at_s >= _SHOWN_EVERY_S:
            self._said_at_s = now_s
            self._loop.call_soon_threadsafe(self._said)


class ChoreScreen(CockpitScreen):
    """`chore` is what is being done now; `chore_changed` draws it."""

    def __init__(self) -> None:
        super().__init__()
        self.chore: Chore | None = None
        self._worker: Worker[None] | None = None

    def chore_changed(self) -> None:
        raise NotImplementedError

    def begin(self, text: str, work: Callable[[Chore], Awaitable[None]], *, can_be_left: bool = False) -> bool:
        """Have `work` done, and say `text` until it is; its PerftuiError becomes a toast. False: other work goes on."""
        if self.chore is not None:
            if not self.chore.can_be_left:
                self.cockpit.say(f"still {self.chore.text}")
                return False
            self.leave_chore()
        chore = self.chore = Chore(text, self.chore_changed, can_be_left=can_be_left)
        self._worker = self.run_worker(self._do(chore, work), group="chore", exclusive=True)
        self.chore_changed()
        return True

    def leave_chore(self) -> bool:
        """Give up what is being done, where it can be; True where it was."""
        chore = self.chore
        if chore is None or not chore.can_be_left:
            return False
        chore.is_left = True
        self.chore = None
        if self._worker is not None:
            self._worker.cancel()
        self.chore_changed()
        return True

    async def _do(self, chore: Chore, work: Callable[[Chore], Awaitable[None]]) -> None:
        try:
            await work(chore)
        except PerftuiError as error:
            if not chore.is_left:
                self.cockpit.fail(error)
        except Given:
            # Whoever gave it up knows.
            return
        finally:
            if self.chore is chore:
                self.chore = None
                if self.is_mounted:
                    self.chore_changed()


async def on_thread(work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work)
