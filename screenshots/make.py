"""Make the screenshots of this folder: the real cockpit, real runs, the built-in target and its knobs.

Run by `make screenshots`. Takes four to five minutes: three runs are watched, and earlier ones are there to be compared
with. On a machine that is busy with something else the generator is late, and the pictures show it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from _camera import Camera, remove_others
from _stage import stage, turn_knobs

from perftui.cockpit.services import CockpitServices
from perftui.commands.asked import asked
from perftui.profiles.choice import asked_names
from perftui.store.layout import runs_folder
from perftui.tui.app import PerftuiApp

HERE = Path(__file__).parent
PROFILE, USERS, SPAWN_RATE, RUN_TIME = "medium", "40", "4", "70s"
# What one user does first in this one is more than one request.
TRIED = "trips-baseline"
SAME_LOAD = ("medium", "--users", USERS, "--spawn-rate", SPAWN_RATE)
# A run each, and after how many seconds it begins. The last, the baseline, goes on alone: nothing else shall be in it.
EARLIER = (
    (0, (*SAME_LOAD, "--run-time", "20s")),
    (1, ("browse", "--run-time", "15s")),
    (2, ("smoke", "--run-time", "15s")),
    (24, (*SAME_LOAD, "--run-time", "48s")),
)
# On the run's clock: when the note is written, and when there is enough to be looked at.
NOTED_AT_S, SEEN_AT_S = 5.0, 34.0
# How the target is from the start of the run on: a comparison has to find it beyond the noise of each run.
WRONG = {"latency_ms": 40, "jitter_ms": 20, "failure_share": 0.06}
NOTE = "release 1.5 is out"
# The load of the other pictures: stages that two processes make, and a rate that becomes too much for its users.
STAGES = ("users=30 spawn_rate=6 hold=15s", "users=50 for=10s", "users=50 hold=30s", "users=0 for=5s")
STAGED_SEEN_AT_S, PAUSED_AT_S = 12.0, 24.0
RATE = {"rate": "100/s", "max_users": "8", "run_time": "60s"}
SLOWED_AT_S, DROPS_SEEN_AT_S = 12.0, 24.0
WELL = {"latency_ms": 5, "jitter_ms": 5, "failure_share": 0}
SLOW = {"latency_ms": 100, "jitter_ms": 20}


async def main() -> None:
    taken = [*await take_one_run(), *await take_stages(), *await take_arrivals()]
    remove_others(HERE, taken)
    print(f"{len(taken)} pictures in {HERE}")


@contextlib.asynccontextmanager
async def cockpit(profile: str, **options: Any) -> AsyncIterator[tuple[Camera, PerftuiApp, CockpitServices, str]]:
    """The cockpit on the built-in target, whose address is the last of them."""
    names = dict.fromkeys(("profiles", "confirm_host", "target", "scenario", "users", "spawn_rate", "run_time"))
    asker, choice = asked({**names, **options, "demo": True}, profile, ())
    assert asker.lease is not None
    services = CockpitServices(asker, choice, runs_folder(None))
    app = PerftuiApp(services, asked_names(asker.profile_set, choice, os.environ))
    async with app.run_test(size=(100, 30)) as pilot:
        yield Camera(pilot, HERE), app, services, asker.lease.url


async def take_one_run() -> list[str]:
    """A run that has an earlier one to be compared with, on every screen."""
    async with cockpit(PROFILE) as (camera, app, services, url):
        earlier = start_earlier_runs()
        await take_setup(camera)
        await camera.until(lambda: all(each.poll() is not None for each in earlier), "the earlier runs")
        newest = max((each for each in services.library.listings() if each.profile == PROFILE), key=_started)
        services.library.set_baseline("release-1.4", newest.folder)
        await asyncio.to_thread(turn_knobs, url, WRONG)
        await camera.press("ctrl+r")
        await take_live(camera, app)
        await camera.until(lambda: app.model.record is not None, "the end of the run")
        await take_kept(camera)
        return list(camera.taken)


async def take_stages() -> list[str]:
    """A load that changes by stages, made by two load workers, and paused."""
    async with cockpit("staged", stages=STAGES, load_workers="2") as (camera, app, _, url):
        await asyncio.to_thread(turn_knobs, url, WELL)
        await camera.see("Preflight  ✓", without="checking")
        await camera.take("setup-stages")
        await camera.press("ctrl+r")
        await camera.until(lambda: elapsed_s(app) >= STAGED_SEEN_AT_S, "the load of both")
        await camera.press_until("tab", "Lag p99")
        await camera.take("live-load-workers")
        await camera.until(lambda: elapsed_s(app) >= PAUSED_AT_S, "the second stage")
        await camera.press("P")
        await camera.see(" by tester")
        await camera.take("live-paused")
        await stop(camera, app)
        return list(camera.taken)


async def take_arrivals() -> list[str]:
    """An arrival rate that finds too few users, because the target has become slower."""
    async with cockpit("arrivals", **RATE) as (camera, app, _, url):
        await asyncio.to_thread(turn_knobs, url, WELL)
        await camera.see("Preflight  ✓", without="checking")
        await camera.press("ctrl+r")
        await camera.until(lambda: elapsed_s(app) >= SLOWED_AT_S, "the rate")
        await asyncio.to_thread(turn_knobs, url, SLOW)
        await camera.until(lambda: elapsed_s(app) >= DROPS_SEEN_AT_S, "what was dropped")
        await camera.see("; try ")
        await camera.take("live-arrivals")
        await camera.press("p", "7")
        await camera.take("live-response")
        await camera.press("escape")
        await stop(camera, app)
        return list(camera.taken)


async def stop(camera: Camera, app: PerftuiApp) -> None:
    """Nothing goes on behind a cockpit that is closed."""
    await camera.press("x")
    await camera.until(lambda: app.model.record is not None, "the end of the run")


def start_earlier_runs() -> Sequence[subprocess.Popen[bytes]]:
    """Without a screen, on the same target."""
    return [
        subprocess.Popen(
            (
                *("sh", "-c", 'sleep "$0" && exec "$@"', f"{after_s}"),
                *(sys.executable, "-m", "perftui", "run", *run, "--demo", "--quiet"),
            ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for after_s, run in EARLIER
    ]


async def take_setup(camera: Camera) -> None:
    await camera.see("Preflight  ✓", without="checking")
    await camera.take("setup")
    await choose(camera, TRIED)
    await camera.press("t")
    await camera.see("none failed")
    await camera.take("trial")
    await camera.press("escape")
    await choose(camera, PROFILE)
    await camera.press("e", *USERS, "down", *SPAWN_RATE, "down", *RUN_TIME)
    await camera.see("Preflight  ✓", without="checking")
    await camera.take("setup-edit")
    await camera.press("enter")


async def choose(camera: Camera, profile: str) -> None:
    await camera.press("slash", *profile, "enter")
    await camera.see(f"run {profile} --demo")


async def take_live(camera: Camera, app: PerftuiApp) -> None:
    await camera.until(lambda: elapsed_s(app) >= NOTED_AT_S, "the run")
    await camera.press("m", *NOTE)
    await camera.take("note")
    await camera.press("enter")
    await camera.until(lambda: elapsed_s(app) >= SEEN_AT_S, "the failures")
    await camera.take("live")
    await camera.take("live-heatmap", lambda: camera.press_until("v", "Spread of times"))
    await camera.press_until("v", "Service time")
    await camera.press("left", "left", "left", "w", *["left"] * 12, "w")
    await camera.see("esc")
    await camera.take("live-window")
    await camera.press("escape", "escape", "escape", "down", "enter")
    await camera.see("p99.9")
    await camera.take("request")
    await camera.press("escape", "tab")
    await camera.take("failures")
    await camera.press("enter")
    await camera.see("500")
    await camera.take("failure")
    await camera.press("escape", "shift+tab")
    await camera.take("palette", lambda: camera.press("escape", "ctrl+p"))
    await camera.press("escape", "question_mark")
    await camera.take("help")
    await camera.press("escape")


def elapsed_s(app: PerftuiApp) -> float:
    return app.model.snapshot.elapsed_s if app.model.snapshot is not None else 0.0


async def take_kept(camera: Camera) -> None:
    await camera.see("Verdict")
    await camera.take("results")
    await camera.press("shift+tab", "shift+tab", "shift+tab", "shift+tab")
    await camera.take("results-histogram")
    await camera.press("5")
    await camera.see("passed", without="reading")
    await camera.press("space", "down", "space")
    await camera.take("history")
    await camera.press("c")
    await camera.see("All requests")
    await camera.take("compare")
    await camera.press("v")
    await camera.take("compare-chart")
    await camera.press("5", "up", "R")
    await camera.see("GET")
    await camera.press(*["full_stop"] * 14)
    await camera.take("replay")


def _started(run: Any) -> Any:
    return run.started_at


if __name__ == "__main__":
    with stage():
        asyncio.run(main())
