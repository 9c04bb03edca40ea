"""Record the first five minutes of somebody who has just installed perftui: a real terminal, real runs, real time.

Run by `make recording`. It writes first-five-minutes.cast, for `asciinema play` or any player of asciicasts.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from _cast import Cast  # noqa: E402
from _stage import stage, turn_knobs  # noqa: E402

from perftui.demo.process import DemoLease  # noqa: E402
from perftui.wire.rendezvous import runtime_folder  # noqa: E402

SIZE = (100, 30)
LEFT, DOWN, UP, ENTER, ESCAPE, TAB, CTRL_P, CTRL_R, CTRL_U = (
    "\x1b[D",
    "\x1b[B",
    "\x1b[A",
    "\r",
    "\x1b",
    "\t",
    "\x10",
    "\x12",
    "\x15",
)
WRONG = {"latency_ms": 40, "jitter_ms": 20, "failure_share": 0.06}
SHELL = ("bash", "--norc", "--noprofile", "-i")


def record() -> Cast:
    os.environ["PATH"] = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}"
    os.environ["PS1"] = r"\[\e[32m\]\w\[\e[0m\] $ "
    cast = Cast(SHELL, SIZE, "perftui: the first five minutes")
    cast.see("$")
    cast.look(1)
    cast.type(*"perftui launch --demo", every_s=0.07)
    cast.type(ENTER)
    set_up(cast)
    # The target goes on while any cockpit, run or lease needs it: this one is for its knobs.
    lease = DemoLease.connect(runtime_folder() / "demo")
    assert lease is not None
    with lease:
        watch_first_run(cast)
        watch_second_run(cast, lease.url)
        look_back(cast)
    cast.type(*"exit", ENTER)
    cast.look(0.5)
    return cast


def set_up(cast: Cast) -> None:
    cast.see("Preflight  ✓", without="checking")
    cast.chapter("Setup")
    cast.look(6)
    cast.type(DOWN, DOWN, DOWN, UP, UP, UP, every_s=0.45)
    cast.look(1.5)
    cast.type("e", every_s=0.8)
    cast.type("4", "0", every_s=0.4)
    cast.type(DOWN, every_s=0.8)
    cast.type("4", every_s=1.2)
    cast.type(ENTER)
    cast.see("Preflight  ✓", without="checking")
    cast.look(3)
    cast.chapter("One user on trial")
    cast.type("t")
    cast.see("none failed")
    cast.look(6)
    cast.type(ESCAPE)
    cast.look(1.5)


def watch_first_run(cast: Cast) -> None:
    cast.type(CTRL_R)
    cast.chapter("Live")
    cast.see("RUNNING")
    cast.look(11)
    cast.type("v")
    cast.look(5)
    cast.type("v", "v", every_s=3)
    cast.type(*[LEFT] * 5, every_s=0.5)
    cast.look(1.5)
    cast.type(ESCAPE)
    cast.type("s", every_s=2)
    cast.type(DOWN, DOWN, every_s=0.3)
    cast.chapter("A request's own page")
    cast.type(ENTER)
    cast.look(6)
    cast.type(ESCAPE)
    cast.see("Verdict")
    cast.chapter("Results")
    cast.look(5)
    cast.type(TAB, TAB, every_s=2.5)
    cast.type("b", every_s=1.5)
    cast.type(CTRL_U, *"release-1.4", ENTER)
    cast.look(3)


def watch_second_run(cast: Cast, target: str) -> None:
    cast.chapter("Again, with a baseline")
    cast.type("r")
    cast.see("Preflight  ✓", without="checking")
    cast.look(2)
    # For all of this run: a comparison has to find it beyond the noise of each run.
    turn_knobs(target, WRONG)
    cast.type(CTRL_R)
    cast.see("RAMPING")
    cast.look(4)
    cast.type("m", every_s=0.6)
    cast.type(*"release 1.5 is out", ENTER, every_s=0.08)
    cast.look(14)
    cast.chapter("How times spread")
    cast.type("v")
    cast.look(4)
    cast.type("V")
    cast.look(1)
    cast.chapter("A window")
    cast.type(*[LEFT] * 3, "w", *[LEFT] * 7, "w", every_s=0.15)
    cast.look(4.5)
    cast.type(ESCAPE)
    cast.look(0.5)
    cast.chapter("Failures")
    cast.type(TAB)
    cast.look(2)
    cast.type(ENTER)
    cast.look(4)
    cast.type(ESCAPE)
    cast.look(1)
    cast.chapter("Detached, and back")
    cast.type("d")
    cast.see("perftui attach")
    cast.look(1.5)
    cast.type(*"perftui attach", ENTER, every_s=0.07)
    cast.see("Verdict")
    cast.chapter("Results")
    cast.look(8)
    cast.type(*[TAB] * 6, every_s=0.4)
    cast.look(5)


def look_back(cast: Cast) -> None:
    turn_to(cast, "5", "passed")
    cast.chapter("History")
    cast.look(3)
    cast.type("t", every_s=1.5)
    cast.type(" ", DOWN, " ", every_s=0.7)
    cast.look(1)
    cast.type("c")
    cast.see("All requests")
    cast.chapter("Compare")
    cast.look(9)
    cast.type("t", every_s=2)
    cast.type(DOWN, DOWN, ENTER, every_s=0.5)
    cast.look(4)
    turn_to(cast, "5", "passed")
    cast.chapter("Replay")
    cast.type("R", every_s=3)
    cast.type(">", every_s=3)
    cast.type("q", every_s=1)
    cast.chapter("Everything by name")
    cast.type(CTRL_P, every_s=1)
    cast.type(*"light", every_s=0.25)
    cast.look(1.5)
    cast.type(ESCAPE, every_s=1)
    cast.type("?")
    cast.look(3)
    cast.type(ESCAPE, every_s=1)
    cast.type("q")
    cast.see("~/shop $")
    cast.look(2.5)
    cast.type(*"perftui show --failures | head -20", ENTER, every_s=0.06)
    cast.look(3)


def turn_to(cast: Cast, mode: str, text: str) -> None:
    cast.type(mode)
    cast.see(text, without="reading")


if __name__ == "__main__":
    with stage():
        done = record()
        path = HERE / "first-five-minutes.cast"
        done.write(path)
        done.close()
        print(f"{path}: {done.at_s:.0f} s, {path.stat().st_size / 1000:.0f} kB")
