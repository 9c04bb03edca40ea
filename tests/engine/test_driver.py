"""What the load follows, and what orders change of it while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perftui.model.control import Order
from perftui.model.plan import Stage
from perftui.wire.messages import Control, LoadChanged, Loaded, Obeyed, Start, Stopping, Ticked
from tests.engine.conftest import Place, check_in_places, configure

IDLE = """
class Idle(User):
    wait_time = constant(0.5)
    @task
    def t(self): pass
class Other(Idle): pass
"""
SHAPE = """
class Steps(LoadTestShape):
    use_common_options = True
    def tick(self):
        at_s = self.get_run_time()
        if at_s < 0.5: return 40, 10
        if at_s < 2.5: return 6, 100, [Other]
        return None
class Another(LoadTestShape):
    def tick(self): return None
"""


def ask(engine: Any, number: int, order: Order) -> str:
    engine.send(Control(number, order))
    obeyed: Obeyed = engine.wait_for(lambda: next((each for each in engine.all(Obeyed) if each.number == number), None))
    return obeyed.refused


def start(engine: Any, asked: Any) -> None:
    engine.send(asked)
    engine.wait_message(Loaded)
    engine.send(Start())


def users_at(engine: Any) -> list[int]:
    return [ticked.tick.user_count for ticked in engine.all(Ticked)]


def texts(engine: Any) -> list[str]:
    return [change.text for change in engine.all(LoadChanged) if change.text]


def reasons(engine: Any) -> list[str]:
    return [stopping.reason for stopping in engine.all(Stopping)]


def stages_ramp_hold_and_end_the_run(place: Place) -> None:
    engine: Any = place.start_engine()
    locustfile = place.locustfile
    stages = (
        Stage(users=20, for_s=2.0),
        Stage(users=30, spawn_rate=20.0, hold_s=1.0),
        Stage(users=4, spawn_rate=100.0, for_s=1.0),
    )
    # Whoever asks for stages does not get a load shape that happens to be in the file.
    engine.run(configure(locustfile(IDLE + SHAPE), stages=stages))
    loaded = engine.wait_message(Loaded)
    assert loaded.shape is None
    assert loaded.warnings == ("not used: load shapes Steps, Another of the locustfile; the stages go before it",)
    assert texts(engine) == [
        "stage 1 of 3: 20 users within 2 s",
        "stage 2 of 3: 30 users at 20/s",
        "stage 3 of 3: 4 users at 100/s",
    ]
    assert reasons(engine) == ["shape_ended"]
    changes = engine.all(LoadChanged)[1:]
    at_s = [change.elapsed_s for change in changes]
    # The hold of the second counts from when its 10 users more were there, half a second after it began.
    assert at_s == pytest.approx([0.0, 2.0, 3.5], abs=0.3)
    ends = [tick.elapsed_s for tick in (ticked.tick for ticked in engine.all(Ticked))]
    assert ends[-1] == pytest.approx(4.5, abs=0.5)
    counts = users_at(engine)
    assert counts[0] == pytest.approx(10, abs=3)
    assert max(counts) == 30
    assert [(change.control.stage, change.control.stages) for change in changes] == [(1, 3), (2, 3), (3, 3)]


def orders_take_stages_over_and_hand_them_back_where_their_clock_is(place: Place) -> None:
    engine: Any = place.start_engine()
    locustfile = place.locustfile
    stages = (Stage(users=3, spawn_rate=100.0, for_s=1.5), Stage(users=8, spawn_rate=100.0, for_s=2.0))
    start(engine, configure(locustfile(IDLE), stages=stages))
    engine.wait_for(lambda: texts(engine))
    assert ask(engine, 1, Order("set", users=12, spawn_rate=200.0)) == ""
    engine.wait_for(lambda: 12 in users_at(engine))
    # The second stage begins, and the hand stays.
    engine.wait_for(lambda: len(texts(engine)) == 2)
    assert engine.all(LoadChanged)[-1].control.follows == "hand"
    assert ask(engine, 2, Order("hand_back")) == ""
    engine.wait_for(lambda: users_at(engine)[-1] == 8)
    engine.wait_end()
    assert reasons(engine) == ["shape_ended"]
    assert engine.all(Ticked)[-1].tick.elapsed_s == pytest.approx(3.5, abs=0.5)
    controls = [change.control for change in engine.all(LoadChanged)[1:]]
    assert [control.follows for control in controls] == ["stages", "hand", "hand", "stages"]
    assert (controls[1].users, controls[3].users) == (12, 8)


def orders_that_cannot_be_say_why(place: Place) -> None:
    engine: Any = place.start_engine()
    locustfile = place.locustfile
    start(engine, configure(locustfile(IDLE), users=2))
    engine.wait_message(Ticked)
    orders = [
        Order("set"),
        Order("set", rate_per_s=10.0),
        Order("set", users=-1),
        Order("set", users=3, spawn_rate=0.0),
        Order("resume"),
        Order("hand_back"),
    ]
    assert [ask(engine, number, order) for number, order in enumerate(orders)] == [
        "nothing to change was given",
        "this load has users and no arrival rate",
        "users are 0 to 1,000,000",
        "the spawn rate has to be above 0, and at most 10,000/s",
        "it is not paused",
        "it follows the profile already",
    ]
    assert ask(engine, 9, Order("set", users=0)) == ""
    engine.wait_for(lambda: users_at(engine)[-1] == 0)
    assert ask(engine, 10, Order("hand_back")) == ""
    engine.wait_for(lambda: users_at(engine)[-1] == 2)
    assert not engine.faults


def a_shape_is_asked_every_second_though_its_users_come_slowly(place: Place) -> None:
    """Under Locust's own master the ramp of 4 s would swallow what the shape asks for meanwhile."""
    engine: Any = place.start_engine()
    locustfile = place.locustfile
    engine.run(configure(locustfile(IDLE + SHAPE), load_shape="Steps"))
    assert engine.wait_message(Loaded).shape == "Steps"
    controls = [change.control for change in engine.all(LoadChanged)[1:]]
    assert [(control.follows, control.users, control.spawn_rate) for control in controls] == [
        ("shape", 40, 10.0), ("shape", 6, 100.0),
    ]  # fmt: skip
    assert users_at(engine)[1] == 6
    assert reasons(engine) == ["shape_ended"]
    assert engine.all(Ticked)[-1].tick.elapsed_s == pytest.approx(3.0, abs=0.5)


