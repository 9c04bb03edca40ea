"""Load workers from the conductor's side: who has to come, what their master says of them, who is lost for good."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import psutil
import pytest

from perftui import exit_codes
from perftui.conductor.conductor import Conductor
from perftui.conductor.engine_process import Printed
from perftui.conductor.joining_lines import lines_on_joining
from perftui.conductor.load_workers import LoadWorkers, local_workers_of, master_settings
from perftui.conductor.worker_voice import WorkerVoice
from perftui.model.errors import PerftuiError
from perftui.model.judged import Trust
from perftui.model.plan import AUTO_LOAD_WORKERS, Profile
from perftui.model.record import Demands, Verdict
from perftui.model.run_state import RunState
from perftui.store.reader import RunReader
from perftui.wire.messages import Logged, MasterSettings, WorkerNews
from tests.conductor.conftest import Conducted, Plans, check_in_places
from tests.fakes.command import LOCUSTFILE
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_until

PORT = 41234


class Heard:
    """A run's timeline and log."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []
        self.lines: list[str] = []

    def event(self, kind: str, text: str) -> None:
        self.events.append((kind, text))

    def log(self, said: Printed | Logged) -> None:
        self.lines.append(said.text)

    def log_traceback(self, traceback: str) -> None:
        self.lines.append(traceback)


def workers_of(log: Callable[[Any], None] = lambda _: None, **profile: Any) -> LoadWorkers:
    asked = Profile("quick", **profile)
    settings = master_settings(asked)
    assert settings is not None
    return LoadWorkers(asked, settings, settings.port or PORT, WorkerVoice(log))


def news(
    kind: Literal["joined", "lost", "returned", "left"],
    name: str,
    workers: int,
    role: Literal["local", "remote", "stock"] = "remote",
    remark: str = "",
) -> WorkerNews:
    return WorkerNews(kind, name, "a-host", role, workers, f"{name} {kind}", remark)


def said_on_joining(**profile: Any) -> str:
    workers = workers_of(**profile)
    return "\n".join(f"{level} {line}" for level, line in lines_on_joining(workers, Profile("quick", **profile)))


@pytest.mark.parametrize(
    ("profile", "settings"),
    [
        ({}, None),
        ({"load_workers": 2}, MasterSettings("127.0.0.1", 0)),
        ({"expect_workers": 1}, MasterSettings("127.0.0.1", 0)),
        ({"bind": "0.0.0.0:5557"}, MasterSettings("0.0.0.0", 5557)),
        ({"bind": "[::1]"}, MasterSettings("::1", 0)),
    ],
)
def test_the_master_listens_on_loopback_and_a_free_port_unless_told_otherwise(
    profile: dict[str, Any], settings: MasterSettings | None
) -> None:
    assert master_settings(Profile("quick", **profile)) == settings


def test_an_address_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(PerftuiError, match="--bind is not HOST or HOST:PORT") as refused:
        master_settings(Profile("quick", bind="box:high"))
    assert refused.value.exit_code == exit_codes.USAGE


def test_auto_keeps_a_core_free_and_is_never_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, workers in ((None, 1), (1, 1), (2, 1), (8, 7)):
        monkeypatch.setattr("psutil.cpu_count", lambda cores=cores: cores)
        assert local_workers_of(Profile("quick", load_workers=AUTO_LOAD_WORKERS)) == workers
    assert "load workers of this machine: 7 (auto: 8 cores)" in said_on_joining(load_workers=AUTO_LOAD_WORKERS)


def test_what_listening_for_others_means_is_said_with_the_way_around_it() -> None:
    exposed = said_on_joining(expect_workers=2, bind="192.0.2.1:5557")
    assert "WARNING whoever reaches 192.0.2.1:5557 can read the locustfiles and forge numbers" in exposed
    assert "waiting up to 60 s for 2 load workers: `perftui worker --master 192.0.2.1:5557`" in exposed
    tunneled = said_on_joining(expect_workers=1)
    assert "WARNING" not in tunneled
    assert f"ssh -R {PORT}:127.0.0.1:{PORT} MACHINE" in tunneled
    assert "ssh" not in said_on_joining(load_workers=2)


