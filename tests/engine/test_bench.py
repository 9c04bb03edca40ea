"""Each task alone, in a real engine: what is timed, what fails, what hangs, and in which order tasks are called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from perftui.wire.messages import Benched, BenchPlanned, BenchSettings, Configure, Loaded, Logged, Start, Stop
from tests.engine.conftest import EngineProcess, Target

Write = Callable[[str], Path]


def settings(rounds: int | None = 6, max_time_s: float | None = None, **changes: Any) -> BenchSettings:
    return BenchSettings(rounds, max_time_s, changes.get("hung_after_s", 10.0), changes.get("max_rps"))


def benched(
    engine: EngineProcess, configure: Callable[..., Configure], path: Path, target: Target, **changes: Any
) -> dict[str, Benched]:
    """The last message of each task by name, with all its times."""
    bench = changes.pop("bench", settings())
    engine.run(configure(path, mode="bench", host=target.url, bench=bench, **changes))
    return gathered(engine)


def gathered(engine: EngineProcess) -> dict[str, Benched]:
    found: dict[str, Benched] = {}
    for each in engine.all(Benched):
        name = f"{each.user_class}.{each.task}"
        before = found[name].times_s if name in found else ()
        found[name] = Benched(
            each.user_class, each.task, before + each.times_s, each.failed, each.failure, each.given_up, each.is_last
        )
    assert all(each.is_last for each in found.values())
    return found


TWO_CLASSES = """
class Shop(HttpUser):
    wait_time = constant(60)
    host = "http://unused.test"

    def on_start(self):
        self.client.get("/start")

    def on_stop(self):
        self.client.get("/stop")

    @task(9)
    def quick(self):
        self.client.get("/quick")

    @tag("slow")
    @task
    def slow(self):
        self.client.get("/slow/30")

class Fast(FastHttpUser):
    @task
    def front(self):
        self.client.get("/front")
"""


def test_every_task_is_called_alone_without_wait_and_timed_as_a_whole(
    engine: EngineProcess, configure: Callable[..., Configure], locustfile: Write, target: Target
) -> None:
    found = benched(engine, configure, locustfile(TWO_CLASSES), target)
    assert engine.all(BenchPlanned)[0].tasks == (("Shop", "quick"), ("Shop", "slow"), ("Fast", "front"))
    assert list(found) == ["Shop.quick", "Shop.slow", "Fast.front"]
    assert {len(each.times_s) for each in found.values()} == {6}
    assert min(found["Shop.slow"].times_s) >= 0.03 > min(found["Shop.quick"].times_s) > 0
    assert not any(each.failed or each.given_up for each in found.values())
    # The warm-up comes on top: five rounds, or as many as begin in half a second.
    assert target.requests["/quick"] == 11
    assert target.requests["/start"] == target.requests["/stop"] == 1
    assert engine.ended.hook_raised is None


def test_tags_and_classes_choose_what_is_measured(
    engine: EngineProcess, configure: Callable[..., Configure], locustfile: Write, target: Target
) -> None:
    found = benched(engine, configure, locustfile(TWO_CLASSES), target, user_classes=("Shop",), tags=("slow",))
    assert list(found) == ["Shop.slow"]
    assert not target.requests["/front"] + target.requests["/quick"]


NESTED = """
calls = []

class Inner(TaskSet):
    def on_start(self):
        self.client.get("/inner/start")

    @task
    def read(self):
        self.client.get("/inner/read")

    @task
    def leave(self):
        self.interrupt()

class Order(SequentialTaskSet):
    def on_start(self):
        self.basket = None

    @task
    def create(self):
        self.basket = "full"
        self.client.get("/create")

    @task
    def delete(self):
        assert self.basket == "full", "nothing to delete"
        self.basket = None
        self.client.get("/delete")
        self.interrupt()

class Shop(HttpUser):
    tasks = [Inner, Order]
"""


def test_a_sequence_is_called_in_turn_and_what_interrupts_is_entered_anew(
    engine: EngineProcess, configure: Callable[..., Configure], locustfile: Write, target: Target
) -> None:
    found = benched(engine, configure, locustfile(NESTED), target)
    assert list(found) == ["Shop.Inner.read", "Shop.Inner.leave", "Shop.Order.create", "Shop.Order.delete"]
    assert {name: (len(each.times_s), each.failure) for name, each in found.items()} == dict.fromkeys(found, (6, ""))
    # Once for all rounds of what does not interrupt, and again after each interrupt but the last.
    assert target.requests["/inner/start"] == 11


FAILING = """
rounds = 0

class Shop(HttpUser):
    @task
    def half(self):
        global rounds
        rounds += 1
        self.client.get("/" if rounds % 2 else "/status/500")

    @task
    def never(self):
        self.client.get("/status/404")

    @task
    def raises(self):
        raise KeyError("token")

    @task
    def fine(self):
        self.client.get("/fine")