def test_a_rate_goes_before_a_shape_and_its_time_counts_from_when_its_users_are_there(
    engine: Any, locustfile: Any, configure: Any
) -> None:
    engine.run(configure(locustfile(IDLE + SHAPE), rate_per_s=100.0, max_users=20, run_time_s=1.0))
    (said,) = engine.wait_message(Loaded).warnings
    assert said == "not used: load shapes Steps, Another of the locustfile; the arrival rate goes before it"
    assert reasons(engine) == ["run_time"]
    assert sum(ticked.tick.arrivals.scheduled for ticked in engine.all(Ticked)) == pytest.approx(100, abs=3)


def test_an_unknown_shape_is_named_with_the_nearest(engine: Any, locustfile: Any, configure: Any) -> None:
    engine.run(configure(locustfile(IDLE + SHAPE), load_shape="Stepps"))
    assert engine.fault == "no load shape Stepps in locustfile.py. Did you mean Steps?"


@pytest.mark.parametrize(
    ("returned", "said"),
    [("(1/0, 1)", "locustfile.py:9"), ("(-5, 1)", "locustfile.py:9: Odd.tick() gave -5 users")],
)
def test_a_shape_that_raises_or_answers_nonsense_is_the_locustfiles_fault(
    returned: str, said: str, engine: Any, locustfile: Any, configure: Any
) -> None:
    engine.run(configure(locustfile(IDLE + f"class Odd(LoadTestShape):\n    def tick(self): return {returned}\n")))
    assert engine.fault.startswith(said)
    assert engine.faults[0].kind == "locustfile"