def test_too_few_in_time_is_one_line_with_the_way_to_more() -> None:
    workers = workers_of(load_workers=1, expect_workers=2, max_wait_s=5.0)
    workers.handle(news("joined", "local-1", 1, "local"))
    error = workers.too_few()
    assert (error.exit_code, workers.wanted) == (exit_codes.ENVIRONMENT, 3)
    assert str(error) == (
        f"1 of 3 load workers came within 5 s: they may join at 127.0.0.1:{PORT}. "
        f"Start the others with `perftui worker --master 127.0.0.1:{PORT}`, or ask for fewer with --expect-workers."
    )


def test_where_only_bind_says_that_some_come_one_is_waited_for() -> None:
    said = said_on_joining(bind="127.0.0.1:5557")
    assert "waiting up to 60 s for 1 load worker: `perftui worker --master 127.0.0.1:5557`" in said
    error = workers_of(bind="127.0.0.1:5557").too_few()
    assert str(error) == (
        "0 of 1 load worker came within 60 s: they may join at 127.0.0.1:5557. Start one with "
        "`perftui worker --master 127.0.0.1:5557`, or make the load on this machine with --load-workers 1."
    )


def test_what_happened_before_the_run_is_on_its_timeline_too() -> None:
    workers, heard = workers_of(expect_workers=1), Heard()
    workers.handle(news("joined", "box\x1b[2J-1", 1))
    workers.attach(heard)
    workers.handle(news("left", "box-1", 0))
    assert [kind for kind, _ in heard.events] == ["worker", "worker"]
    assert not any("\x1b" in text for _, text in heard.events)


def test_one_that_is_lost_is_lost_for_good_unless_it_comes_back() -> None:
    workers = workers_of(expect_workers=3)
    workers.attach(Heard())
    for count, name in enumerate("abc", 1):
        workers.handle(news("joined", name, count))
    workers.handle(news("lost", "a", 2))
    workers.handle(news("lost", "b", 1))
    workers.handle(news("returned", "b", 2))
    workers.handle(news("left", "c", 1))
    assert workers.lost == "lost load worker a"
    workers.watch(10.0, was_asleep=False)
    workers.handle(news("lost", "b", 0))
    workers.watch(11.0, was_asleep=False)
    assert workers.ends_run == ""
    workers.watch(12.5, was_asleep=False)
    assert workers.ends_run == "no load worker is left: lost load workers a, b"


def test_a_run_that_stops_needs_nobody() -> None:
    workers = workers_of(expect_workers=1)
    workers.watch(0.0, was_asleep=False)
    workers.watch(5.0, was_asleep=False)
    workers.handle(news("joined", "a", 1))
    workers.attach(Heard())
    workers.begin_stopping(10.0, 1.0)
    workers.handle(news("left", "a", 0))
    workers.watch(10.5, was_asleep=False)
    workers.watch(15.0, was_asleep=False)
    assert (workers.ends_run, workers.lost) == ("", "")


def test_what_the_master_remarks_on_a_worker_is_said_at_once_and_in_the_outcome() -> None:
    heard = Heard()
    workers = workers_of(heard.log, expect_workers=2)
    workers.handle(news("joined", "a", 1))
    workers.handle(news("joined", "b", 2, "stock", "it has Locust 2.20.1\x1b[2J, and this run 2.47.0"))
    assert workers.warnings == ["load worker b: it has Locust 2.20.1\\x1b[2J, and this run 2.47.0"]
    assert heard.lines == workers.warnings


def test_a_remote_worker_with_the_name_of_a_local_one_is_not_taken_for_it() -> None:
    workers = workers_of(expect_workers=2)
    workers.handle(news("joined", "local-1", 1, "remote"))
    workers.handle(news("lost", "local-1", 0, "remote"))
    assert workers.lost == "lost load worker local-1"


# --- real workers of a real master --------------------------------------------------------------------------------


def events_of(conductor: Conductor, kind: str = "worker") -> list[str]:
    return [event.text for event in RunReader(conductor.folder).record().events if event.kind == kind]


def workers_in(conducted: Conducted) -> LoadWorkers:
    assert conducted.engine is not None
    assert conducted.engine.workers is not None
    return conducted.engine.workers