"""


def test_failed_rounds_are_counted_and_in_no_statistics(
    engine: EngineProcess, configure: Callable[..., Configure], locustfile: Write, target: Target
) -> None:
    found = benched(engine, configure, locustfile(FAILING), target, bench=settings(20))
    half = found["Shop.half"]
    assert (len(half.times_s), half.failed) == (10, 12)
    assert half.failure.startswith("GET /status/500: HTTPError('500 Server Error")
    never = found["Shop.never"]
    assert (never.times_s, never.failed) == ((), 10)
    assert never.given_up == "none of its first 10 rounds succeeded"
    assert target.requests["/status/404"] == 10
    raises = found["Shop.raises"]
    assert raises.failure == "locustfile.py:18: KeyError: 'token'"
    assert len(found["Shop.fine"].times_s) == 20


HANGING = """
class Shop(HttpUser):
    def on_start(self):
        self.client.get("/start")

    @task
    def hangs(self):
        self.client.get("/hang")

    @task
    def fine(self):
        self.client.get("/fine")
"""


def test_a_task_that_hangs_is_given_up_with_its_line_and_the_others_get_a_new_user(
    engine: EngineProcess, configure: Callable[..., Configure], locustfile: Write, target: Target
) -> None:
    found = benched(engine, configure, locustfile(HANGING), target, bench=settings(hung_after_s=0.5))
    hangs = found["Shop.hangs"]
    assert hangs.times_s == ()
    assert hangs.given_up == "a round was not over after 0.5 s, at locustfile.py:9 in hangs"
    assert len(found["Shop.fine"].times_s) == 6
    assert target.requests["/start"] == 2


def test_a_task_that_cannot_be_ended_ends_the_bench(
    engine: EngineProcess, configure: Callable[..., Configure], locustfile: Write, target: Target
) -> None:
    text = """
import gevent

class Shop(User):
    @task
    def stubborn(self):
        while True:
            try:
                gevent.sleep(60)
            except BaseException:
                pass

    @task
    def unreached(self):
        pass
"""
    found = benched(engine, configure, locustfile(text), target, bench=settings(hung_after_s=0.3))
    assert list(found) == ["Shop.stubborn"]
    assert found["Shop.stubborn"].given_up == "a round was not over after 0.3 s, at locustfile.py:10 in stubborn"
    assert engine.fault == f"{found['Shop.stubborn'].given_up}, and cannot be ended"


def test_a_user_that_cannot_start_costs_its_own_tasks_only(
    engine: EngineProcess, configure: Callable[..., Configure], locustfile: Write, target: Target
) -> None:
    broken = """
class Broken(HttpUser):
    def on_start(self):
        raise ValueError("no token")

    @task
    def read(self):
        self.client.get("/read")
"""
    found = benched(engine, configure, locustfile(TWO_CLASSES + broken), target, bench=settings(2))
    assert found["Broken.read"].given_up == "on_start of Broken failed: locustfile.py:29: ValueError: no token"
    assert not target.requests["/read"]
    assert len(found["Shop.quick"].times_s) == 2


def test_max_time_ends_the_rounds_but_not_before_five(
    engine: EngineProcess, configure: Callable[..., Configure], locustfile: Write, target: Target
) -> None:
    bench = settings(None, 0.05)
    found = benched(engine, configure, locustfile(TWO_CLASSES), target, bench=bench)
    assert len(found["Shop.slow"].times_s) == 5
    assert len(found["Shop.quick"].times_s) >= 5


def test_a_task_without_any_wait_lets_a_stop_through(
    engine: EngineProcess, configure: Callable[..., Configure], locustfile: Write, target: Target
) -> None:
    path = locustfile("class Busy(User):\n    @task\n    def spin(self):\n        sum(range(100))\n")
    engine.send(configure(path, mode="bench", bench=settings(None, 60.0)))
    engine.wait_message(Loaded)
    engine.send(Start())
    engine.wait_for(lambda: any(beat.phase == "running" for beat in engine.beats))
    engine.send(Stop())
    engine.wait_end()
    assert gathered(engine)["Busy.spin"].times_s
    assert engine.ended.exit_code is None


def test_pauses_keep_the_rate_that_the_target_allows_and_are_in_no_time(
    engine: EngineProcess, configure: Callable[..., Configure], locustfile: Write, target: Target
) -> None:
    path = locustfile("class Shop(HttpUser):\n    @task\n    def read(self):\n        self.client.get('/read')\n")
    found = benched(engine, configure, path, target, bench=settings(None, 0.5, max_rps=20.0))
    # Half a second of warm-up at most, and as long of rounds.
    assert target.requests["/read"] <= 21
    assert max(found["Shop.read"].times_s) < 0.05


def test_runner_quit_and_sys_exit_end_the_bench_and_keep_what_was_measured(
    engine: EngineProcess, configure: Callable[..., Configure], locustfile: Write, target: Target
) -> None:
    text = """
class Shop(HttpUser):
    @task
    def read(self):
        self.client.get("/read")

    @task
    def leave(self):
        raise SystemExit(3)

    @task
    def unreached(self):
        self.client.get("/unreached")
"""
    found = benched(engine, configure, locustfile(text), target)
    assert len(found["Shop.read"].times_s) == 6
    assert "called sys.exit(3)" in engine.fault
    assert not target.requests["/unreached"]


def test_what_a_failing_on_start_says_is_said(
    engine: EngineProcess, configure: Callable[..., Configure], locustfile: Write, target: Target
) -> None:
    text = TWO_CLASSES.replace("/start", "/status/401")
    benched(engine, configure, locustfile(text), target, bench=settings(1))
    assert any("on_start of Shop: GET /status/401" in each.text for each in engine.all(Logged))
