"""The settings file: what it says holds, and what is not understood is one line with its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from perftui.exit_codes import USAGE
from perftui.model.errors import PerftuiError
from perftui.tui.app import PerftuiApp
from perftui.tui.keymap import bindings_of, bound_classes, checked_keymap
from perftui.tui.settings import FILE_VARIABLE, THEME_VARIABLE, THEMES, Settings, load_settings
from tests.fakes.cockpit_services import FakeServices


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    def one(text: str) -> dict[str, str]:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return {FILE_VARIABLE: str(path)}

    return one


def test_without_a_file_everything_is_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert load_settings({}) == Settings()


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    write: Callable[[str], dict[str, str]],
) -> None:
    environ = write('theme = "perftui-light"\nslow = true\nchart_marker = "ascii"\n')
    settings = load_settings(environ)
    assert (settings.theme, settings.is_slow, settings.chart_marker) == ("perftui-light", True, "ascii")
    environ[THEME_VARIABLE] = "perftui-safe"
    assert load_settings(environ).theme == "perftui-safe"
    assert load_settings(environ, theme="ansi-dark").theme == "ansi-dark"


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ('theme = "perftui-drak"\n', "config.toml:1 theme", "the nearest is 'perftui-dark'"),
        ("slow = 1\n", "config.toml:1 slow", "neither true nor false"),
        ('\ncolour = "red"\n', "config.toml:2 colour", "no key is called 'colour'"),
        ('chart_marker = "dots"\n', "config.toml:1 chart_marker", "Allowed: braille, ascii"),
        ("keys = 3\n", "config.toml:1 keys", "not a table"),
        ('[keys]\n"app.help" = 3\n', "config.toml:2 [keys] app.help", "not keys with commas between"),
        ('[keys]\n"app.help" = "a,,b"\n', "config.toml:2 [keys] app.help", "not keys with commas between"),
        ("theme = \n", "config.toml:1:9", "not TOML"),
        ('theme = "[/red]\\u001b"\n', "config.toml:1 theme", "no theme is called"),
    ],
)
def test_a_mistake_is_one_line_that_says_where(
    write: Callable[[str], dict[str, str]], text: str, place: str, why: str
) -> None:
    with pytest.raises(PerftuiError) as raised:
        load_settings(write(text))
    said = str(raised.value)
    assert place in said
    assert why in said
    assert "\n" not in said
    assert "\x1b" not in said
    assert raised.value.exit_code == USAGE


def test_a_file_that_was_named_and_is_not_there_is_a_mistake() -> None:
    with pytest.raises(PerftuiError, match="no such file"):
        load_settings({FILE_VARIABLE: "/nowhere/config.toml"})


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"app.hlep": "f1"}, "the nearest is app.help"),
        ({"app.help": "q"}, "the key q is that of app.quit as well"),
        ({"live.stop": "q"}, "the key q is that of app.quit as well"),
        ({"live.stop": "d"}, "the key d is that of live.detach as well"),
        # The other way round, and where the other one is a base's.
        ({"app.help": "x"}, "the key x is that of "),
        ({"results.copy": "c"}, "the key c is that of results.compare as well"),
    ],
)
def test_keys_that_cannot_be_are_refused_before_the_screen_opens(keys: dict[str, str], why: str) -> None:
    with pytest.raises(PerftuiError, match=why):
        checked_keymap(Settings(keys=keys, source="config.toml"))


def test_two_bindings_may_swap_their_keys() -> None:
    assert checked_keymap(Settings(keys={"app.help": "q", "app.quit": "?"}))["app.quit"] == "question_mark"


def test_every_key_can_be_given_another_one() -> None:
    nameless = [
        f"{each.__name__}: {binding.key}"
        for each in bound_classes()
        for binding in bindings_of(each)
        if not binding.id
        # The keys that always leave, whatever a file says.
        if binding.key not in ("ctrl+c", "ctrl+q")
    ]
    assert nameless == []


def test_bindings_that_share_a_key_keep_it_when_one_of_them_gets_another() -> None:
    keymap = checked_keymap(Settings(keys={"page.back": "b"}))
    assert keymap == {"page.back": "b", "charts.back": "escape", "results.back": "escape"}
    # More keys beside the one that is shared.
    keymap = checked_keymap(Settings(keys={"charts.back": "escape,backspace"}))
    assert keymap["charts.back"] == "escape,backspace"
    assert keymap["page.back"] == "escape"


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("banana", ""),
        ("pgup", "pageup"),
        ("F1", "f1"),
        ("shift+ctrl+left", "ctrl+shift+left"),
        ("ctrl+/", "ctrl+slash"),
    ],
)
def test_a_key_that_no_terminal_reports_is_refused(key: str, near: str) -> None:
    with pytest.raises(PerftuiError, match=f"the nearest is {re.escape(near)}" if near else "no key is called"):
        checked_keymap(Settings(keys={"app.help": f"?,{key}"}))


def test_keys_that_terminals_report_are_taken() -> None:
    for key in ("é", "X", "§", "f24", "alt+x", "ctrl+shift+left", "ctrl+slash", "tilde"):
        assert checked_keymap(Settings(keys={"app.redraw": key}))


async def test_another_key_works_and_is_what_is_shown(
    services: FakeServices, text_of: Callable[[PerftuiApp], str]
) -> None:
    app = PerftuiApp(services, settings=Settings(keys={"app.help": "f1", "app.history": "h"}, theme="perftui-safe"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.theme == "perftui-safe"
        await pilot.press("question_mark")
        assert not app.screen.is_modal
        # In the place that it has without settings.
        assert text_of(app).splitlines()[-1].endswith("f1 Help  q Quit")
        await pilot.press("f1")
        await pilot.pause()
        assert app.screen.is_modal
        await pilot.press("escape", "h")
        await pilot.pause()
        assert app.current_mode == "history"


async def test_curves_are_drawn_for_a_font_without_braille(
    services: FakeServices, text_of: Callable[[PerftuiApp], str]
) -> None:
    app = PerftuiApp(services, settings=Settings(chart_marker="ascii"))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.pause()
        text = text_of(app)
        assert "*****" in text
        assert not any("\u2800" <= letter <= "\u28ff" for letter in text)


@pytest.mark.parametrize("theme", THEMES)
async def test_each_theme_can_be_worn(services: FakeServices, theme: str) -> None:
    app = PerftuiApp(services, settings=Settings(theme=theme))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.theme == theme


def test_the_page_about_the_cockpit_names_every_key_that_can_be_changed() -> None:
    page = (Path(__file__).parents[2] / "docs" / "cockpit.md").read_text(encoding="utf-8")
    known = {binding.id for each in bound_classes() for binding in bindings_of(each) if binding.id}
    assert {each for each in known if f"| `{each}` |" not in page} == set()
