"""A load worker of this machine: an engine of its own, which is started once more when it dies."""

from __future__ import annotations

import asyncio
import signal

from perftui.conductor.ending import how_it_died
from perftui.conductor.engine_process import EngineProcess, Exited, Garbled, Printed, start_engine
from perftui.conductor.faults import fault_text
from perftui.conductor.interpreter import Interpreter
from perftui.conductor.pulse import Pulse
from perftui.conductor.worker_voice import WorkerVoice
from perftui.model.text import clean, mask_secrets
from perftui.wire.heartbeat import Beat
from perftui.wire.messages import Configure, Ended, Fault, Logged, Stop

# One that dies again would do so for ever.
RESTARTS = 1
# A master that stood still for less is not why a load worker heard nothing of it: that takes 4.5 s.
LONG_ENOUGH_S = 3.0
# How many requests that were cut off are named; all of them are counted.
_MAX_NAMED = 20


class LocalWorker:
    """`run` is its life. What it says is told to `voice`, with its name in front.

    `is_coming` is true until it has joined, and again while it is started anew: whoever hears of it from the master
    says so. `death` says how it ended for good, "" while it has not, or where it left as it should; `untold_deaths` is
    how often it died before the master said so; `restarted_after` is how it died when it was started anew. `fault` is
    what its user code did that no run goes on with. `is_suspended` is whether somebody stopped it (SIGSTOP), and it did
    not go on. `master_stood_s` is for how long its master has stood still of late, and `died_of_master` whether that is
    why it ended: then it is not started again.
    """

    def __init__(
        self,
        name: str,
        interpreter: Interpreter,
        folder: str,
        configure: Configure,
        voice: WorkerVoice,
    ) -> None:
        self.name = name
        self._interpreter = interpreter
        self._folder = folder
        self._configure = configure
        self._voice = voice
        self._process: EngineProcess | None = None
        self._pulse = Pulse(self._now())
        self._restarts = RESTARTS
        self._is_stopping = False
        self._is_closing = False
        self._is_starting = False
        self._has_ended = False
        self._has_joined = False
        self._died_of = ""
        self._lines_of_the_dead = 0
        self._said_stuck_at = ""
        self.is_coming = True
        self.is_over = False
        self.was_forced = False
        self.is_suspended = False
        self.stuck_when_forced = ""
        self.master_stood_s = 0.0
        self.died_of_master = False
        self.death = ""
        self.restarted_after = ""
        self.untold_deaths = 0
        self.fault: Fault | None = None
        self.hook_raised = ""
        self.oldest_abandoned_s = 0.0

    @property
    def pid(self) -> int:
        """Its process id, and its process group's; 0 while it has none."""
        return self._process.pid if self._process is not None else 0

    @property
    def stuck_at(self) -> str:
        return "" if self._has_ended or self.is_over else self._pulse.stuck_at

    @property
    def dropped_lines(self) -> int:
        return self._lines_of_the_dead + (self._process.dropped_lines if self._process is not None else 0)

    async def run(self) -> None:
        """Returns when it has left, or is dead for good."""
        try:
            while True:
                how = await self._live()
                if self._is_closing or self.fault is not None or (self._has_ended and not self._died_of):
                    return
                how = self._died_of or how
                self.untold_deaths += 1
                if self._is_stopping or not self._restarts or self.died_of_master:
                    self.death = how
                    self._voice.event(f"load worker {self.name} died, {how}: it is not started again")
                    return
                self._restarts -= 1
                self.restarted_after = how
                self.is_coming = True
                self._voice.event(f"load worker {self.name} died, {how}: it is started again")
        finally:
            self.is_coming = False
            self.is_over = True

    def note_joined(self) -> None:
        """Its master has it."""
        self.is_coming = False
        self._has_joined = True
        self.untold_deaths = 0

    def stop_restarting(self) -> None:
        """The run is about to end: one that dies now is not started again, nor does one go on that is just started."""
        self._is_stopping = True
        if self.is_coming:
            self.drop()

    def ask_last_word(self) -> None:
        """Its users are cut off, and what they did is told to the master, while there is time."""
        if self._process is not None and not self.is_over:
            self._process.send(Stop(now=True))

    def drop(self) -> None:
        """At once. There is nothing of it that anybody waits for, so its end is no loss."""
        self._is_closing = True
        if self._process is not None:
            self._process.signal_group(signal.SIGKILL)

    def signal_group(self, number: signal.Signals) -> None:
        if self._process is not None and not self.is_over:
            self.was_forced = True
            self.stuck_when_forced = self._pulse.stuck_at or self.stuck_when_forced
            self._process.signal_group(number)

    def note_time(self) -> None:
        """A worker that does not even beat is stuck too; each place is said once."""
        if self._process is None or self.is_over:
            return
        self._note_state(self._process.is_suspended)
        self._pulse.note_time(self._now())
        if self.stuck_at == self._said_stuck_at:
            return
        if self.stuck_at:
            text = f"user code is stuck at {self.stuck_at} in load worker {self.name}"
            self._voice.event(text, kind="stuck")
            self._voice.log(Logged("WARNING", "perftui", f"{text}: none of its users can work"))
        else:
            self._voice.event(f"user code goes on in load worker {self.name}", kind="unstuck")
        self._said_stuck_at = self.stuck_at

    def skip_time(self) -> None:
        """This process itself was stopped for a while: what the worker said meanwhile is still to be read."""
        self._pulse.skip(self._now())

    async def close(self, life: asyncio.Task[None]) -> None:
        """Leaves nothing of it behind; `life` is that of `run`."""
        self._is_closing = True
        if self._process is not None:
            await self._process.close()
        if not self._is_starting:
            # Cut off while it starts, a process would be left that nobody knows of.
            life.cancel()
        await asyncio.wait((life,))

    async def _live(self) -> str:
        """From its start to its end; how it ended."""
        if self._is_closing:
            return ""
        self._is_starting = True
        try:
            self._process = process = await start_engine(self._interpreter.python, self._folder)
        finally:
            self._is_starting = False
        if self._is_closing:
            await process.close()
            return ""
        self._has_ended, self._died_of = False, ""
        self.is_suspended = False
        self._pulse = Pulse(self._now())
        process.send(self._configure)
        while True:
            match await process.report():
                case Beat() as beat:
                    self._pulse.note(beat, self._now())
                case Printed(stream, text):
                    self._voice.log(Printed(stream, f"[{self.name}] {text}"))
                case Logged(level, logger, text):
                    self._voice.log(Logged(level, logger, f"[{self.name}] {text}"))
                case Fault(kind="environment") as fault if self._has_joined:
                    # Its master was not heard of for too long: no fault of user code.
                    self._died_of = fault_text(fault)
                    self.died_of_master = self.master_stood_s >= LONG_ENOUGH_S
                case Fault() as fault:
                    self.fault = self.fault or fault
                    self._voice.traceback(fault.traceback)
                    self._voice.event(f"load worker {self.name}: {fault_text(fault)}", kind="fault")
                case Ended() as ended:
                    self._end(ended)
                case Garbled(why=why):
                    await process.close()
                    return f"it is not understood: {clean(why)}"
                case Exited(returncode=code):
                    await process.close()
                    self._lines_of_the_dead += process.dropped_lines
                    self._process = None
                    return how_it_died(code)
                case _:
                    pass

    def _note_state(self, is_suspended: bool) -> None:
        self.is_suspended = is_suspended
        if self._pulse.note_state(self._now(), is_suspended=is_suspended):
            stood_s = self._pulse.stood_still_s(self._now())
            stopped = "was stopped from outside (SIGSTOP): none of its users can work"
            text = stopped if is_suspended else f"goes on; it stood still for {stood_s:.0f} s"
            self._voice.event(f"load worker {self.name} {text}", kind="stuck" if is_suspended else "unstuck")

    def _end(self, ended: Ended) -> None:
        self._has_ended = True
        raised = clean(mask_secrets(ended.hook_raised or ""))
        self.hook_raised = self.hook_raised or raised
        ages = [age_s for _, _, age_s in ended.abandoned]
        self.oldest_abandoned_s = max([self.oldest_abandoned_s, *ages])
        for method, url, age_s in ended.abandoned[:_MAX_NAMED]:
            self._voice.event(mask_secrets(f"{method} {url} after {age_s:.1f} s"), kind="abandoned")

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