async def two_load_workers_send_what_the_server_counts(conducted: Conducted, make_plan: Plans, place: Path) -> None:
    talkative = LOCUSTFILE + "\nprint('imported')\n"
    with RunningFaultServer("ok") as server:
        conductor = await conducted.open(make_plan(server.url, talkative, users=4, load_workers=2))
        pids = workers_in(conducted).pids
        outcome = await conductor.run()
        served = server.requests()
    assert (outcome.exit_code, outcome.verdict) == (exit_codes.OK, Verdict.PASSED)
    accounting = outcome.accounting
    assert accounting.started == accounting.succeeded + accounting.failed + accounting.abandoned == served > 40
    joined = [text for text in events_of(conductor) if "joined" in text]
    assert sorted(joined) == ["load worker local-1 joined", "load worker local-2 joined"]
    log = (conductor.folder / "run.log").read_text()
    assert "[local-1] imported" in log
    assert "[local-2] imported" in log
    assert len(pids) == 2
    assert not any(psutil.pid_exists(pid) for pid in pids)
    names = {each.name for shown in conducted.shown for each in shown.load_workers}
    assert names == {"master", "local-1", "local-2"}


async def workers_that_come_die_and_stand_still_are_on_the_timeline_and_in_the_record(
    conducted: Conducted, make_plan: Plans, place: Path
) -> None:
    with RunningFaultServer("ok") as server:
        plan = make_plan(server.url, users=6, load_workers=2, run_time_s=60.0)
        conductor = await conducted.open(plan, Demands(trust=True))
        workers = workers_in(conducted)
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: conducted.requests > 20, "some requests")
        with stock_worker(workers.port, place) as stock:
            await wait_until(
                lambda: users_by_worker(conducted) == [2, 2, 2], "the one that came later to have its part"
            )
            killed, stopped = workers.pids
            os.kill(killed, signal.SIGKILL)
            await wait_until(lambda: len(workers.pids) == 2 and killed not in workers.pids, "another in its place")
            os.kill(stopped, signal.SIGSTOP)
            await wait_until(lambda: "local-2" in workers.lost, "the one that stands still to be lost")
            os.kill(stopped, signal.SIGCONT)
            await wait_until(lambda: users_by_worker(conducted) == [2, 2, 2], "all to be back")
            os.kill(workers.pids[0], signal.SIGKILL)
            await wait_until(lambda: users_by_worker(conducted) == [3, 3], "its users to be with the others")
            conductor.stop("enough", exit_codes.STOPPED_EARLY)
            outcome = await running
            assert await asyncio.to_thread(stock.wait, 10) == 0
        served = server.requests()
    record = RunReader(conductor.folder).record()
    became = {row.name: (row.role, row.lost, row.returned) for row in record.load_workers[1:]}
    stock_name = next(name for name in became if not name.startswith("local"))
    assert became == {"local-1": ("local", 2, 1), "local-2": ("local", 1, 1), stock_name: ("remote", 0, 0)}
    accounting = outcome.accounting
    assert sum(row.requests for row in record.load_workers) == accounting.succeeded
    # All but what the dead ones had not told: at most about a second of two users, twice.
    assert 0 <= served - accounting.started <= 2 * 2 * 20 * 1.5
    assert accounting.started == accounting.succeeded + accounting.failed + accounting.abandoned
    assert [text for text in events_of(conductor) if "died" in text] == [
        "load worker local-1 died, killed by SIGKILL: it is started again",
        "load worker local-1 died, killed by SIGKILL: it is not started again",
    ]
    assert events_of(conductor, "stuck") == [
        "load worker local-2 was stopped from outside (SIGSTOP): none of its users can work"
    ]
    (went_on,) = events_of(conductor, "unstuck")
    assert went_on.startswith("load worker local-2 goes on; it stood still for ")
    assert "load worker local-2 is back" in events_of(conductor)
    assert outcome.exit_code == exit_codes.ENGINE_DIED
    assert outcome.trust is not Trust.OK
    assert outcome.reason == "lost load worker local-1 (killed by SIGKILL)"


