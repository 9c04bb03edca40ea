"""What somebody at Live sees of the load and its honesty, and what the keys ask of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from perftui.model.control import LoadControl, Order
from perftui.model.judged import Trust
from perftui.model.plan import Stage
from perftui.model.record import RunEvent
from perftui.tui.app import PerftuiApp
from perftui.tui.following import link, load_orders
from perftui.tui.following.replay import Performance
from perftui.tui.screens.load_keys import LoadDialog
from tests.fakes.cockpit_services import FakeServices
from tests.fakes.fake_conductor import FakeConductor
from tests.fakes.loaded_ticks import RATE, USERS, arriving_ticks, strained_ticks, with_workers
from tests.fakes.records import PLAN, record_of
from tests.fakes.shop_ticks import shop_ticks
from tests.fakes.ticks import delta, tick
from tests.fakes.waiting import wait_until
from tests.tui.test_live import attached, burst, pump, settled, watching

TextOf = Callable[[PerftuiApp], str]
BY_HAND = LoadControl("hand", 100, 10.0)
STAGES = (Stage(users=200, for_s=100.0), Stage(users=500, spawn_rate=10.0, hold_s=120.0), Stage(users=0, for_s=50.0))


def said(app: PerftuiApp) -> list[str]:
    return [toast.message for toast in app._notifications]


async def test_keys_pressed_quickly_are_one_order(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.control = replace(BY_HAND, follows="profile")
    conductor.feed(tick(0, delta(), users=100))
    app = attached(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await watching(app, conductor, pilot)
        await pilot.press(">", ">", ">", "full_stop")
        await pump(app, pilot)
        assert "→ 133 wanted" in text_of(app)
        await wait_until(lambda: conductor.orders, "the order")
        assert [each.order for each in conductor.orders] == [Order("set", users=133, spawn_rate=11.0)]
        assert conductor.orders[0].by.endswith("in the cockpit")
        # It stays until the engine follows.
        conductor.control = LoadControl("hand", 133, 11.0)
        conductor.feed(tick(1, delta(), users=101))
        await settled(app, conductor, pilot)
        assert app.model.wanted is None
        assert "by hand" in text_of(app)
        await pilot.press("b")
        await wait_until(lambda: len(conductor.orders) == 2, "the load to be handed back")
        assert conductor.orders[1].order == Order("hand_back")


async def test_an_order_that_is_refused_or_never_answered_is_said(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "ANSWER_WITHIN_S", 0.2)
    monkeypatch.setattr(load_orders, "QUIET_S", 0.0)
    conductor.control = BY_HAND
    conductor.refusal = "the target allows 50 users\x1b[2J"
    conductor.feed(tick(0, delta(), users=100))
    app = attached(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await watching(app, conductor, pilot)
        await pilot.press("<")
        await wait_until(lambda: said(app), "the refusal")
        assert "the target allows 50 users" in said(app)[0]
        assert "\x1b" not in said(app)[0]
        assert app.model.wanted is None
        conductor.refusal = None
        await pilot.press("<")
        await wait_until(lambda: len(said(app)) > 1, "that nobody answers")
        assert "nobody knows whether the load was changed" in said(app)[1]


async def test_a_load_is_typed_exactly_and_what_is_none_says_why(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.control = BY_HAND
    conductor.feed(tick(0, delta(), users=100))
    app = attached(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await watching(app, conductor, pilot)
        # In one burst: the x of it stops nothing.
        burst(app, "u", "x", "enter")
        await wait_until(lambda: isinstance(app.screen, LoadDialog), "the question")
        await wait_until(lambda: "is no number" in text_of(app), "why it is none")
        await pilot.press("backspace", *"250 spawn_rate=20", "enter")
        await wait_until(lambda: conductor.orders, "the order")
        assert conductor.orders[0].order == Order("set", users=250, spawn_rate=20.0)
        assert not conductor.stops


async def test_a_paused_load_is_plain_to_see_with_who_paused_it(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.control = BY_HAND
    conductor.feed(*[tick(seq, delta(), users=100) for seq in range(42)])
    app = attached(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await watching(app, conductor, pilot)
        assert "in flight" in text_of(app)
        await pilot.press("P")
        await wait_until(lambda: conductor.orders, "the order")
        assert conductor.orders[0].order == Order("pause")
        conductor.events.append(RunEvent(42.0, "load", "paused", "lea@bench"))
        conductor.control = replace(BY_HAND, is_paused=True)
        conductor.show()
        await wait_until(lambda: app.model.events, "the event")
        await pump(app, pilot)
        assert "LOAD PAUSED since 00:42 by lea@bench" in text_of(app)
        assert "in flight" not in text_of(app)
        await pilot.press("P")
        await wait_until(lambda: len(conductor.orders) == 2, "the order to go on")
        assert conductor.orders[1].order == Order("resume")


async def test_all_who_watch_see_who_changed_what(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.control = BY_HAND
    conductor.events = [
        RunEvent(20.0, "load", "users 50 -> 100 at 10/s", "lea@bench"),
        RunEvent(30.0, "worker", "lost local-2 on bench-1", ""),
    ]
    conductor.feed(*shop_ticks(60))
    app = attached(services)
    async with app.run_test(size=(120, 40)) as pilot:
        await watching(app, conductor, pilot)
        await wait_until(lambda: len(app.model.events) == 2, "the events")
        await pump(app, pilot)
        # From mark to mark with the cursor.
        await pilot.press("left_square_bracket")
        await pump(app, pilot)
        assert "! lost local-2 on bench-1" in text_of(app)
        await pilot.press("left_square_bracket")
        await pump(app, pilot)
        assert "± users 50 -> 100 at 10/s" in text_of(app)
        await pilot.press("shift+tab")
        await pump(app, pilot)
        assert "load: users 50 -> 100 at 10/s  (lea@bench)" in text_of(app)


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 60)])
async def test_a_rate_that_is_not_reached_by_a_late_generator(
    services: FakeServices,
    conductor: FakeConductor,
    matches_snapshot: Callable[[PerftuiApp, str], None],
    text_of: TextOf,
    size: tuple[int, int],
) -> None:
    """All of it at once: an arrival rate with drops, response times, load workers, strain and local errors."""
    strained = {each.seq: each for each in strained_ticks(120)}
    ticks = [
        replace(each, health=strained[each.seq].health, local_errors=strained[each.seq].local_errors)
        for each in with_workers(arriving_ticks(120))
    ]
    conductor.control = LoadControl("profile", USERS, 80.0, RATE)
    conductor.trust = Trust.LIMITED
    conductor.trust_reason = "the generator's loop was 80 ms late in 15 s"
    conductor.asked = replace(PLAN, profile=replace(PLAN.profile, rate_per_s=RATE, max_users=USERS, run_time_s=600.0))
    conductor.feed(*ticks)
    app = attached(services)
    async with app.run_test(size=size) as pilot:
        await watching(app, conductor, pilot)
        await wait_until(lambda: app.model.legs, "the plan")
        await pump(app, pilot)
        shown = text_of(app)
        assert "! 410 of 500/s, all 80 users busy; try 120" in shown
        assert "LIMITED TRUST: the generator's loop was 80 ms late in 15 s" in shown
        assert "12 local errors of this machine, no failures: no file left to open" in shown
        assert "╱" in shown
        assert "p95 svc" in shown
        assert "p95 resp" in shown
        matches_snapshot(app, f"live_load_{size[0]}x{size[1]}")
        if size == (100, 30):
            await pilot.press("p", "7")
            await pump(app, pilot)
            assert "Resp p50" in text_of(app)
            assert "7●r" in text_of(app)
            await pilot.press("escape", *["tab"] * 5)
            await pump(app, pilot)
            shown = text_of(app)
            assert "Load workers ✗1 lost" in shown
            assert "stock: less exact" in shown
            # The key of users is that of the rate here.
            await pilot.press(">")
            await wait_until(lambda: conductor.orders, "the order")
            assert conductor.orders[0].order == Order("set", rate_per_s=550.0)


async def test_stages_say_where_the_run_is(services: FakeServices, conductor: FakeConductor, text_of: TextOf) -> None:
    conductor.asked = replace(PLAN, profile=replace(PLAN.profile, stages=STAGES, run_time_s=None))
    conductor.control = LoadControl("stages", 500, 10.0, stage=2, stages=3)
    conductor.run_time_s = 300.0
    conductor.feed(*shop_ticks(130))
    app = attached(services)
    async with app.run_test(size=(120, 40)) as pilot:
        await watching(app, conductor, pilot)
        await wait_until(lambda: app.model.legs, "the plan")
        await pump(app, pilot)
        shown = text_of(app)
        assert "stage 2 of 3 to 04:10 · hold 500" in shown
        assert "▾ here" in shown
        assert "plan 500" in shown


async def test_a_closed_load_that_is_believed_says_nothing_of_all_this(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    conductor.control = LoadControl("profile", 500, 10.0)
    conductor.feed(*shop_ticks(120))
    app = attached(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await watching(app, conductor, pilot)
        shown = text_of(app).casefold()
        for word in ("trust", "response", "arrival", "worker", "paused", "stage", "╱", "plan"):
            assert word not in shown


async def test_results_and_replay_show_what_live_did(
    services: FakeServices, conductor: FakeConductor, text_of: TextOf
) -> None:
    strained = {each.seq: each for each in strained_ticks(90)}
    ticks = [
        replace(each, health=strained[each.seq].health, local_errors=strained[each.seq].local_errors)
        for each in with_workers(arriving_ticks(90))
    ]
    conductor.feed(*ticks)
    plan = replace(PLAN, profile=replace(PLAN.profile, rate_per_s=RATE, max_users=USERS, run_time_s=90.0))
    events = (RunEvent(40.0, "worker", "lost load worker local-2"),)
    record = record_of(ticks, plan=plan, events=events)
    app = attached(services)
    async with app.run_test(size=(120, 40)) as pilot:
        await watching(app, conductor, pilot)
        await conductor.end(record)
        await wait_until(lambda: app.current_mode == "results" and app.model.record, "the results")
        await pump(app, pilot)
        shown = text_of(app)
        for part in ("p95 resp", "╱", "Load workers ✗1 lost"):
            assert part in shown
        await pilot.press(*["tab"] * 5)
        await pump(app, pilot)
        assert "stock: less exact" in text_of(app)
    snapshot = Performance(record, iter(ticks)).until(90.0).snapshot
    assert snapshot.trust is not Trust.OK
    assert snapshot.trust_reason == "90 of 500 tasks/s dropped: all 80 users busy"
    assert [each.name for each in snapshot.load_workers] == ["master", "local-1", "bench-2_4f", "local-2"]
    assert snapshot.recent_response is not None
