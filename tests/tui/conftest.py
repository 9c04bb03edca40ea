"""The cockpit as tests open it: real screens in a terminal of a given size, a fed conductor behind a real socket."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App

from perftui.tui import model
from perftui.tui.app import PerftuiApp
from perftui.tui.following import conflation
from tests.fakes.cockpit_services import FakeServices
from tests.fakes.fake_conductor import FakeConductor
from tests.fakes.idle import Idle

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE_VARIABLE = "UPDATE_SNAPSHOTS"


@pytest.fixture(autouse=True)
def _every_snapshot_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests feed faster than a conductor does."""
    monkeypatch.setattr(conflation, "LEAST_S", 0.0)


@pytest.fixture(autouse=True)
async def _a_pause_is_as_long_as_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the pilot's after each key, and of a screen's before it draws."""
    idle = Idle()
    for module in ("textual.app", "textual.pilot"):
        monkeypatch.setattr(f"{module}.wait_for_idle", idle.wait)
    monkeypatch.setattr("textual.screen.UPDATE_PERIOD", 1 / 500)


@pytest.fixture
async def conductor(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeConductor]:
    # It says nothing of its own, however long a busy machine takes for a test.
    monkeypatch.setattr(model, "STALE_AFTER_S", 60.0)
    runtime = Path(os.environ["XDG_RUNTIME_DIR"])
    fake = FakeConductor(Path("runs/20260304T050607_light_shop"), runtime / "run.sock")
    await fake.open()
    yield fake
    await fake.close()


@pytest.fixture
def services(conductor: FakeConductor) -> FakeServices:
    return FakeServices(conductor)


def screen_text(app: App[Any]) -> str:
    """What the screen shows, a line per row."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


@pytest.fixture
def matches_snapshot() -> Callable[[App[Any], str], None]:
    def check(app: App[Any], name: str) -> None:
        path = SNAPSHOTS / f"{name}.txt"
        text = screen_text(app) + "\n"
        if os.environ.get(UPDATE_VARIABLE):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"{path.name} differs; {UPDATE_VARIABLE}=1 keeps the new look"

    return check


@pytest.fixture
def text_of() -> Callable[[PerftuiApp], str]:
    return screen_text
