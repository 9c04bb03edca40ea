"""First paint: `perftui launch` against a minimal Textual app, started in turn.

    python -m benchmarks.cockpit_start

The first round writes the bytecode and does not count. The time ends when the terminal shows the app's text: the names
of the profiles, or the one label of the minimal app.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._line import Line

ROUNDS = 9
SIZE = (120, 36)
AIM = 2.0
MINIMAL = """
from textual.app import App
from textual.widgets import Static

class Minimal(App):
    def compose(self):
        yield Static("a minimal app")

Minimal().run()
"""


def first_paint_s(command: tuple[str, ...], text: str, folder: Path) -> float:
    begin_s = time.monotonic()
    line = Line(command, SIZE, cwd=folder)
    try:
        line.wait_for(lambda: text in line.text)
        return time.monotonic() - begin_s
    finally:
        line.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["XDG_RUNTIME_DIR"] = home
        os.environ["PERFTUI_RUNS_DIR"] = f"{home}/runs"
        # As installed: the bytecode of both was written once, whatever the environment of this process forbids.
        os.environ["PYTHONPYCACHEPREFIX"] = f"{home}/bytecode"
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        minimal = Path(home) / "minimal.py"
        minimal.write_text(MINIMAL)
        apps = {
            "minimal Textual app": ((sys.executable, str(minimal)), "a minimal app"),
            "perftui launch": ((str(Path(sys.executable).parent / "perftui"), "launch"), "endurance"),
        }
        times_s: dict[str, list[float]] = {name: [] for name in apps}
        for number in range(1 + ROUNDS):
            for name, (command, text) in apps.items():
                time_s = first_paint_s(command, text, Path(home))
                if number:
                    times_s[name].append(time_s)
    least, ours = (statistics.median(each) for each in times_s.values())
    for name, each in times_s.items():
        median_ms, least_ms, most_ms = (of(each) * 1000 for of in (statistics.median, min, max))
        print(f"{name:<22} median {median_ms:>5.0f} ms, {least_ms:.0f} to {most_ms:.0f}")
    print(f"ratio {ours / least:.2f}, at most {AIM:g}")


if __name__ == "__main__":
    main()
