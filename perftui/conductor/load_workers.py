"""The load workers of one run: those that it starts here, and what its master says of all that came."""

from __future__ import annotations

import asyncio
import math
import os
import secrets
import signal
from collections.abc import Sequence
from dataclasses import replace

import psutil

from perftui import exit_codes
from perftui.conductor import worker_words
from perftui.conductor.escalation import TERM_AFTER_S, Escalation
from perftui.conductor.faults import fault_error
from perftui.conductor.interpreter import Interpreter
from perftui.conductor.local_worker import LONG_ENOUGH_S, LocalWorker
from perftui.conductor.worker_voice import RunVoice, WorkerVoice
from perftui.model.endpoint import endpoint_text, parse_endpoint
from perftui.model.errors import PerftuiError
from perftui.model.plan import AUTO_LOAD_WORKERS, Profile
from perftui.model.text import clean, mask_secrets
from perftui.model.tick import MAX_LOAD_WORKERS
from perftui.wire.messages import Configure, Logged, MasterSettings, WorkerNews, WorkerSettings

LOOPBACK = "127.0.0.1"
# What `bind` may say for every address of this machine.
_EVERYWHERE = ("0.0.0.0", "*", "::")
# How long they may take to leave when their master is gone, or had to be killed.
_LEAVE_WITHIN_S = 1.0
# What a last report takes.
_LAST_WORD_S = 0.4
# The master may know of a death before we do, and one that died may be about to start anew.
_EMPTY_FOR_S = 1.0
# Where many come and go, the record names the first.
_MAX_REMARKS = 20


def local_workers_of(profile: Profile) -> int:
    """How many load workers the run starts on this machine."""
    if profile.load_workers == AUTO_LOAD_WORKERS:
        return max(1, (psutil.cpu_count() or 1) - 1)
    return profile.load_workers


def master_settings(profile: Profile) -> MasterSettings | None:
    """Where the master listens; None without one. Raises PerftuiError where `bind` cannot be read."""
    if not profile.has_master:
        return None
    if not profile.bind:
        return MasterSettings(LOOPBACK, 0, secrets.token_hex(16))
    try:
        return MasterSettings(*parse_endpoint(profile.bind, 0), secrets.token_hex(16))
    except ValueError as error:
        raise PerftuiError("--bind is not HOST or HOST:PORT", clean(str(error)), exit_code=exit_codes.USAGE) from None


