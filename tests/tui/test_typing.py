"""Keys that arrive together, as they do over a slow line, mean what they mean one by one."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static

from perftui.tui.screens.note_dialog import NoteDialog
from perftui.tui.settings import Settings
from perftui.tui.terminal.terminal_app import TerminalApp
from perftui.tui.widgets.typed_input import TypedInput

NAMES = {"\x7f": "backspace", "\r": "enter"}


class Typing(TerminalApp):
    def __init__(self) -> None:
        super().__init__(Settings())
        self.answers: list[str | None] = []

    def compose(self) -> ComposeResult:
        yield TypedInput()
        yield Static("below")


async def burst(pilot: Pilot[None], text: str) -> None:
    """All of `text` at once, as one read of the terminal brings it."""
    driver = pilot.app._driver
    assert driver is not None
    for letter in text:
        driver.process_message(events.Key(NAMES.get(letter, letter), letter))
    await pilot.pause()
    await pilot.pause()


async def test_a_backspace_takes_the_letter_before_it_and_no_other() -> None:
    app = Typing()
    async with app.run_test() as pilot:
        app.query_one(TypedInput).focus()
        await pilot.pause()
        await burst(pilot, "20\x7f\x7f7")
        assert app.query_one(TypedInput).value == "7"


async def test_a_question_that_is_answered_twice_is_answered_once_and_nothing_else_goes() -> None:
    app = Typing()
    async with app.run_test() as pilot:
        app.push_screen(NoteDialog(None), app.answers.append)
        await pilot.pause()
        await burst(pilot, "hi\r\r\r")
        assert app.answers == ["hi"]
        assert app.screen is app.screen_stack[0]
        assert app.is_running
