"""Questions that are answered with a line of text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.widgets import Input

from perftui.tui.app import PerftuiApp
from perftui.tui.screens.questions import AskText, baseline_refusal
from tests.fakes.cockpit_services import FakeServices


@pytest.mark.parametrize("size", [(60, 16), (100, 30)])
async def test_a_refused_answer_stays_in_its_frame_until_it_is_put_right(
    services: FakeServices, text_of: Callable[[PerftuiApp], str], size: tuple[int, int]
) -> None:
    answers: list[str | None] = []
    app = PerftuiApp(services)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.push_screen(AskText("Baseline", "A name for it:", "light", refusal=baseline_refusal), answers.append)
        await pilot.pause()
        await pilot.press("end", "slash", "enter")
        await pilot.pause()
        text = text_of(app)
        assert "│ light/ " in text
        assert "│ ✗ a name has letters" in text
        frame, field = app.screen.query_one(".dialog").region, app.screen.query_one(Input).region
        assert frame.contains_region(field.grow((1, 1, 1, 1)))
        await pilot.press("backspace", "enter")
        await pilot.pause()
    assert answers == ["light"]
