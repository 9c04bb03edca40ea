"""What the engine said is heard, whatever happens to what is said to it."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from perftui.conductor.engine_process import EngineProcess, Exited
from perftui.wire.messages import Ended, Stop, Stopping

# Says that it stops; and, when a file says so, its last word, and is gone with the answer unread.
LEAVING = """#!{python}
import os, sys, time
sys.path.insert(0, {root!r})
from perftui.wire.framing import encode
from perftui.wire.messages import Ended, Stopping
link = int(sys.argv[2])
os.write(link, encode(Stopping("run_time")))
while not os.path.exists("go"):
    time.sleep(0.01)
os.write(link, encode(Ended(None, None, ())))
os._exit(0)
"""


def _wait_for_its_end(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):  # asyncio was quicker
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


async def test_the_last_word_of_an_engine_that_left_before_it_was_answered_is_heard(tmp_path: Path) -> None:
    engine_like = tmp_path / "python"
    engine_like.write_text(LEAVING.format(python=sys.executable, root=str(Path(__file__).parents[2])))
    engine_like.chmod(0o700)
    engine = await EngineProcess.start(str(engine_like), str(tmp_path), os.environ)
    try:
        assert await engine.report() == Stopping("run_time")
        # Nothing of ours runs until it is gone, as where the conductor is busy with a tick.
        (tmp_path / "go").touch()
        _wait_for_its_end(engine.pid)
        engine.send(Stop())
        reports = [await engine.report()]
        while not isinstance(reports[-1], Exited):
            reports.append(await engine.report())
    finally:
        await engine.close()
    assert reports == [Ended(None, None, ()), Exited(0)]
