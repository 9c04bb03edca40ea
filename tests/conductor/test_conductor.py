"""A run from load to seal: what it records, how it stops, and what it does when a part of it fails."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan
from perftui.model.record import Verdict
from perftui.model.run_state import RunState
from perftui.store.reader import RunReader
from perftui.wire.client import RunClient
from tests.conductor.conftest import Conducted, check_in_places
from tests.fakes.command import LOCUSTFILE, locustfile_in
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_until

Plans = Callable[..., RunPlan]

BUSY = LOCUSTFILE.replace(
    '        self.client.get("/")',
    '        self.client.get("/")\n        if self.environment.runner.user_count > 2:\n            while True: pass',
)


async def a_planned_run_passes_each_tick_is_kept_before_it_is_shown_and_every_request_is_accounted_for(
    conducted: Conducted, make_plan: Plans, place: Path
) -> None:
    with RunningFaultServer("ok") as server:
        conductor = await conducted.open(make_plan(server.url))
        late: list[int] = []

        def check() -> bool:
            if conducted.last is not None and conducted.last.seq >= 0:
                with sqlite3.connect(f"file:{conductor.folder}/samples.db?mode=ro", uri=True) as database:
                    (newest,) = database.execute("SELECT max(seq) FROM tick").fetchone()
                if newest < conducted.last.seq:
                    late.append(conducted.last.seq)
            return conducted.last is not None and conducted.last.state.is_over

        outcome, _ = await asyncio.gather(conductor.run(), wait_until(check, "the end"))
        served = server.requests()
    assert not late
    assert (outcome.exit_code, outcome.verdict, outcome.state) == (exit_codes.OK, Verdict.PASSED, RunState.FINISHED)
    accounting = outcome.accounting
    assert accounting.started == accounting.succeeded + accounting.failed + accounting.abandoned == served
    record = RunReader(conductor.folder).record()
    assert record.totals.total.requests == accounting.succeeded
    assert record.outcome == outcome
    assert {path.name for path in conductor.folder.iterdir()} >= {
        "run.toml", "samples.db", "run.log", "outcome.json", "report.html", "stats.csv", "stats_history.csv",
        "failures.csv", "exceptions.csv", "result.json",
    }  # fmt: skip
    assert conducted.last is not None
    assert conducted.last.state is RunState.FINISHED


async def a_frozen_target_shows_no_rps_within_two_seconds(conducted: Conducted, make_plan: Plans, place: Path) -> None:
    with RunningFaultServer("ok") as server:
        conductor = await conducted.open(make_plan(server.url, run_time_s=30.0))
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: conducted.requests > 20, "some requests")
        server.change("freeze")
        seen = len(conducted.shown)
        await wait_until(
            lambda: conducted.last is not None and conducted.last.now is not None and conducted.last.now.rps == 0,
            "0 rps",
        )
        frozen = [shown.now.seq for shown in conducted.shown[seen:] if shown.now is not None]
        # The tick in which it froze, and the first whole one without an answer.
        assert len(set(frozen)) <= 3
        assert conducted.last is not None
        assert conducted.last.in_flight == 3
        conductor.stop("enough", exit_codes.STOPPED_EARLY)
        server.change("ok")
        outcome = await running
    assert (outcome.exit_code, outcome.state) == (exit_codes.STOPPED_EARLY, RunState.STOPPED)


async def a_user_that_never_yields_is_named_and_its_load_is_gone_in_five_seconds(
    conducted: Conducted, make_plan: Plans, place: Path
) -> None:
    with RunningFaultServer("ok") as server:
        conductor = await conducted.open(make_plan(server.url, BUSY, run_time_s=60.0))
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: conducted.last is not None and "stuck" in conducted.last.warning, "the warning")
        assert conducted.last is not None
        assert "locustfile.py:1" in conducted.last.warning
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        conductor.stop("stopped by a test", exit_codes.STOPPED_EARLY)
        outcome = await running
        assert loop.time() - asked_at < 8.0
    assert outcome.exit_code == exit_codes.LOCUSTFILE
    assert "locustfile.py:1" in outcome.reason


async def an_engine_that_somebody_stops_for_a_while_is_not_stuck(
    conducted: Conducted, make_plan: Plans, place: Path
) -> None:
    with RunningFaultServer("ok") as server:
        conductor = await conducted.open(make_plan(server.url, run_time_s=60.0))

        def events(kind: str) -> list[str]:
            return [event.text for event in RunReader(conductor.folder).record().events if event.kind == kind]

        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: conducted.requests > 5, "some requests")
        os.kill(conductor.engine_pid, signal.SIGSTOP)
        await wait_until(lambda: conducted.last is not None and conducted.last.warning, "the warning")
        assert conducted.last is not None
        assert conducted.last.warning == "the engine was stopped from outside (SIGSTOP), and stands still"
        os.kill(conductor.engine_pid, signal.SIGCONT)
        await wait_until(lambda: events("unstuck"), "it to go on")
        before = conducted.requests
        await wait_until(lambda: conducted.requests > before, "more requests")
        conductor.stop("enough", exit_codes.STOPPED_EARLY)
        outcome = await running
    assert (outcome.exit_code, outcome.reason) == (exit_codes.STOPPED_EARLY, "enough")
    assert events("stuck") == ["the engine was stopped from outside (SIGSTOP)"]


async def an_engine_that_is_killed_is_a_failed_run_with_its_ticks(
    conducted: Conducted, make_plan: Plans, place: Path
) -> None:
    with RunningFaultServer("ok") as server:
        plan = make_plan(server.url, run_time_s=30.0)
        conductor = await conducted.open(plan)
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: conducted.requests > 20, "some requests")
        os.kill(conductor.engine_pid, signal.SIGKILL)
        outcome = await running
    assert (outcome.exit_code, outcome.state) == (exit_codes.ENGINE_DIED, RunState.FAILED)
    assert "SIGKILL" in outcome.reason
    assert RunReader(conductor.folder).record().totals.total.requests == outcome.accounting.succeeded > 20


async def a_viewer_that_does_not_read_costs_the_run_nothing(
    conducted: Conducted, make_plan: Plans, place: Path
) -> None:
    with RunningFaultServer("ok") as server:
        conductor = await conducted.open(make_plan(server.url))
        client = await asyncio.to_thread(RunClient.connect, conductor.viewers.path)
        assert client is not None
        outcome = await conductor.run()
        client.close()
    assert outcome.exit_code == exit_codes.OK
    record = RunReader(conductor.folder).record()
    assert [point.seq for point in record.timeline] == list(range(1, len(record.timeline) + 1))


async def a_viewer_may_stop_the_run_and_is_named(conducted: Conducted, make_plan: Plans, place: Path) -> None:
    with RunningFaultServer("ok") as server:
        conductor = await conducted.open(make_plan(server.url, run_time_s=60.0))
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: conducted.requests > 5, "some requests")
        client = await asyncio.to_thread(RunClient.connect, conductor.viewers.path)
        assert client is not None
        client.stop("somebody", now=False)
        states = await asyncio.to_thread(lambda: [snapshot.state for snapshot in client.snapshots()])
        client.close()
        outcome = await running
    assert states[-1] is RunState.STOPPED
    assert outcome.reason == "stopped by somebody"


async def more_than_the_target_allows_stops_the_run(conducted: Conducted, make_plan: Plans, place: Path) -> None:
    fast = LOCUSTFILE.replace("constant(0.05)", "constant(0)")
    with RunningFaultServer("ok") as server:
        conductor = await conducted.open(make_plan(server.url, fast, {"max_rps": 5.0}, run_time_s=30.0))
        outcome = await conductor.run()
    assert outcome.exit_code == exit_codes.STOPPED_EARLY
    assert "allows 5" in outcome.reason


async def what_user_code_prints_is_kept_clean_and_what_it_starts_is_not_left_behind(
    conducted: Conducted, make_plan: Plans, place: Path
) -> None:
    own = LOCUSTFILE.replace(
        "@task",
        "def on_start(self):\n        import subprocess\n        subprocess.Popen(['sleep', '300'])\n\n    @task",
    ) + (
        "\nimport sys\nfrom locust import events\n"
        "@events.quitting.add_listener\ndef said(**kw):\n"
        "    print('my own summary \\x1b]0;PWNED\\x07')\n    print('to stderr', file=sys.stderr)\n"
    )
    with RunningFaultServer("ok") as server:
        conductor = await conducted.open(make_plan(server.url, own, run_time_s=1.0))
        group = conductor.engine_pid
        await conductor.run()
    texts = [line.text for line in conducted.log]
    assert "my own summary \\x1b]0;PWNED\\x07" in texts
    assert "to stderr" in texts
    kept = (conductor.folder / "run.log").read_text()
    assert "my own summary" in kept
    assert "\x1b" not in kept
    assert not conductor.viewers.path.exists()

    def is_empty() -> bool:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        return False

    await wait_until(is_empty, "the engine's process group to be gone", 5.0)


async def a_second_interrupt_while_users_finish_is_an_interrupt(
    conducted: Conducted, make_plan: Plans, place: Path
) -> None:
    """Not a fault of the locustfile, which had time left to stop."""
    with RunningFaultServer("hang") as server:
        conductor = await conducted.open(make_plan(server.url, run_time_s=1.0, stop_timeout_s=30.0))
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: conducted.last is not None and conducted.last.state is RunState.STOPPING, "the end")
        conductor.stop("interrupted", exit_codes.INTERRUPTED)
        conductor.stop("interrupted", exit_codes.INTERRUPTED, now=True)
        outcome = await running
    assert outcome.exit_code == exit_codes.INTERRUPTED, outcome.reason


async def test_a_run_that_cannot_begin_leaves_nothing(
    conducted: Conducted, make_plan: Plans, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    with RunningFaultServer("ok") as server, pytest.raises(PerftuiError, match="too long"):
        await conducted.open(make_plan(server.url))
    assert not list(conducted.runs_folder.glob("*"))


async def test_a_locustfiles_own_exit_code_is_passed_on_whatever_it_is(
    conducted: Conducted, make_plan: Plans, tmp_path: Path
) -> None:
    judging = "\nfrom locust import events\n@events.quitting.add_listener\ndef q(environment, **kw):\n"
    judging += "    environment.process_exit_code = "

    async def check(number: int, code: str, expected: int) -> None:
        plan = make_plan(server.url, run_time_s=1.0)
        path = locustfile_in(tmp_path, f"{LOCUSTFILE}{judging}{code}\n", f"locustfile_{number}.py")
        outcome = await conducted.another().run(
            replace(plan, scenario=replace(plan.scenario, locustfiles=(str(path),)))
        )
        assert outcome.exit_code == expected, (code, outcome.reason)

    with RunningFaultServer("ok") as server:
        async with asyncio.TaskGroup() as runs:
            for number, case in enumerate((("7", 7), ("True", 1), ("2 ** 70", 1), ("0", 0))):
                runs.create_task(check(number, *case))


async def test_whole_runs(tmp_path: Path) -> None:
    await check_in_places(
        tmp_path,
        what_user_code_prints_is_kept_clean_and_what_it_starts_is_not_left_behind,
        a_user_that_never_yields_is_named_and_its_load_is_gone_in_five_seconds,
        an_engine_that_somebody_stops_for_a_while_is_not_stuck,
        a_viewer_that_does_not_read_costs_the_run_nothing,
        a_frozen_target_shows_no_rps_within_two_seconds,
        a_planned_run_passes_each_tick_is_kept_before_it_is_shown_and_every_request_is_accounted_for,
        more_than_the_target_allows_stops_the_run,
        a_second_interrupt_while_users_finish_is_an_interrupt,
        an_engine_that_is_killed_is_a_failed_run_with_its_ticks,
        a_viewer_may_stop_the_run_and_is_named,
    )
