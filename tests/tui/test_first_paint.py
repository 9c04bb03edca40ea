"""What stands between `perftui launch` and its first screen: no import and no parsing that can wait."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.css import stylesheet
from textual.screen import Screen

import perftui.tui.screens
from perftui.tui.app import PerftuiApp
from tests.fakes.cockpit_services import FakeServices

STYLES = Path(perftui.tui.screens.__file__).parents[1] / "styles"


def test_what_a_run_is_made_of_is_not_imported_for_the_first_screen() -> None:
    code = "import perftui.commands.launch, perftui.tui.app, perftui.tui.screens.setup, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    late = {"plotext", "msgpack", "sqlite3", "perftui.wire.messages", "perftui.model.tick", "perftui.store.reader"}
    assert not late & set(done.stdout.split())


def test_each_screen_brings_the_styles_that_name_it() -> None:
    screens = {
        each.__name__: each
        for module in pkgutil.iter_modules(perftui.tui.screens.__path__)
        for each in vars(importlib.import_module(f"perftui.tui.screens.{module.name}")).values()
        if isinstance(each, type) and issubclass(each, Screen)
    }
    for file in STYLES.glob("*.tcss"):
        for name in set(re.findall(r"\b[A-Z]\w+", file.read_text())) & screens.keys() - {"Screen", "ModalScreen"}:
            paths: Any = screens[name].CSS_PATH
            assert any(Path(str(path)).name == file.name for path in ([paths] if isinstance(paths, str) else paths))


async def test_no_style_is_parsed_twice_and_no_blank_screen_comes_first(
    services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[object] = []
    parse = vars(stylesheet)["parse"]

    def counted(scope: str, css: str, read_from: Any, **options: Any) -> Any:
        parsed.append((read_from, options["tie_breaker"], scope))
        return parse(scope, css, read_from, **options)

    monkeypatch.setattr(stylesheet, "parse", counted)
    app = PerftuiApp(services)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        assert [type(screen).__name__ for screen in app.screen_stack] == ["SetupScreen"]
        assert app.screen.has_class("-normal", "-tall")
        assert len(parsed) == len(set(parsed))
        app.put_on("perftui-light")
        await pilot.pause()
        assert len(parsed) > len(set(parsed)), "a theme has colours of its own"
