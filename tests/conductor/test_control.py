"""Orders to a load: who is answered what and by when, what everybody sees of it, and what a pause does to a run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from perftui import exit_codes
from perftui.conductor import control as control_module
from perftui.conductor.announcer import Announcer
from perftui.conductor.control import MAX_PAUSE_S, MAX_WAITING_ORDERS, Orders, refusal_of_order
from perftui.conductor.run_clock import RunClock
from perftui.conductor.viewers import Viewers
from perftui.model.control import LoadControl, Order
from perftui.model.control_text import ANSWER_WITHIN_S
from perftui.model.plan import Profile, RunPlan, Scenario, Target
from perftui.model.run_state import RunState
from perftui.store.reader import RunReader
from perftui.store.writer import RunWriter
from perftui.wire.client import RunClient
from perftui.wire.messages import Control, ControlRun, LoadChanged, Obeyed
from tests.conductor.conftest import Conducted
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_until

TARGET = Target("stage", "http://127.0.0.1:1", max_users=500, max_rps=300.0)
USERS = LoadControl("profile", 100, 10.0)
STAGES = LoadControl("stages", 100, 10.0, stage=1, stages=2)
RATE = LoadControl("profile", 80, 80.0, rate_per_s=100.0)


@dataclass
class Ordered:
    """Orders of a run that goes on; the engine is what this test says, the clock what it sets."""

    writer: RunWriter
    now_s: float = 100.0
    sent: list[Control] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = RunClock(lambda: self.now_s)
        viewers = Viewers(self.writer.folder, self.writer.run_id, lambda _: None)
        say = Announcer(self.writer, viewers, self.clock.elapsed_s, lambda _: None, lambda _: None)
        self.orders = Orders(TARGET, self.clock, say, self.sent.append, lambda: self.now_s)
        self.clock.begin()
        self.changed(USERS)

    def ask(self, order: Order, by: str = "ann", state: RunState = RunState.RUNNING) -> None:
        self.orders.ask(ControlRun(7, order, by), lambda refused: self.answers.append((by, refused)), state)

    def changed(self, control: LoadControl, text: str = "") -> None:
        self.orders.follow(LoadChanged(control, self.clock.elapsed_s(), text))

    def obeyed(self, refused: str = "") -> None:
        self.orders.obeyed(Obeyed(self.sent[-1].number, refused))

    @property
    def events(self) -> list[tuple[float, str, str]]:
        events = RunReader(self.writer.folder).events()
        return [(event.elapsed_s, event.text, event.by) for event in events if event.kind == "load"]


@pytest.fixture
def ordered(tmp_path: Path) -> Iterator[Ordered]:
    plan = RunPlan(Profile("quick"), TARGET, Scenario("shop", ("locustfile.py",)), str(tmp_path))
    writer = RunWriter.create(tmp_path / "runs", plan, started_at=datetime.now(UTC), environment={})
    yield Ordered(writer)
    writer.close()


def test_the_engine_has_one_order_at_a_time_and_each_change_has_its_author(ordered: Ordered) -> None:
    ordered.ask(Order("set", users=200), "ann")
    ordered.ask(Order("set", users=300), "bob\x1b[2J")
    ordered.ask(Order("pause"), "cleo")
    ordered.ask(Order("pause"), "dan")
    assert [each.order.users for each in ordered.sent] == [200]
    ordered.now_s += 1
    ordered.changed(replace(USERS, follows="hand", users=200))
    ordered.obeyed()
    ordered.changed(replace(USERS, follows="hand", users=300))
    ordered.obeyed("")
    ordered.changed(replace(USERS, follows="hand", users=300, is_paused=True))
    ordered.obeyed()
    assert ordered.answers == [("ann", ""), ("bob\x1b[2J", ""), ("cleo", ""), ("dan", "the load is paused already")]
    assert ordered.events == [
        (1.0, "users 100 -> 200 at 10/s", "ann"),
        (1.0, "users 200 -> 300 at 10/s", "bob\\x1b[2J"),
        (1.0, "paused", "cleo"),
    ]


def test_stages_and_shapes_are_nobodys_order_and_a_refusal_of_the_engine_is_passed_on(ordered: Ordered) -> None:
    ordered.ask(Order("set", users=200))
    ordered.changed(STAGES, "stage 1 of 2: 100 users at 10/s")
    ordered.obeyed("1 worker is plain\nLocust and cannot")
    ordered.changed(replace(STAGES, follows="hand", stage=2), "stage 2 of 2: 50 users at 10/s")
    # A shape's own steps: as many as it likes.
    ordered.changed(LoadControl("shape", 10, 10.0))
    ordered.changed(LoadControl("shape", 20, 10.0))
    assert ordered.events == [
        (0.0, "stage 1 of 2: 100 users at 10/s", ""),
        (0.0, "stage 2 of 2: 50 users at 10/s, not followed: the load is in somebody's hand", ""),
        (0.0, "handed back to the load shape: users 100 -> 10 at 10/s", ""),
    ]
    assert ordered.answers == [("ann", "1 worker is plain\\nLocust and cannot")]


def test_an_engine_that_says_nothing_costs_nobody_more_than_the_bound(ordered: Ordered) -> None:
    ordered.ask(Order("set", users=200), "ann")
    for _ in range(MAX_WAITING_ORDERS + 1):
        ordered.ask(Order("set", users=300), "bob")
    assert ordered.answers == [("bob", "16 orders wait already")]
    ordered.answers.clear()
    ordered.now_s += ANSWER_WITHIN_S
    ordered.orders.note_time()
    assert ordered.answers[0] == ("ann", "the engine did not answer within 5 s, and may still do it")
    assert ordered.answers[1:] == [("bob", "the engine did not answer within 5 s")] * MAX_WAITING_ORDERS
    # It does, late: the change is hers who asked for it, and nobody is answered twice.
    ordered.ask(Order("set", users=400), "cleo")
    assert len(ordered.sent) == 1
    ordered.changed(replace(USERS, follows="hand", users=200))
    ordered.obeyed()
    assert ordered.events == [(5.0, "users 100 -> 200 at 10/s", "ann")]
    assert [each.order.users for each in ordered.sent] == [200, 400]
    assert len(ordered.answers) == 1 + MAX_WAITING_ORDERS


def test_the_clock_stands_while_paused_and_a_pause_ends_some_time(ordered: Ordered) -> None:
    ordered.now_s += 10
    ordered.ask(Order("pause"), "ann")
    ordered.changed(replace(USERS, is_paused=True))
    ordered.obeyed()
    ordered.now_s += 42
    assert ordered.clock.elapsed_s() == 10.0
    assert ordered.orders.pause_overdue() == ""
    ordered.ask(Order("resume"), "bob")
    ordered.changed(USERS)
    ordered.obeyed()
    ordered.now_s += 1
    assert ordered.clock.elapsed_s() == 11.0
    # What landed in those seconds is in the next tick, which must not look like a burst.
    assert (ordered.clock.take_paused_s(), ordered.clock.take_paused_s()) == (42.0, 0.0)
    ordered.changed(replace(USERS, is_paused=True))
    ordered.now_s += MAX_PAUSE_S
    assert ordered.orders.pause_overdue() == "the load was paused for 30m, and nobody resumed it"
    ordered.orders.close(RunState.STOPPING)
    assert [text for _, text, _ in ordered.events] == [
        "paused",
        "resumed after 42s, which are in no number",
        "paused",
        "a pause of 30m ends with the run, and is in no number",
    ]


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (RunState.LOADING, "the test has not started yet"),
        (RunState.STOPPING, "the run is stopping"),
        (RunState.SEALING, "the run is over"),
        (RunState.FINISHED, "the run is over"),
    ],
)
def test_a_run_without_load_refuses_and_a_run_that_ends_answers_all(
    ordered: Ordered, state: RunState, why: str
) -> None:
    ordered.ask(Order("pause"), state=state)
    assert ordered.answers == [("ann", why)]
    ordered.ask(Order("pause"), "bob")
    ordered.ask(Order("pause"), "cleo")
    ordered.orders.close(RunState.STOPPING)
    assert ordered.answers[1:] == [("bob", "the run is stopping"), ("cleo", "the run is stopping")]


@pytest.mark.parametrize(
    ("order", "control", "why"),
    [
        (Order("pause"), None, "the test has not started yet"),
        (Order("resume"), USERS, "the load is not paused"),
        (Order("hand_back"), STAGES, "nobody has taken the load over, so it cannot be handed back"),
        (Order("set"), USERS, "nothing is asked: name users, a spawn rate or a rate"),
        (Order("set", users=100), USERS, "nothing to change: it is 100 users at 10/s already"),
        (Order("set", rate_per_s=100.0), RATE, "nothing to change: it is a rate of 100/s already"),
        (Order("set", users=100), STAGES, ""),
        (Order("set", users=9), RATE, "the load of this run is an arrival rate: ask for a rate, not for users"),
        (Order("set", spawn_rate=9.0), RATE, "the load of this run is an arrival rate: ask for a rate, not for users"),
        (Order("set", rate_per_s=9.0), USERS, "the load of this run is users, not an arrival rate: ask for users"),
        (Order("set", users=-1), USERS, "users are 0 to 1,000,000"),
        (
            Order("set", spawn_rate=float("nan")),
            USERS,
            "a spawn rate is more than 0/s, and at most 10,000/s; to let no user work, pause",
        ),
        (
            Order("set", rate_per_s=0.0),
            RATE,
            "a rate is more than 0/s, and at most 1,000,000/s; to let no user work, pause",
        ),
        (Order("set", users=501), USERS, "target stage does not allow this: 501 users asked, max_users is 500"),
        (Order("set", users=500), USERS, ""),
        (Order("set", rate_per_s=300.0), RATE, ""),
    ],
)  # fmt: skip
def test_what_cannot_be_obeyed_is_refused_in_one_line(order: Order, control: LoadControl | None, why: str) -> None:
    assert refusal_of_order(order, control, TARGET) == why


def test_a_rate_beyond_the_target_is_refused(ordered: Ordered) -> None:
    ordered.changed(RATE)
    ordered.ask(Order("set", rate_per_s=301.0))
    assert ordered.sent == []
    assert "max_rps is 300" in ordered.answers[0][1]


async def test_two_viewers_change_a_run_that_is_paused_and_stopped_for_it(
    conducted: Conducted, make_plan: Callable[..., RunPlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    with RunningFaultServer("ok") as server:
        conductor = await conducted.open(make_plan(server.url, run_time_s=60.0, target={"max_users": 8}))
        ann, bob = [await asyncio.to_thread(RunClient.connect, conductor.viewers.path) for _ in range(2)]
        assert ann is not None
        assert bob is not None
        # Given before the engine said what drives the load.
        assert await asyncio.to_thread(ann.control, Order("pause"), "ann") == "the test has not started yet"
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: conducted.requests > 5, "some requests")

        def shown() -> LoadControl:
            assert conducted.last is not None
            assert conducted.last.control is not None
            return conducted.last.control

        assert shown() == LoadControl("profile", 3, 20.0)
        ann_is_told, bob_is_told = await asyncio.gather(
            asyncio.to_thread(ann.control, Order("set", users=6, spawn_rate=30.0), "ann@desk"),
            asyncio.to_thread(bob.control, Order("set", users=5), "bob@desk"),
        )
        assert (ann_is_told, bob_is_told) == ("", "")
        beyond = await asyncio.to_thread(ann.control, Order("set", users=9), "ann@desk")
        assert beyond == "target stage does not allow this: 9 users asked, max_users is 8"
        last = shown()
        assert last.follows == "hand"
        assert last.users in (5, 6)
        await wait_until(lambda: conducted.last is not None and conducted.last.user_count == last.users, "the users")

        assert await asyncio.to_thread(bob.control, Order("pause"), "bob@desk") == ""
        assert bob.seen is not None
        assert bob.seen.control is not None
        assert bob.seen.control.is_paused
        # Ann was told nothing: she sees it in the newest snapshot all the same.
        assert await asyncio.to_thread(
            lambda: next(each for each in ann.snapshots(5) if each.control is not None and each.control.is_paused)
        )
        paused, requests = conducted.last, server.requests()
        assert paused is not None
        assert paused.state is RunState.RUNNING
        count = len(conducted.shown)
        await wait_until(lambda: len(conducted.shown) >= count + 2, "snapshots while it is paused")
        assert conducted.last is not None
        assert conducted.last.seq == paused.seq
        assert conducted.last.elapsed_s == pytest.approx(paused.elapsed_s, abs=0.05)
        # What was on its way: a request of each user at most.
        assert server.requests() <= requests + last.users
        assert await asyncio.to_thread(ann.control, Order("resume"), "ann@desk") == ""
        await wait_until(lambda: server.requests() > requests + 10, "requests after the pause")
        assert await asyncio.to_thread(ann.control, Order("hand_back"), "ann@desk") == ""
        assert shown() == LoadControl("profile", 3, 20.0)

        monkeypatch.setattr(control_module, "MAX_PAUSE_S", 0.5)
        assert await asyncio.to_thread(ann.control, Order("pause"), "ann@desk") == ""
        outcome = await running
        ann.close()
        bob.close()
    assert (outcome.exit_code, outcome.state) == (exit_codes.STOPPED_EARLY, RunState.STOPPED), outcome.reason
    assert "nobody resumed it" in outcome.reason
    accounting = outcome.accounting
    assert accounting.started == accounting.succeeded + accounting.failed + accounting.abandoned
    events = [event for event in RunReader(conductor.folder).events() if event.kind == "load"]
    by = [event.by for event in events]
    assert sorted(by[:2]) == ["ann@desk", "bob@desk"]
    assert by[2:] == ["bob@desk", "ann@desk", "ann@desk", "ann@desk", ""]
    texts = [event.text for event in events[2:]]
    assert texts[0] == "paused"
    assert texts[1].startswith("resumed after ")
    assert texts[2].startswith("handed back to the profile: users ")
    assert texts[3] == "paused"
    assert texts[4].startswith("a pause of ")
    assert sum(point.interval_s for point in RunReader(conductor.folder).points()) == pytest.approx(
        outcome.duration_s, abs=0.2
    )