class LoadWorkers:
    """`present` is how many the master leads now, from wherever they came.

    Made when the master listens; `start` starts the local ones, `attach` gives all that they say to a run. Between the
    two `check` says whether the run can still begin.
    """

    def __init__(self, profile: Profile, master: MasterSettings, port: int, voice: WorkerVoice) -> None:
        self._profile = profile
        self._master = master
        self.port = port
        self.present = 0
        self.load_gone = ""
        """Why nobody was left to make load, while there should have been."""
        self._voice = voice
        self._remarks: list[str] = []
        self._local: list[LocalWorker] = []
        self._lives: list[asyncio.Task[None]] = []
        self._lost: dict[str, str] = {}  # at most MAX_LOAD_WORKERS
        self._is_run_on = self._is_stopping = False
        self._empty_since_s = math.inf
        self._master_stood_s = 0.0
        self._escalation = Escalation()

    @property
    def wanted(self) -> int:
        """How many have to be there before the load begins."""
        return local_workers_of(self._profile) + self._profile.awaited_workers

    @property
    def address(self) -> str:
        """Where others may join, as `perftui worker --master` takes it."""
        host = os.uname().nodename if self._master.host in _EVERYWHERE else self._master.host
        return endpoint_text(host, self.port)

    @property
    def is_exposed(self) -> bool:
        """Whether the master can be reached from other machines."""
        host = self._master.host
        return host != "localhost" and not host.startswith("127.") and host != "::1"

    def start(self, configure: Configure, interpreter: Interpreter, folder: str) -> None:
        """Start the local ones: each does what `configure` asks of an engine, led by the master."""
        host = LOOPBACK if self._master.host in _EVERYWHERE else self._master.host
        for number in range(1, local_workers_of(self._profile) + 1):
            name = f"local-{number}"
            settings = WorkerSettings(host, self.port, is_local=True, name=name, secret=self._master.secret)
            asked = replace(configure, master=None, worker=settings)
            self._local.append(LocalWorker(name, interpreter, folder, asked, self._voice))
        self._lives = [asyncio.create_task(each.run()) for each in self._local]

    def attach(self, run: RunVoice) -> None:
        self._is_run_on = True
        self._voice.attach(run)

    def handle(self, news: WorkerNews) -> None:
        name, text = clean(news.name, 60), clean(mask_secrets(news.text), 300)
        self.present = news.workers
        self._voice.event(text)
        own = next((each for each in self._local if news.role == "local" and each.name == name), None)
        if news.kind != "lost":
            self._lost.pop(name, None)
            if own is not None:
                own.note_joined()
        elif own is not None and own.untold_deaths:
            # We saw it die before the master did; another may have taken its place since.
            own.untold_deaths -= 1
        elif len(self._lost) < MAX_LOAD_WORKERS:
            self._lost[name] = text
        if news.remark and len(self._remarks) < _MAX_REMARKS:
            self._remarks.append(f"load worker {name}: {clean(news.remark, 300)}")
            self._voice.log(Logged("WARNING", "perftui", self._remarks[-1]))

    # --- before the load ------------------------------------------------------------------------------------

    def check(self, notice: str) -> None:
        """Raises PerftuiError where a local worker cannot begin; `notice` is about their interpreter."""
        self._raise_bugs()
        for each in self._local:
            if each.fault is not None:
                raise fault_error(each.fault, notice, f"load worker {each.name}: ")
            if each.death:
                raise PerftuiError(
                    "a load worker cannot begin",
                    f"{each.name}: {each.death}",
                    "Its log has more: run it with --debug",
                    exit_code=exit_codes.ENVIRONMENT,
                )

    def too_few(self) -> PerftuiError:
        """What to say when the time to wait for them is over."""
        waited = f"{self._profile.max_wait_s:g} s"
        loading = next((each for each in self._local if each.is_coming and each.stuck_at), None)
        if loading is not None:
            why, next_step = f"{loading.name} is still loading, at {loading.stuck_at}", "Give them more with --max-wait"
        elif self._profile.awaited_workers:
            why = f"they may join at {self.address}"
            others = "the others" if self.wanted > 1 else "one"
            fewer = "ask for fewer with --expect-workers"
            if not self._profile.expect_workers:
                fewer = "make the load on this machine with --load-workers 1"
            next_step = f"Start {others} with `perftui worker --master {self.address}`, or {fewer}"
        else:
            why, next_step = "", "Give them more time with --max-wait, or ask for fewer with --load-workers"
        came = f"{self.present} of {self.wanted} load worker{'s'[: self.wanted != 1]} came within {waited}"
        return PerftuiError(came, why, next_step, exit_code=exit_codes.ENVIRONMENT)

    # --- while it goes on -----------------------------------------------------------------------------------

    @property
    def ends_run(self) -> str:
        """Why the run cannot go on: user code ended a worker, or nobody is left to make load, or about to come back."""
        return self.fault or self.load_gone

    @property
    def lost(self) -> str:
        """Those that were lost for good, in words: what they did last is in no number."""
        return worker_words.lost(self._local, self._lost)

    @property
    def restarted(self) -> str:
        """Those that died and were started again, in words: what they did last is in no number either."""
        return worker_words.restarted(self._local)

    @property
    def warnings(self) -> Sequence[str]:
        """What the outcome has to say of those that were not lost."""
        return self._remarks

    @property
    def fault(self) -> str:
        """What user code did in a worker that no run goes on with."""
        return worker_words.fault(self._local)

    def fault_at_end(self, *, was_stopped: bool) -> str:
        """`fault`, or what a worker had to be killed for. A run that `was_stopped` early may have had no patience."""
        return self.fault or worker_words.force(self._local, was_stopped=was_stopped)

    @property
    def warning(self) -> str:
        """Of what keeps users from working now."""
        return worker_words.warning(self._local)

    @property
    def oldest_abandoned_s(self) -> float:
        return max((each.oldest_abandoned_s for each in self._local), default=0.0)

    @property
    def dropped_lines(self) -> int:
        return sum(each.dropped_lines for each in self._local)

    @property
    def pids(self) -> Sequence[int]:
        """Of the local ones that run now."""
        return [each.pid for each in self._local if each.pid]

    def watch(self, now_s: float, *, was_asleep: bool, master_stood_s: float = 0.0) -> None:
        """What is to be looked at now and then; `was_asleep`: this process itself did not run for a while.

        `master_stood_s` is for how long the master has stood still of late.
        """
        self._raise_bugs()
        for each in self._local:
            each.master_stood_s = master_stood_s
            if was_asleep:
                each.skip_time()
            each.note_time()
        is_empty = self._is_run_on and not self.present and not any(each.is_coming for each in self._local)
        self._empty_since_s = min(self._empty_since_s, now_s) if is_empty else math.inf
        is_gone = now_s - self._empty_since_s >= _EMPTY_FOR_S
        if any(each.died_of_master for each in self._local) or (is_gone and master_stood_s >= LONG_ENOUGH_S):
            self._master_stood_s = max(self._master_stood_s, master_stood_s)
            stood = f"the engine stood still for {self._master_stood_s:.0f} s"
            self.load_gone = f"{stood}, and its load workers stopped their load"
        elif is_gone:
            self.load_gone = f"no load worker is left: {self.lost}" if self.lost else "no load worker is left"
        if self._is_stopping and any(each.stuck_at for each in self._local):
            self._escalation.hurry(now_s, TERM_AFTER_S)
        number = self._escalation.due(now_s)
        if number is not None:
            self.signal_all(number)

    # --- the end --------------------------------------------------------------------------------------------

    def begin_stopping(self, now_s: float, grace_s: float) -> None:
        """The master tells them to stop; what does not, is stopped."""
        self._is_run_on, self._is_stopping = False, True
        for each in self._local:
            each.stop_restarting()
        self._escalation.begin(now_s, grace_s)

    def hurry(self, now_s: float, after_s: float) -> None:
        """Do not wait for users any longer than `after_s`; a last report is still asked for."""
        if after_s < _LAST_WORD_S:
            for each in self._local:
                each.ask_last_word()
        self._escalation.hurry(now_s, max(after_s, _LAST_WORD_S))

    def await_hooks(self, now_s: float) -> None:
        """There is no load any more: only listeners of user code are waited for."""
        self._escalation.await_hooks(now_s)

    def signal_all(self, number: signal.Signals) -> None:
        for each in self._local:
            each.signal_group(number)

    async def finish(self, *, has_master_ended: bool) -> None:
        """Wait until the local ones have left: as long as `watch` lets them, where their master ended as it should.

        Where it did not, nobody hears them any more: they end at once.
        """
        if not has_master_ended:
            for each in self._local:
                each.drop()
        living = [life for life in self._lives if not life.done()]
        if living:
            await asyncio.wait(living, timeout=None if has_master_ended else _LEAVE_WITHIN_S)

    async def close(self) -> None:
        """Leaves nothing of the local ones behind."""
        await asyncio.gather(*(each.close(life) for each, life in zip(self._local, self._lives, strict=True)))

    def _raise_bugs(self) -> None:
        for life in self._lives:
            if life.done() and not life.cancelled():
                life.result()
