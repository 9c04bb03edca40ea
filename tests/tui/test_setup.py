"""Setup: what will be asked is on the screen before it is, and nothing starts by accident."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from perftui.model.errors import PerftuiError
from perftui.model.inspection import CheckItem
from perftui.model.plan import UNTIL_STEADY_S, RunPlan, Scenario, Target
from perftui.profiles.choice import AskedNames
from perftui.tui.app import PerftuiApp
from perftui.tui.screens.dialogs import ConfirmHost, QuitDialog
from perftui.tui.screens.save_profile import SaveProfile
from perftui.tui.widgets.fields import FieldRows
from tests.fakes.cockpit_services import CHECKS, FAILED_CHECK, FakeServices
from tests.fakes.waiting import wait_until
from tests.tui.test_draft import INSPECTION

TextOf = Callable[[PerftuiApp], str]


async def opened(app: PerftuiApp, pilot: Pilot[None]) -> None:
    await wait_until(lambda: app.current_mode == "setup" and app.screen.focused is not None, "the setup")
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 60)])
async def test_looks(
    services: FakeServices,
    matches_snapshot: Callable[[PerftuiApp, str], None],
    text_of: TextOf,
    size: tuple[int, int],
) -> None:
    services.inspection = INSPECTION
    app = PerftuiApp(services, AskedNames("checkout-peak"))
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        await wait_until(lambda: "! 1" in text_of(app) and "checking" not in text_of(app), "the preflight")
        await pilot.pause()
        matches_snapshot(app, f"setup_{size[0]}x{size[1]}")


async def test_enter_checks_and_starts(services: FakeServices) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await pilot.press("enter")
        await wait_until(lambda: app.current_mode == "live", "the run")
    assert [plan.title for plan in services.started] == ["smoke → local"]
    assert services.started[0] in services.checked


async def test_items_of_the_preflight_appear_as_they_are_known(services: FakeServices, text_of: TextOf) -> None:
    services.gate.clear()
    app = PerftuiApp(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        await pilot.press("p")
        await pilot.pause()
        assert "checking" in text_of(app)
        services.gate.set()
        await wait_until(lambda: CHECKS[-1].text in text_of(app), "the last item")


async def test_a_failed_preflight_blocks_with_its_reason(services: FakeServices, text_of: TextOf) -> None:
    services.checks = (*CHECKS[:1], FAILED_CHECK)
    app = PerftuiApp(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        await pilot.press("enter")
        await wait_until(lambda: "not started: target: nothing listens" in text_of(app), "the reason")
    assert not services.started


async def test_fields_change_the_plan_and_say_below_what_is_wrong(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        await pilot.press("e", *"25")
        await pilot.pause()
        assert "perftui run smoke --target local --users 25" in text_of(app)
        await pilot.press("x")
        await pilot.pause()
        assert "│   ✗ '25x' is not a whole number" in text_of(app)
        # What is wrong stays while another field is typed into, and leaves nothing to start.
        await pilot.press("down", "down", *"30s", "enter", "ctrl+r")
        await pilot.pause()
        assert "• run time     30s" in text_of(app)
        assert "not started: users: '25x'" in text_of(app)
        await pilot.press("e", "end", "backspace", "enter", "ctrl+r")
        await wait_until(lambda: services.started, "the start")
    assert (services.started[0].profile.users, services.started[0].profile.run_time_s) == (25, 30)


async def test_every_option_is_a_row_with_its_range(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(200, 60)) as pilot:
        await opened(app, pilot)
        text = text_of(app)
    for said in (
        ("users", "1 to 1,000,000", "[profiles.smoke]"),
        ("spawn rate", "users/s", "above 0, at most 10,000"),
        ("run time", "1m", "1s to 168h"),
        ("warm-up", "0s to 168h, or until steady"),
        ("thresholds", "semicolons between"),
        ("abort on", "perftui's own rules"),
        ("user classes", "Buyer", "commas between"),
        ("without tags", "none"),
        ("arguments", "as a shell would take them"),
        ("stop timeout", "2s", "0s to 1h", "default"),
        ("connect", "1m"),
        ("interpreter", "found by perftui"),
    ):
        assert any(all(each in line for each in said) for line in text.splitlines()), said


async def test_a_warm_up_may_last_until_the_run_is_steady(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await pilot.press("e", "down", "down", "down", *"until")
        await pilot.pause()
        assert "✗ 'until' is not a duration" in text_of(app)
        await pilot.press("space", *"steady")
        await pilot.pause()
        assert "--warm-up 'until steady'" in text_of(app)
        await pilot.press("enter", "escape", "enter")
        await wait_until(lambda: services.started, "the start")
        assert services.started[0].profile.warm_up_s == UNTIL_STEADY_S
        # The plan is offered as it was run.
        await pilot.press("1")
        app.set_up_again(services.started[0])
        await pilot.pause()
        assert "--warm-up 'until steady'" in text_of(app)


async def test_what_a_locustfile_holds_is_offered(services: FakeServices, text_of: TextOf) -> None:
    services.inspection = INSPECTION
    app = PerftuiApp(services, AskedNames("smoke", "local", "search"))
    async with app.run_test(size=(200, 60)) as pilot:
        await opened(app, pilot)
        await pilot.press("p")
        await wait_until(lambda: "[x] Looker" in text_of(app), "the user classes")
        await pilot.press("shift+tab", "shift+tab")
        assert isinstance(app.focused, FieldRows)
        await turn(pilot, app, "Looker")
        assert "--user-class Buyer" in text_of(app)
        await turn(pilot, app, "Buyer")
        assert "at least one user class has to run" in text_of(app)
        await turn(pilot, app, "slow")
        assert "[+] slow" in text_of(app)
        await turn(pilot, app, "--region")
        await turn(pilot, app, "--slowly")
        assert "--tag slow -- --region=eu --slowly" in text_of(app)
        assert "•••" in text_of(app)
        await pilot.press("delete")
        await pilot.pause()
        assert "--slowly" not in text_of(app).splitlines()[-2]
        app.screen.query_one("#profiles").focus()
        await pilot.press("enter")
        await wait_until(lambda: services.started, "the start")
    assert services.started[0].scenario.user_classes == ("Buyer",)
    assert services.started[0].locust_args == ("--region=eu",)


async def turn(pilot: Pilot[None], app: PerftuiApp, label: str) -> None:
    rows = app.screen.query_one(FieldRows)
    rows.action_move_to(next(at for at, row in enumerate(rows.rows) if row.label == label))
    await pilot.press("space")
    await pilot.pause()


async def test_a_filter_narrows_the_profiles_by_their_descriptions_and_numbers(
    services: FakeServices, text_of: TextOf
) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        for key in ["slash", *"nine"]:
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await wait_until(lambda: "login-spike → local" in text_of(app), "the one that matches")
        assert "search-soak" not in text_of(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "smoke → local" in text_of(app)
        await pilot.press("slash", "2", "enter")
        await pilot.pause()
        assert "checkout-peak → local" in text_of(app)
        assert "search-soak" in text_of(app)
        await pilot.press("alt+3")
        await pilot.pause()
        assert "search-soak → local" in text_of(app)
        # Alone a digit is a mode, here as everywhere.
        await pilot.press("2")
        assert app.current_mode == "live"


async def test_stages_and_a_rate_are_typed_drawn_and_saved(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        await type_into(pilot, app, "stages", "users=20 hold=1m; users=5 for=30")
        assert "✗ stage 2: for: '30' is not a duration" in text_of(app)
        await pilot.press("s", "enter")
        await pilot.pause()
        assert "2 stages, 1m32s, peak 20 users" in text_of(app)
        assert "Load users  2 stages → 1m32s → end" in text_of(app)
        assert "--stage 'users=20 hold=1m' --stage 'users=5 for=30s'" in " ".join(text_of(app).split())
        await type_into(pilot, app, "stages", "")
        # A rate has to be told how many users it may have; until then nothing starts.
        await type_into(pilot, app, "rate", "90/min")
        assert "✗ a rate needs max_users" in text_of(app)
        await type_into(pilot, app, "max_users", "8")
        assert "Load tasks/s  1.5/s by up to 8 users → end" in text_of(app)
        assert "users        –" in text_of(app)
        await pilot.press("ctrl+s")
        await wait_until(lambda: isinstance(app.screen, SaveProfile), "the question")
        await pilot.press("enter")
        await wait_until(lambda: services.editor.saved, "the saved profile")
    assert services.editor.saved == [("smoke", "smoke", {"rate": "90/min", "max_users": "8"})]


async def test_of_several_load_shapes_one_is_taken(services: FakeServices, text_of: TextOf) -> None:
    services.inspection = replace(INSPECTION, shapes=("Steps", "Waves"))
    app = PerftuiApp(services, AskedNames("smoke", "local", "search"))
    async with app.run_test(size=(200, 60)) as pilot:
        await opened(app, pilot)
        await pilot.press("p")
        await wait_until(lambda: "(•) Steps" in text_of(app), "the load shapes")
        shown = text_of(app)
        assert "! load shape Steps decides" in shown
        assert "▸ load shape Steps of the locustfile decides users and end" in shown
        # Its users are not known, and none are drawn.
        assert "→ hold" not in shown
        app.screen.query_one(FieldRows).focus()
        await turn(pilot, app, "Waves")
        assert "(•) Waves" in text_of(app)
        assert "( ) Steps" in text_of(app)
        assert "--load-shape Waves" in text_of(app)
        await pilot.press("delete")
        await pilot.pause()
        assert "(•) Steps" in text_of(app)


async def type_into(pilot: Pilot[None], app: PerftuiApp, key: str, text: str) -> None:
    """Type `text` into the field of `key`, in place of what stands there, and stay in it."""
    rows = app.screen.query_one(FieldRows)
    rows.focus()
    rows.action_move_to(next(at for at, row in enumerate(rows.rows) if row.key == key))
    await pilot.press("enter", "ctrl+u")
    await pilot.pause()
    for character in text:
        app.post_message(events.Key(character, character))
    await pilot.pause()


async def test_a_plan_that_the_target_does_not_allow_says_so(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services, AskedNames("checkout-peak", "prod"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        assert "✗ 500 users asked, max_users is 100" in text_of(app)
        await pilot.press("enter")
        await pilot.pause()
    assert not services.started


async def test_y_copies_the_command_line(services: FakeServices) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await pilot.press("y")
        await pilot.pause()
        assert app.clipboard == "perftui run smoke --target local"


async def test_what_is_typed_is_saved_or_kept_where_that_is_refused(services: FakeServices, text_of: TextOf) -> None:
    services.editor.error = PerftuiError("profiles.toml", "changed meanwhile: nothing was written", exit_code=2)
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        await pilot.press("e", *"25", "ctrl+s")
        await wait_until(lambda: isinstance(app.screen, SaveProfile), "the question")
        await pilot.press("enter")
        await wait_until(lambda: "changed meanwhile" in text_of(app), "the refusal")
        services.editor.error = None
        await pilot.press("enter")
        await wait_until(lambda: "was written into profiles.toml" in text_of(app), "what was done")
        # It is the profile's own now, and no longer typed.
        assert "--users" not in text_of(app)
        await pilot.press("D")
        await wait_until(lambda: isinstance(app.screen, SaveProfile), "the question")
        await pilot.press("slash", "enter")
        await pilot.pause()
        assert "✗ a name has letters" in text_of(app)
        await pilot.press("backspace", *"quick", "enter")
        await wait_until(lambda: len(services.editor.saved) == 2, "the duplicate")
    assert services.editor.saved == [("smoke", "smoke", {"users": "25"}), ("quick", "smoke", {})]


async def test_production_hears_nothing_until_its_host_was_typed(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "prod"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        assert "production is checked when you ask" in text_of(app)
        await pilot.press("enter")
        await wait_until(lambda: isinstance(app.screen, ConfirmHost), "the question")
        await pilot.press(*"shop", "enter")
        await pilot.pause()
        assert "not the host" in text_of(app)
        assert not services.checked
        await pilot.press(*["backspace"] * 4, *"www.shop.example", "enter")
        await wait_until(lambda: services.started, "the start")


async def test_a_host_that_stands_in_no_file_is_typed_as_well(services: FakeServices, text_of: TextOf) -> None:
    url = "https://elsewhere.example"
    app = PerftuiApp(services, AskedNames("smoke", url, address=Target("elsewhere.example", url, "staging")))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        assert "an unknown host is checked when you ask" in text_of(app)
        assert re.search(r"▌ elsewh\S* not in the file", text_of(app))
        assert "(not in the file)" in text_of(app)
        await pilot.press("t")
        await wait_until(lambda: isinstance(app.screen, ConfirmHost), "the question")
        await pilot.pause()
        assert "stands in no profiles file" in text_of(app)
        assert "10 users, 10 more each second, for 1m" in text_of(app)
        await pilot.press("escape")
        await wait_until(lambda: "not tried: the host's name was not typed" in text_of(app), "the reason")
    assert not services.trials


async def test_moving_the_cursor_chooses_and_a_click_never_starts(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        await pilot.press("j", "j")
        await pilot.pause()
        assert "search-soak → local" in text_of(app)
        await pilot.click("#targets", offset=(5, 1))
        await pilot.pause()
        assert "search-soak → staging" in text_of(app)
        assert "ramp 20s → hold" in text_of(app)
    assert not services.started


async def test_help_lists_the_keys_that_are_bound(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services)
    async with app.run_test(size=(100, 40)) as pilot:
        await opened(app, pilot)
        bound = {
            each.binding.tooltip
            for each in app.screen.active_bindings.values()
            if (each.binding.id or "").startswith("setup.") and each.binding.tooltip
        }
        await pilot.press("question_mark")
        await pilot.pause()
        text = text_of(app)
        for _ in range(3):
            await pilot.press("pagedown")
            await pilot.pause()
            text += text_of(app)
        # A long one goes on in the next line, and what the key is called in the settings stands behind its first.
        assert [tooltip for tooltip in bound if tooltip[:30] not in text] == []
        assert re.search(r"narrow the list by a text.* setup\.filter\b", text, re.IGNORECASE)
        await pilot.press("escape", "q")
        await wait_until(lambda: app._exit, "the cockpit to leave: nothing runs")


async def test_an_asked_address_is_the_target(services: FakeServices, text_of: TextOf) -> None:
    url = "http://127.0.0.1:18101"
    asked = AskedNames("smoke", url, "search", Target("127.0.0.1-18101", url))
    app = PerftuiApp(services, asked)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        assert f"smoke → {url}" in text_of(app)
        assert "127.0.0.1:18101" in text_of(app)
        await pilot.press("enter")
        await wait_until(lambda: services.started, "the start")
    assert services.started[0].scenario.name == "search"


async def test_given_files_stand_for_the_scenario_until_another_is_chosen(
    services: FakeServices, text_of: TextOf
) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "local", locustfiles=("load/x.py",)))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        assert "▌ x.py" in text_of(app)
        app.screen.query_one("#scenarios").focus()
        await pilot.press("j")
        await pilot.press("enter")
        await wait_until(lambda: services.started, "the start")
    assert services.started[0].scenario.name == "checkout"


async def test_no_target_is_taken_where_nobody_says_which(
    services: FakeServices, text_of: TextOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.profile_set, "target_of", lambda _profile: None)
    app = PerftuiApp(services, AskedNames("smoke"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        assert "no target: choose one of the list" in text_of(app)
        assert "$ perftui run smoke --target … (the target is missing)" in text_of(app)
        assert "╭─ Targets 4 ─" in text_of(app)
        # What depends on the target and the scenario is not known yet; the rest is the profile's own.
        values = {row.label: row.value for row in app.screen.query_one(FieldRows).rows}
        assert (values["users"], values["thresholds"], values["user classes"]) == ("10", "–", "–")
        assert values["abort on"] == "perftui's own rules"
        await pilot.press("enter")
        await pilot.pause()
        assert "not started: no target" in text_of(app)
    assert not services.started


async def test_a_target_that_has_to_be_started_does_not_hold_the_screen(
    services: FakeServices, text_of: TextOf
) -> None:
    services.unready = {"demo"}
    services.gate.clear()
    app = PerftuiApp(services, AskedNames("smoke", "demo"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        assert "the target is being started" in text_of(app)
        await pilot.press("enter")
        await pilot.pause()
        services.gate.set()
        await wait_until(lambda: services.started, "the start")
    assert services.started[0].target.name == "demo"


async def test_a_bug_behind_the_screen_is_a_line_and_not_the_end(
    services: FakeServices, text_of: TextOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    services.bug = RuntimeError("unforeseen")
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        await pilot.press("enter")
        await wait_until(lambda: "not started: a bug in perftui (RuntimeError)" in text_of(app), "the line")
        assert app.is_running
        monkeypatch.setattr(services, "check", _broken_check)
        await pilot.press("p")
        await wait_until(lambda: "a bug in perftui (OSError)" in text_of(app), "the item")


async def _broken_check(_plan: object) -> AsyncIterator[CheckItem]:
    raise OSError("unforeseen")
    yield


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_leaving_while_a_run_starts_asks_and_stop_cancels_it(
    services: FakeServices, text_of: TextOf, key: str
) -> None:
    services.start_gate.clear()
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        await pilot.press("enter")
        await wait_until(lambda: app.is_starting, "the start")
        await pilot.press(key)
        assert isinstance(app.screen, QuitDialog)
        await pilot.pause()
        assert "do not start it" in text_of(app)
        await pilot.press("escape")
        assert app.is_starting
        await pilot.press(key, "s")
        await wait_until(lambda: app._exit, "the cockpit to leave")
        services.start_gate.set()
    assert not services.started


async def test_a_signal_while_a_run_starts_cancels_it(services: FakeServices) -> None:
    services.start_gate.clear()
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        await pilot.press("enter")
        await wait_until(lambda: app.is_starting, "the start")
        # The answer comes in the same moment.
        services.start_gate.set()
        app.exit(return_code=129)
        await wait_until(lambda: not app.is_starting, "the end of the start")
    assert not services.started


@pytest.mark.parametrize(("answer", "leaves"), [("d", True), ("escape", False)])
async def test_a_question_outlives_the_start_it_was_asked_in(services: FakeServices, answer: str, leaves: bool) -> None:
    services.start_gate.clear()
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        await pilot.press("enter")
        await wait_until(lambda: app.is_starting, "the start")
        await pilot.press("q")
        services.start_gate.set()
        await wait_until(lambda: app.model.is_live, "the run")
        await pilot.press(answer)
        await wait_until(lambda: app._exit if leaves else app.current_mode == "live", "what was answered")
    assert bool(app.farewell) == leaves


async def test_detach_while_starting_leaves_once_the_run_has_an_address(services: FakeServices) -> None:
    services.start_gate.clear()
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        await pilot.press("enter")
        await wait_until(lambda: app.is_starting, "the start")
        await pilot.press("q", "d")
        assert not app._exit
        services.start_gate.set()
        await wait_until(lambda: app._exit, "the cockpit to leave")
    assert services.started
    assert "perftui attach" in app.farewell[0]


async def test_a_run_that_was_asked_elsewhere_is_offered_again_as_it_was(
    services: FakeServices, text_of: TextOf
) -> None:
    url = "http://127.0.0.1:18101"
    app = PerftuiApp(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        plan = RunPlan(
            services.profile_set.profiles["smoke"],
            Target("127.0.0.1-18101", url),
            Scenario("x", ("/there/x.py",)),
            "/",
            (),
            {"scenario": "-f", "url": "--target", "target": "--target"},
        )
        app.set_up_again(plan)
        await pilot.pause()
        assert f"smoke → {url}" in text_of(app)
        assert "▌ x.py" in text_of(app)
        assert services.given == ("/there/x.py",)
        # A name that means something else here is not taken for it.
        app.set_up_again(replace(plan, target=Target("prod", "https://elsewhere.example", "production"), origins={}))
        await pilot.pause()
        assert "✗ target prod (https://elsewhere.example)" in text_of(app)
        await pilot.press("enter")
        await pilot.pause()
    assert not services.started


async def test_who_comes_back_from_a_start_in_a_field_edits_nothing(services: FakeServices) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await pilot.press("e", *"25", "ctrl+r")
        await wait_until(lambda: app.current_mode == "live", "the run")
        await pilot.press("1", "e", "ctrl+p")
        await pilot.press("escape")
        app.action_mode("results")
        await pilot.press("1")
        assert app.screen.focused is app.screen.query_one("#profiles")
        assert app.screen.query_one(FieldRows).rows[0].value == "25"


async def test_a_field_takes_the_whole_burst_that_opened_it(services: FakeServices) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        for key in "e25":
            app.post_message(events.Key(key, key))
        await wait_until(lambda: app.screen.query_one(FieldRows).rows[0].value == "25", "the text")
        assert app.current_mode == "setup"


async def test_a_host_that_has_to_be_typed_is_shown_to_its_last_letter(services: FakeServices, text_of: TextOf) -> None:
    host = f"{'very-' * 12}long.shop.example"
    services.profile_set.targets["far"] = Target("far", f"https://{host}/api", "production")
    app = PerftuiApp(services, AskedNames("smoke", "far"))
    async with app.run_test(size=(60, 16)) as pilot:
        await opened(app, pilot)
        await pilot.press("t")
        await wait_until(lambda: isinstance(app.screen, ConfirmHost), "the question")
        await pilot.pause()
        # The dialog's own part of each row.
        area = app.screen.query_one("#question").region
        rows = [row[area.x : area.right].strip() for row in text_of(app).splitlines()[area.y : area.bottom]]
        assert host in "".join(rows)
        # What is asked about is the trial, and not the run that it is a trial of.
        assert "one user does one task once" in " ".join(rows)
        assert "enter to try it · esc does nothing" in text_of(app)


async def test_what_is_typed_stays_with_the_profile_it_was_typed_for(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, pilot)
        await pilot.press("e", *"25", "enter", "escape", "j")
        await pilot.pause()
        assert "checkout-peak --target local" in text_of(app)
        assert "--users" not in text_of(app)
        assert "! what was typed for smoke stays there" in text_of(app)
        await pilot.press("k")
        await pilot.pause()
        assert "smoke --target local --users 25" in text_of(app)
        assert "what was typed for" not in text_of(app)
        # A run that is offered again brings its own options, and none to a profile that it was not of.
        there = services.plan("open-end", "local", None, {"users": "7"})
        app.set_up_again(there)
        await pilot.pause()
        assert "open-end --target local --users 7" in text_of(app)
        app.set_up_again(replace(there, profile=replace(there.profile, name="gone")))
        await pilot.press("k")
        await pilot.pause()
        assert "--users 7" not in text_of(app)


async def test_who_leaves_a_field_stands_on_its_row(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await pilot.press("e", *"25", "enter")
        await pilot.pause()
        assert isinstance(app.focused, FieldRows)
        assert "^r Start" in text_of(app)
        # Enter types into it again, and esc takes that back.
        await pilot.press("enter", "end", *"00")
        await pilot.pause()
        assert "--users 2500" in text_of(app)
        assert "esc Undo" in text_of(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "--users 25" in text_of(app).splitlines()[-2]
        assert "--users 2500" not in text_of(app)
        await pilot.press("delete")
        await pilot.pause()
        assert "--users" not in text_of(app)
        await pilot.press("escape")
        assert app.focused is app.screen.query_one("#profiles")
    assert not services.started


async def test_while_a_list_is_narrowed_nothing_starts(services: FakeServices, text_of: TextOf) -> None:
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await pilot.press("slash")
        await pilot.pause()
        assert text_of(app).splitlines()[-1].split("  ") == [" ↑↓ Row", "⏎ Choose", "esc Clear"]
        await pilot.press("ctrl+r", "ctrl+s")
        await pilot.pause()
        assert not app.screen.is_modal
    assert not services.started
