"""Bytes to the terminal and CPU of the viewer, while a run of 2 ticks a second is watched.

    python -m benchmarks.cockpit_line

The bytes are what Textual writes to the pty: ssh's own overhead is not in them, nor its compression.
"""

from __future__ import annotations

from benchmarks._watched import cockpit, fed_run

# Long enough for charts to have their axes, and for labels to stop growing.
WARM_UP_S = 15.0
MEASURED_S = 40.0
CASES = (
    ((120, 36), 50, 4.0),
    ((120, 36), 500, 6.0),
    ((80, 24), 50, 2.6),
    ((80, 24), 500, 2.6),
)
MOST_CPU_PERCENT = 3.0


def main() -> None:
    print(f"{'size':>8} {'requests':>9} {'kB/s':>7} {'at most':>8} {'CPU %':>7} {'at most':>8}")
    for size, names, most_kb in CASES:
        with fed_run(names) as run, cockpit(run, size) as line:
            line.watch(WARM_UP_S)
            received, cpu_s = line.received, line.cpu_s()
            line.watch(MEASURED_S)
            kb_per_s = (line.received - received) / MEASURED_S / 1000
            cpu = (line.cpu_s() - cpu_s) / MEASURED_S * 100
            bound = f"{MOST_CPU_PERCENT:g}" if (size, names) == ((120, 36), 500) else ""
            print(
                f"{size[0]:>5}x{size[1]} {names:>6} {kb_per_s:>7.2f} {most_kb:>8g} {cpu:>7.2f} {bound:>8}", flush=True
            )


if __name__ == "__main__":
    main()