@contextmanager
def stock_worker(port: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Locust's own, which takes the locustfile, and the agent, from the master."""
    command = [sys.executable, "-m", "locust", "--worker", "--master-port", str(port), "-f", "-"]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def where_no_worker_is_left_the_run_fails_with_the_reason(
    conducted: Conducted, make_plan: Plans, place: Path
) -> None:
    with RunningFaultServer("ok") as server:
        conductor = await conducted.open(make_plan(server.url, users=2, load_workers=1, run_time_s=60.0))
        workers = workers_in(conducted)
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: conducted.requests > 5, "some requests")
        os.kill(workers.pids[0], signal.SIGKILL)
        await wait_until(lambda: workers.pids and workers.present == 1, "another in its place")
        await wait_until(lambda: "load worker local-1 joined" in events_of(conductor)[1:], "it to have joined")
        os.kill(workers.pids[0], signal.SIGKILL)
        async with asyncio.timeout(15):
            outcome = await running
    assert outcome.exit_code == exit_codes.ENGINE_DIED
    assert outcome.state is RunState.FAILED
    assert outcome.reason == "no load worker is left: lost load worker local-1 (killed by SIGKILL)"


async def one_that_stands_still_at_the_end_is_lost_and_no_fault_of_user_code(
    conducted: Conducted, make_plan: Plans, place: Path
) -> None:
    with RunningFaultServer("ok") as server:
        conductor = await conducted.open(make_plan(server.url, users=2, load_workers=2, run_time_s=60.0))
        workers = workers_in(conducted)
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: conducted.requests > 5, "some requests")
        killed, stopped = workers.pids
        os.kill(killed, signal.SIGKILL)
        os.kill(stopped, signal.SIGSTOP)
        await wait_until(lambda: events_of(conductor, "stuck"), "its state to be seen")
        await wait_until(lambda: "load worker local-1 joined" in events_of(conductor)[2:], "another in its place")
        await wait_until(lambda: conducted.last and "local-2 was stopped from outside" in conducted.last.warning, "it")
        assert conducted.last is not None
        assert conducted.last.trust is not Trust.OK
        conductor.stop("enough", exit_codes.STOPPED_EARLY)
        async with asyncio.timeout(15):
            outcome = await running
        assert workers.pids == []
    assert (outcome.exit_code, outcome.reason) == (exit_codes.STOPPED_EARLY, "enough")
    assert outcome.trust is not Trust.OK
    assert list(outcome.warnings) == [
        "restarted load worker local-1 (killed by SIGKILL)",
        "lost load worker local-2 (stopped from outside (SIGSTOP), and it never went on)",
    ]


async def a_run_that_is_stopped_at_once_still_counts_all_that_its_workers_did(
    conducted: Conducted, make_plan: Plans, place: Path
) -> None:
    patient = LOCUSTFILE.replace("        self", "        import time; time.sleep(0.05)\n        self")
    with RunningFaultServer("ok") as server:
        plan = make_plan(server.url, patient, users=4, load_workers=2, run_time_s=60.0, stop_timeout_s=20.0)
        conductor = await conducted.open(plan)
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: conducted.requests > 20, "some requests")
        conductor.stop("enough", exit_codes.STOPPED_EARLY, now=True)
        outcome = await running
        served = server.requests()
    assert (outcome.exit_code, outcome.reason, outcome.warnings) == (exit_codes.STOPPED_EARLY, "enough", ())
    accounting = outcome.accounting
    assert accounting.succeeded + accounting.abandoned == accounting.started == served


async def an_engine_that_stands_still_is_what_its_workers_end_for_and_no_fault_of_user_code(
    conducted: Conducted, make_plan: Plans, place: Path
) -> None:
    with RunningFaultServer("ok") as server:
        plan = make_plan(server.url, users=2, load_workers=2, run_time_s=60.0, stop_timeout_s=5.0)
        conductor = await conducted.open(plan)
        workers = workers_in(conducted)
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: conducted.requests > 5, "some requests")
        os.kill(conductor.engine_pid, signal.SIGSTOP)
        await wait_until(lambda: workers.load_gone, "its workers to have heard nothing for too long")
        assert conducted.last is not None
        assert conducted.last.warning == "the engine was stopped from outside (SIGSTOP), and stands still"
        os.kill(conductor.engine_pid, signal.SIGCONT)
        async with asyncio.timeout(20):
            outcome = await running
        served = server.requests()
    assert (outcome.exit_code, outcome.state) == (exit_codes.ENGINE_DIED, RunState.FAILED)
    assert re.fullmatch(r"the engine stood still for \d+ s, and its load workers stopped their load", outcome.reason)
    assert outcome.accounting.started == served
    assert not [text for text in events_of(conductor) if "started again" in text.replace("not started again", "")]
    assert events_of(conductor, "stuck") == ["the engine was stopped from outside (SIGSTOP)"]


