"""The real command line, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

COMMAND = (sys.executable, "-m", "perftui")
# Far above what any run of the tests takes: a hang fails, a slow machine does not.
TIMEOUT_S = 90

LOCUSTFILE = """
from locust import FastHttpUser, constant, task

class ShopUser(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def read(self):
        self.client.get("/")
"""


def perftui(
    *arguments: str, cwd: Path, before: str = "", environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run perftui to its end without a terminal. `before` is shell that runs first, such as a ulimit."""
    command: tuple[str, ...] = (*COMMAND, *arguments)
    if before:
        command = ("bash", "-c", f'{before}; exec "$@"', "bash", *command)
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )


def locustfile_in(folder: Path, text: str = LOCUSTFILE, name: str = "locustfile.py") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def profiles_in(folder: Path, url: str, **extra: str) -> Path:
    """A profiles.toml with one quick profile, and the target `stage` at `url`."""
    path = folder / "profiles.toml"
    lines = "\n".join(f"{key} = {value}" for key, value in extra.items())
    path.write_text(f"""
[targets.stage]
url = "{url}"

[scenarios.shop]
locustfiles = ["locustfile.py"]

[profiles.quick]
scenario = "shop"
users = 3
spawn_rate = 10
run_time = "2s"
stop_timeout = "1s"
read_timeout = "30s"
{lines}
""")
    return path
