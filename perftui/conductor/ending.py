"""What a run's end is called, from what was seen of it."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from perftui import exit_codes
from perftui.judgement.verdict import Ending
from perftui.model import record
from perftui.model.record import Accounting
from perftui.model.text import clean, mask_secrets
from perftui.model.totals import RunTotals
from perftui.wire.messages import Ended


@dataclass(slots=True)
class End:
    """What is known of the end while it comes.

    `ended` is whether the engine said its last word, `forced` whether it was sent a signal to stop, and `suspended`
    whether it stood still then because somebody had stopped it. `load_gone` says why there was no load any more though
    nobody stopped it, `workers_lost` which of them are gone for good, and `workers_restarted` which were started again.
    """

    stopped: str = ""
    stop_code: int = exit_codes.OK
    fault: str = ""
    garbled: str = ""
    hook_raised: str = ""
    locust_exit_code: int | None = None
    ended: bool = False
    forced: bool = False
    suspended: bool = False
    returncode: int | None = None
    oldest_abandoned_s: float = 0.0
    load_gone: str = ""
    workers_lost: str = ""
    workers_restarted: str = ""

    def note(self, last: Ended) -> None:
        """The engine's last word."""
        self.ended = True
        self.locust_exit_code = last.exit_code
        self.hook_raised = clean(mask_secrets(last.hook_raised or ""))
        self.oldest_abandoned_s = max((age_s for _, _, age_s in last.abandoned), default=0.0)

    def ending(self, stuck_at: str, incomplete: str = "") -> Ending:
        """`stuck_at` is where user code was last stuck, `incomplete` what could not be written."""
        died = fault = ""
        if self.garbled:
            died = f"the engine is not understood: {self.garbled}"
        elif self.fault or self.hook_raised:
            fault = self.fault or f"a listener raised {self.hook_raised}"
        elif self.forced and not self.ended and self.suspended:
            if self.load_gone or self.stop_code == exit_codes.OK:
                died = self.load_gone or "the engine was stopped from outside (SIGSTOP), and did not go on"
        elif self.forced and not self.ended and stuck_at:
            fault = f"user code was stuck at {stuck_at}, and the engine had to be killed"
        elif self.forced and not self.ended and self.stop_code == exit_codes.OK:
            fault = "user code did not stop in time, and the engine had to be killed"
        elif not self.ended and not self.forced:
            died = f"the engine died: {how_it_died(self.returncode or 0)}"
        elif self.load_gone:
            died = self.load_gone
        return Ending(
            stopped=self.stopped,
            stop_code=self.stop_code,
            engine_died=died,
            locustfile_fault=fault,
            incomplete=incomplete,
            locust_exit_code=self.locust_exit_code,
            workers_lost=self.workers_lost,
            workers_restarted=self.workers_restarted,
        )


def accounting_of(totals: RunTotals, end: End, dropped_log_lines: int) -> Accounting:
    """Every request once. What a killed engine could not report any more was in flight at its last tick."""
    return record.accounting_of(totals, end.oldest_abandoned_s, dropped_log_lines)


def how_it_died(returncode: int) -> str:
    """What the return code of a process means; minus a signal where one ended it."""
    if returncode >= 0:
        return f"it left with exit code {returncode} and no word"
    try:
        return f"killed by {signal.Signals(-returncode).name}"
    except ValueError:
        return f"killed by signal {-returncode}"
