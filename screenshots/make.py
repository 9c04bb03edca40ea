"""Make the screenshots of this folder: the real cockpit, a real run, the built-in target.

Run by `make screenshots`. Takes about a minute and a half.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
SIZES = ((80, 24), (100, 30), (200, 60))
# What the pictures show: enough of a run for the charts to say something.
LIVE_AT_S = 20.0
RUN_TIME = "25s"
PATIENCE_S = 60.0


async def until(condition: Callable[[], bool], what: str) -> None:
    """Raises TimeoutError where `condition` does not come true in PATIENCE_S."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise TimeoutError(f"waited {PATIENCE_S:g} s for {what}") from None


async def picture(size: tuple[int, int], runs: Path) -> None:
    """One run, seen at `size`: a picture of each of the three screens."""
    from perftui.cockpit.services import CockpitServices
    from perftui.commands.asked import asked
    from perftui.profiles.choice import asked_names
    from perftui.tui.app import PerftuiApp

    options = dict.fromkeys(("profiles", "confirm_host", "target", "scenario", "users", "spawn_rate"))
    asker, choice = asked({**options, "demo": True, "run_time": RUN_TIME}, "light", ())
    services = CockpitServices(asker, choice, runs)
    app = PerftuiApp(services, asked_names(asker.profile_set, choice, os.environ))
    async with app.run_test(size=size) as pilot:
        await pilot.pause(1)
        await app.workers.wait_for_complete()
        save(app.export_screenshot(), "setup", size)
        await pilot.press("enter")
        await until(lambda: app.model.snapshot is not None and app.model.snapshot.elapsed_s >= LIVE_AT_S, "the run")
        await pilot.pause(1)
        save(app.export_screenshot(), "live", size)
        await until(lambda: app.model.record is not None, "the end of the run")
        await pilot.pause(1)
        save(app.export_screenshot(), "results", size)


def save(svg: str, name: str, size: tuple[int, int]) -> None:
    # Textual names a web font: the pictures show the reader's own instead, and load nothing.
    svg = re.sub(r"@font-face\s*\{[^}]*\}", "", svg)
    path = HERE / f"{name}-{size[0]}x{size[1]}.svg"
    path.write_text(svg)
    print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


async def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        # The pictures show paths as a person would see them, and none of this machine's.
        os.environ["HOME"] = home
        await asyncio.gather(*(picture(size, Path(home) / "runs") for size in SIZES))


if __name__ == "__main__":
    os.environ["COLORTERM"] = "truecolor"
    sys.exit(asyncio.run(main()))
