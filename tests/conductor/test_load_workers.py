"""Load workers from the conductor's side: who has to come, what their master says of them, who is lost for good."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
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
from perftui.model.plan import AUTO_LOAD_WORKERS, Profile, RunPlan
from perftui.model.record import Demands, Verdict
from perftui.store.reader import RunReader
from perftui.wire.messages import Logged, MasterSettings, WorkerNews
from tests.conductor.conftest import Conducted
from tests.fakes.command import LOCUSTFILE
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_until

Plans = Callable[..., RunPlan]

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


def workers_of(**profile: Any) -> LoadWorkers:
    asked = Profile("quick", **profile)
    settings = master_settings(asked)
    assert settings is not None
    return LoadWorkers(asked, settings, settings.port or PORT, WorkerVoice(lambda _: None))


def news(
    kind: Literal["joined", "lost", "returned", "left"],
    name: str,
    workers: int,
    role: Literal["local", "remote", "stock"] = "remote",
) -> WorkerNews:
    return WorkerNews(kind, name, "a-host", role, workers, f"{name} {kind}")


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


def test_a_plain_locust_worker_is_marked_as_less_exact() -> None:
    workers = workers_of(expect_workers=2)
    workers.handle(news("joined", "a", 1))
    workers.handle(news("joined", "b", 2, "stock"))
    assert workers.warnings == [
        "load worker b is plain Locust: its times are Locust's own, rounded to two digits (within 5 %)"
    ]


# --- real workers of a real master --------------------------------------------------------------------------------


def events_of(conductor: Conductor, kind: str = "worker") -> list[str]:
    return [event.text for event in RunReader(conductor.folder).record().events if event.kind == kind]


def workers_in(conducted: Conducted) -> LoadWorkers:
    assert conducted.engine is not None
    assert conducted.engine.workers is not None
    return conducted.engine.workers


async def test_two_load_workers_send_what_the_server_counts(conducted: Conducted, make_plan: Plans) -> None:
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


async def test_a_load_worker_that_dies_is_started_once_more_and_a_second_death_limits_the_trust(
    conducted: Conducted, make_plan: Plans
) -> None:
    with RunningFaultServer("ok") as server:
        plan = make_plan(server.url, users=4, load_workers=2, run_time_s=60.0)
        conductor = await conducted.open(plan, Demands(trust=True))
        workers = workers_in(conducted)
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: conducted.requests > 20, "some requests")
        os.kill(workers.pids[0], signal.SIGKILL)
        await wait_until(lambda: "load worker local-1 joined" in events_of(conductor)[2:], "another in its place")
        await wait_until(lambda: users_by_worker(conducted) == [2, 2], "the users to be back")
        os.kill(workers.pids[0], signal.SIGKILL)
        await wait_until(lambda: users_by_worker(conducted)[-1:] == [4], "the users to be with the other")
        conductor.stop("enough", exit_codes.STOPPED_EARLY)
        outcome = await running
    died = [text for text in events_of(conductor) if "died" in text]
    assert died == [
        "load worker local-1 died, killed by SIGKILL: it is started again",
        "load worker local-1 died, killed by SIGKILL: it is not started again",
    ]
    assert outcome.exit_code == exit_codes.ENGINE_DIED
    assert outcome.trust is not Trust.OK
    assert outcome.reason == "lost load worker local-1 (killed by SIGKILL)"
    accounting = outcome.accounting
    assert accounting.started == accounting.succeeded + accounting.failed + accounting.abandoned


def users_by_worker(conducted: Conducted) -> list[int]:
    """Of those that run now, the fewest first."""
    last = conducted.last
    workers = last.load_workers if last is not None else ()
    return sorted(each.user_count for each in workers if each.role != "master" and each.state == "running")


async def test_too_few_in_time_leave_no_load_and_no_folder(conducted: Conducted, make_plan: Plans) -> None:
    with RunningFaultServer("ok") as server:
        plan = make_plan(server.url, load_workers=1, expect_workers=1, max_wait_s=3.0)
        with pytest.raises(PerftuiError, match=r"1 of 2 load workers came within 3 s: .* `perftui worker --master"):
            await conducted.open(plan)
        assert server.requests() == 0
    assert not conducted.runs_folder.exists()
    assert not psutil.Process().children(recursive=True) or all(
        "bootstrap.py" not in " ".join(each.cmdline()) for each in psutil.Process().children(recursive=True)
    )


async def test_a_locustfile_that_does_not_load_in_a_worker_is_one_line_with_its_name(
    conducted: Conducted, make_plan: Plans
) -> None:
    once = "import os\nif 'seen' in os.listdir('.'): raise KeyError('second')\nopen('seen', 'w').close()\n" + LOCUSTFILE
    with pytest.raises(PerftuiError, match=r"load worker local-1: locustfile.py:2: KeyError: 'second'") as refused:
        await conducted.open(make_plan("http://127.0.0.1:9", once, load_workers=1))
    assert refused.value.exit_code == exit_codes.LOCUSTFILE


async def test_user_code_that_is_stuck_in_a_worker_is_named_and_does_not_outlive_the_run(
    conducted: Conducted, make_plan: Plans
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