def the_rate_follows_orders_and_stages(place: Place) -> None:
    engine: Any = place.start_engine()
    locustfile = place.locustfile
    stages = (Stage(rate_per_s=100.0, for_s=2.0), Stage(rate_per_s=20.0, hold_s=2.0))
    path = locustfile(IDLE)
    start(engine, configure(path, stages=stages, max_users=5))
    engine.wait_for(lambda: len(texts(engine)) == 2)
    assert texts(engine) == ["stage 1 of 2: 100/s within 2 s", "stage 2 of 2: 20/s"]
    assert ask(engine, 1, Order("set", rate_per_s=200.0)) == ""
    count = len(engine.all(Ticked))
    engine.wait_for(lambda: len(engine.all(Ticked)) >= count + 2)
    assert engine.all(Ticked)[-1].tick.arrivals.started == pytest.approx(200, rel=0.08)
    engine.wait_end()
    ticks = [ticked.tick for ticked in engine.all(Ticked)]
    # 0 to 100/s within 2 s are 100 arrivals.
    first = sum(tick.arrivals.scheduled for tick in ticks if tick.elapsed_s < 2.02)
    assert first == pytest.approx(100, abs=20)
    assert reasons(engine) == ["shape_ended"]
    assert engine.all(LoadChanged)[-1].control.rate_per_s == 200.0


SLOW_START = """
import time
@events.test_start.add_listener
def prepare(**_):
    print("PREPARING", flush=True)
    time.sleep(1)
    print("PREPARED", flush=True)
"""


def an_order_waits_for_listeners_of_test_start_and_there_is_one_test(place: Place) -> None:
    engine: Any = place.start_engine()
    locustfile = place.locustfile
    start(engine, configure(locustfile(IDLE + SLOW_START), users=2))
    engine.wait_for(lambda: "PREPARING" in engine.output)
    assert ask(engine, 1, Order("set", users=5)) == ""
    engine.wait_for(lambda: 5 in users_at(engine))
    assert engine.output.split() == ["PREPARING", "PREPARED"]


PYTEST_USER = """
def test_one(fastsession): fastsession.get("/one")
def test_two(fastsession): fastsession.get("/two")
"""


def functions_of_a_pytest_file_pause_and_take_arrivals(place: Place) -> None:
    engine: Any = place.start_engine()
    target = place.target
    path = place.folder / "test_shop.py"
    path.write_text(PYTEST_USER)
    start(engine, configure(path, host=target.url, rate_per_s=50.0, max_users=4, run_time_s=2.2))
    engine.wait_message(Ticked)
    assert ask(engine, 1, Order("pause")) == ""
    assert ask(engine, 2, Order("resume")) == ""
    engine.wait_end()
    ticks = [ticked.tick for ticked in engine.all(Ticked)]
    started = sum(tick.arrivals.started for tick in ticks)
    assert started == pytest.approx(110, abs=15)
    assert target.requests.total() == started
    assert abs(target.requests["/one"] - target.requests["/two"]) <= 8


def test_the_load_follows_stages_shapes_and_orders(tmp_path: Path) -> None:
    check_in_places(
        tmp_path,
        stages_ramp_hold_and_end_the_run,
        orders_take_stages_over_and_hand_them_back_where_their_clock_is,
        orders_that_cannot_be_say_why,
        a_shape_is_asked_every_second_though_its_users_come_slowly,
        the_rate_follows_orders_and_stages,
        an_order_waits_for_listeners_of_test_start_and_there_is_one_test,
        functions_of_a_pytest_file_pause_and_take_arrivals,
        at_a_time=4,
    )
