"""A trial on the screen: one user, every request with its response, and nothing that it says is obeyed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from perftui.model.errors import PerftuiError
from perftui.model.exchange import Exchange, Trial
from perftui.profiles.choice import AskedNames
from perftui.tui.app import PerftuiApp
from perftui.tui.screens.trial import ExchangeRows, TrialScreen
from perftui.tui.texts.exchange_text import exchange_lines
from tests.fakes.cockpit_services import FakeServices
from tests.fakes.waiting import wait_until

CONTROLS = set(map(chr, [*range(32), *range(127, 160)]))
TextOf = Callable[[PerftuiApp], str]
CORPUS: dict[str, str] = json.loads((Path(__file__).parents[1] / "data" / "hostile_strings.json").read_text())
LOGIN = Exchange(
    0.1,
    "POST",
    "/login",
    "https://staging.shop.example/login",
    200,
    "OK",
    12.5,
    request_headers=(("Content-Type", "application/json"), ("Authorization", "***")),
    request_body='{"user": "ada"}',
    response_headers=(("Server", "nginx"),),
    response_body='{"ok": true}',
    response_bytes=12,
)
BUY = Exchange(
    0.4, "POST", "/orders/[id]", "https://staging.shop.example/orders/7", 503, "Busy", 241.0, message="503 Busy"
)
TRIAL = Trial("Buyer", "buy", (LOGIN, BUY), ("bought 1",))


async def tried(app: PerftuiApp, pilot: Pilot[None]) -> None:
    await wait_until(lambda: app.current_mode == "setup" and app.screen.focused is not None, "the setup")
    await pilot.press("t")
    await wait_until(lambda: isinstance(app.screen, TrialScreen) and app.screen.is_mounted, "the trial")
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 60)])
async def test_looks(
    services: FakeServices, matches_snapshot: Callable[[PerftuiApp, str], None], text_of: TextOf, size: tuple[int, int]
) -> None:
    services.tried = TRIAL
    app = PerftuiApp(services, AskedNames("smoke", "staging"))
    async with app.run_test(size=size) as pilot:
        await tried(app, pilot)
        await wait_until(lambda: "1 of 2 requests failed" in text_of(app), "the result")
        await pilot.pause()
        matches_snapshot(app, f"trial_{size[0]}x{size[1]}")
        await pilot.press("down")
        await pilot.pause()
        assert "✗ 503 Busy" in text_of(app)
        await pilot.press("escape")
        await wait_until(lambda: not isinstance(app.screen, TrialScreen), "the setup")


async def test_escape_ends_a_trial_under_way(services: FakeServices, text_of: TextOf) -> None:
    services.gate.clear()
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(80, 24)) as pilot:
        await tried(app, pilot)
        assert "one user is trying smoke → local" in text_of(app)
        (trial,) = [each for each in app.workers if each.group == "trial"]
        await pilot.press("escape")
        await wait_until(lambda: trial.is_cancelled, "the end of the trial")
        assert not isinstance(app.screen, TrialScreen)


async def test_a_trial_that_cannot_be_says_why_and_is_tried_again(services: FakeServices, text_of: TextOf) -> None:
    services.tried = PerftuiError("locustfile", "x.py does not load", exit_code=4)
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(80, 24)) as pilot:
        await tried(app, pilot)
        await wait_until(lambda: "✗ locustfile: x.py does not load" in text_of(app), "the reason")
        services.tried = Trial("Buyer", "buy", (LOGIN,), exception="ZeroDivisionError: division by zero")
        await pilot.press("t")
        await wait_until(lambda: "its code raised ZeroDivisionError" in text_of(app), "the second trial")
    assert len(services.trials) == 2


def test_every_hostile_text_becomes_plain_lines() -> None:
    for each in CORPUS.values():
        exchange = Exchange(
            0, each, each, each, 500, each, 1.0, each, each, ((each, each),), each, ((each, each),), each
        )
        for line in exchange_lines(exchange, 60):
            text = "".join(piece.text for piece in line.pieces)
            assert not (set(text) & CONTROLS), repr(text)


async def test_nothing_that_a_trial_says_is_obeyed(services: FakeServices) -> None:
    payloads = list(CORPUS.values())
    exchanges = tuple(Exchange(0, each, each, each, 500, each, 1.0, each) for each in payloads)
    services.tried = Trial("".join(payloads[:20]), payloads[1], exchanges, tuple(payloads), "".join(payloads[20:]))
    app = PerftuiApp(services, AskedNames("smoke", "local"))
    async with app.run_test(size=(200, 60)) as pilot:
        await tried(app, pilot)
        rows = app.screen.query_one(ExchangeRows)
        await wait_until(lambda: rows.row_count > 1, "the requests")
        for key in ("down", "end"):
            await pilot.press(key)
            await pilot.click("#printed", offset=(3, 2))
            await pilot.pause()
            for strip in app.screen._compositor.render_strips():
                assert not (set(strip.text) & CONTROLS)
                assert all("@click" not in (each.style.meta or {}) for each in strip if each.style is not None)
        assert app.is_running
