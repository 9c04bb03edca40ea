"""From a key to its effect on the screen, while a run is watched: on a line without a limit, and on one of 8 kB/s.

    python -m benchmarks.cockpit_keys

The key moves the cursor of the request table; the time ends when the terminal has received that. On the slow line the
key is pressed in a quiet moment, and again right after another mode was chosen, while its whole screen is on the way.
"""

from __future__ import annotations

import random
import statistics
import time

from benchmarks._line import Line
from benchmarks._watched import cockpit, fed_run, longest_stall_s

SIZE, NAMES = (120, 36), 500
KEYS = 60
SLOW_BYTES_PER_S = 8_000
CURSOR = "▌"


def main() -> None:
    print(f"{SIZE[0]}x{SIZE[1]}, {NAMES} requests, 2 ticks a second; ms from key to screen, and the longest stall")
    print(f"{'line':<28} {'p50':>6} {'p95':>6} {'max':>6} {'p95 at most':>12} {'stall':>6} {'at most':>8}")
    with fed_run(NAMES) as run:
        with cockpit(run, SIZE) as line:
            _print("no limit", [_move(line) for _ in range(KEYS)], 20, None)
        with cockpit(run, SIZE, SLOW_BYTES_PER_S, is_watched=True) as line:
            _print("8 kB/s", [_move(line) for _ in range(KEYS)], 500, longest_stall_s(run))
        with cockpit(run, SIZE, SLOW_BYTES_PER_S, is_watched=True) as line:
            _print(
                "8 kB/s, mode just switched",
                [_move_after_switch(line) for _ in range(KEYS // 4)],
                500,
                longest_stall_s(run),
            )


def _print(name: str, times_s: list[float], most_ms: float, stall_s: float | None) -> None:
    times_ms = sorted(each * 1000 for each in times_s)
    p95 = times_ms[int(len(times_ms) * 0.95) - 1]
    stall = "" if stall_s is None else f"{stall_s * 1000:>6.0f} {200:>8}"
    print(
        f"{name:<28} {statistics.median(times_ms):>6.1f} {p95:>6.1f} {times_ms[-1]:>6.1f} {most_ms:>12g} {stall}",
        flush=True,
    )


def _cursor_line(line: Line) -> int:
    return next((at for at, row in enumerate(line.screen.display) if CURSOR in row[:4]), -1)


def _move(line: Line) -> float:
    # At no fixed place in the second, in which the screen is drawn once.
    line.watch(random.uniform(0.2, 0.9))
    return _press_and_wait(line)


def _move_after_switch(line: Line) -> float:
    line.watch(1.5)
    line.press("1")
    line.watch(0.1)
    line.press("2")
    line.watch(0.1)
    return _press_and_wait(line)


def _press_and_wait(line: Line) -> float:
    before = _cursor_line(line)
    first = next(at for at, row in enumerate(line.screen.display) if "/api/v1/shop" in row and "GET" in row)
    line.press("j" if before < first + 3 else "k")
    return line.wait_for(lambda: _cursor_line(line) not in (-1, before), within_s=20)


if __name__ == "__main__":
    random.seed(5)
    begin = time.monotonic()
    main()
    print(f"{time.monotonic() - begin:.0f} s")
