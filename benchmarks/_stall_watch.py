"""`perftui` with a watch over the cockpit's event loop: `python -m benchmarks._stall_watch FILE ARGUMENTS…`.

FILE holds, in seconds, by how much a sleep of 10 ms was late at most, from two seconds after the start on.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import perftui.tui.app
from perftui.cli import main

_SLEEP_S = 0.01
_NOT_BEFORE_S = 2.0


async def _watch(file: Path) -> None:
    loop = asyncio.get_running_loop()
    begin_s, longest_s = loop.time(), 0.0
    while True:
        before_s = loop.time()
        await asyncio.sleep(_SLEEP_S)
        late_s = loop.time() - before_s - _SLEEP_S
        if loop.time() - begin_s > _NOT_BEFORE_S and late_s > longest_s:
            longest_s = late_s
            _keep(file, longest_s)


def _keep(file: Path, longest_s: float) -> None:
    file.write_text(f"{longest_s:.4f}")


def _run(file: Path) -> None:
    class Watched(perftui.tui.app.PerftuiApp):
        def on_ready(self) -> None:
            self.run_worker(_watch(file))

    # What `perftui attach` opens.
    vars(perftui.tui.app)["PerftuiApp"] = Watched
    main()


if __name__ == "__main__":
    path = Path(sys.argv.pop(1))
    _run(path)