async def test_workers_without_a_master_end_at_once(
    conducted: Conducted, make_plan: Plans, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Left alone, they would give their master up by themselves, and say so.
    monkeypatch.setattr("perftui.conductor.load_workers._LEAVE_WITHIN_S", 60.0)
    with RunningFaultServer("ok") as server:
        conductor = await conducted.open(make_plan(server.url, users=2, load_workers=2, run_time_s=60.0))
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: conducted.requests > 5, "some requests")
        os.kill(conductor.engine_pid, signal.SIGKILL)
        outcome = await running
    assert (outcome.exit_code, outcome.reason) == (exit_codes.ENGINE_DIED, "the engine died: killed by SIGKILL")
    assert [text for text in events_of(conductor) if "died" in text] == []


def users_by_worker(conducted: Conducted) -> list[int]:
    """Of those that run now, the fewest first."""
    last = conducted.last
    workers = last.load_workers if last is not None else ()
    return sorted(each.user_count for each in workers if each.role != "master" and each.state == "running")


async def test_too_few_in_time_leave_no_load_and_no_folder(conducted: Conducted, make_plan: Plans) -> None:
    with RunningFaultServer("ok") as server:
        plan = make_plan(server.url, load_workers=1, expect_workers=1, max_wait_s=2.0)
        with pytest.raises(PerftuiError, match=r"[01] of 2 load workers came within 2 s: .* `perftui worker --master"):
            await conducted.open(plan)
        assert server.requests() == 0
    assert not conducted.runs_folder.exists()
    assert not psutil.Process().children(recursive=True) or all(
        "bootstrap.py" not in " ".join(each.cmdline()) for each in psutil.Process().children(recursive=True)
    )


async def a_locustfile_that_does_not_load_in_a_worker_is_one_line_with_its_name(
    conducted: Conducted, make_plan: Plans, place: Path
) -> None:
    once = "import os\nif 'seen' in os.listdir('.'): raise KeyError('second')\nopen('seen', 'w').close()\n" + LOCUSTFILE
    with pytest.raises(PerftuiError, match=r"load worker local-1: locustfile.py:2: KeyError: 'second'") as refused:
        await conducted.open(make_plan("http://127.0.0.1:9", once, load_workers=1))
    assert refused.value.exit_code == exit_codes.LOCUSTFILE


async def user_code_that_is_stuck_in_a_worker_is_named_and_does_not_outlive_the_run(
    conducted: Conducted, make_plan: Plans, place: Path
) -> None:
    stuck = LOCUSTFILE.replace(
        "        self", "        if self.environment.runner.user_count: \n            while True: pass\n        self"
    )
    with RunningFaultServer("ok") as server:
        conductor = await conducted.open(make_plan(server.url, stuck, users=2, load_workers=1, run_time_s=60.0))
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: conducted.last is not None and "stuck" in conducted.last.warning, "the warning")
        conductor.stop("enough", exit_codes.STOPPED_EARLY)
        async with asyncio.timeout(15):
            outcome = await running
    assert outcome.exit_code == exit_codes.LOCUSTFILE
    assert "in load worker local-1" in outcome.reason


async def test_real_workers_of_a_real_master(tmp_path: Path) -> None:
    await check_in_places(
        tmp_path,
        workers_that_come_die_and_stand_still_are_on_the_timeline_and_in_the_record,
        one_that_stands_still_at_the_end_is_lost_and_no_fault_of_user_code,
        where_no_worker_is_left_the_run_fails_with_the_reason,
        user_code_that_is_stuck_in_a_worker_is_named_and_does_not_outlive_the_run,
        an_engine_that_stands_still_is_what_its_workers_end_for_and_no_fault_of_user_code,
        two_load_workers_send_what_the_server_counts,
        a_run_that_is_stopped_at_once_still_counts_all_that_its_workers_did,
        a_locustfile_that_does_not_load_in_a_worker_is_one_line_with_its_name,
    )
