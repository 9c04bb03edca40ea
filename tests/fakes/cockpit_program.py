"""A cockpit as its own program, for tests under a pty: `python -m tests.fakes.cockpit_program MODE`.

MODE is `setup`; `slow`, the same for a thin line; `live`: a run with three hundred names whose numbers all change
each second; or `crash`: a bug with a secret in a local variable.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from pathlib import Path

from perftui.model.errors import PerftuiError
from perftui.profiles.choice import AskedNames
from perftui.tui.services import RunAddress
from perftui.tui.settings import Settings
from perftui.tui.terminal.edges import run_cockpit
from tests.fakes.cockpit_services import FakeServices
from tests.fakes.fake_conductor import FakeConductor
from tests.fakes.ticks import delta, tick


def main(mode: str) -> int:
    runtime = Path(os.environ["XDG_RUNTIME_DIR"])
    conductor = FakeConductor(Path("runs/20260304T050607_light_shop"), runtime / "run.sock")
    services = FakeServices(conductor)
    if mode == "crash":
        services.command_line = _raise_with_a_secret  # type: ignore[method-assign, assignment]
    if mode != "live":
        return run_cockpit(services, AskedNames("smoke", "local"), settings=Settings(is_slow=mode == "slow"))
    # The conductor of a real run is another process, and outlives the cockpit's.
    child = os.fork()
    if child == 0:
        asyncio.run(_conduct(conductor))
        os._exit(0)
    address = RunAddress(conductor.folder, conductor.socket)
    while not conductor.socket.exists():
        threading.Event().wait(0.01)
    return run_cockpit(FakeServices(FakeConductor(conductor.folder, conductor.socket)), AskedNames(), attach=address)


async def _conduct(conductor: FakeConductor) -> None:
    await conductor.open()
    parent = os.getppid()
    for seq in range(600):
        names = [
            delta(f"/item/{number}", (float(5 + (seq * number) % 90),) * (1 + number % 4)) for number in range(300)
        ]
        conductor.feed(tick(seq, *names))
        for _ in range(10):
            await asyncio.sleep(0.1)
            if os.getppid() != parent:
                return


def _raise_with_a_secret(*_plan: object) -> str:
    authorization = "Bearer " + "canary" * 3
    raise RuntimeError(f"a bug, {len(authorization)} letters away")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except PerftuiError as error:
        print(f"perftui: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
