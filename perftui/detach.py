"""A run that outlives the terminal: its conductor in a session of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path

from perftui import exit_codes
from perftui.conductor.conductor import open_run
from perftui.conductor.interpreter import Interpreter
from perftui.conductor.loading import load_engine
from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan, plan_from_dict, plan_to_dict
from perftui.store.atomic import write_atomically


async def start_detached(
    plan: RunPlan, interpreter: Interpreter, runs_folder: Path, lease_fds: tuple[int, ...] = ()
) -> Path:
    """Start a conductor that goes on without us; the run's folder once load may flow.

    The conductor holds `lease_fds`, and what they stand for, as long as it lives. Raises PerftuiError with what
    the conductor says, where it does not get so far.
    """
    asked = {
        "plan": plan_to_dict(plan),
        "interpreter": [interpreter.python, interpreter.origin, interpreter.locust, interpreter.notice],
        "runs_folder": str(runs_folder),
    }
    line = await asyncio.to_thread(_start_and_read_answer, json.dumps(asked), lease_fds)
    try:
        answer = json.loads(line)
    except ValueError:
        raise PerftuiError(
            "the conductor did not start",
            "it died without a word",
            "Try `perftui run`",
            exit_code=exit_codes.BUG,
        ) from None
    if "error" in answer:
        what, why, next_step = answer["error"]
        raise PerftuiError(what, why, next_step, exit_code=answer["exit_code"])
    return Path(answer["folder"])


def _start_and_read_answer(asked: str, lease_fds: tuple[int, ...]) -> str:
    command = [sys.executable, "-P", "-m", "perftui", "conductor"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=lease_fds,
        start_new_session=True,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(asked)
        process.stdin.close()
        return process.stdout.readline()


def run_detached(asked_text: str) -> int:
    """The conductor's own process: answers with one line on stdout, then runs.

    It leaves the process that was started behind: whoever started it has no child to wait for.
    """
    if os.fork() != 0:
        os._exit(exit_codes.OK)
    asked = json.loads(asked_text)
    plan = plan_from_dict(asked["plan"])
    folder: Path | None = None

    async def run() -> int:
        engine = await load_engine(plan, Interpreter(*asked["interpreter"]))
        conductor = await open_run(plan, engine, Path(asked["runs_folder"]))
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, lambda: None)
        loop.add_signal_handler(signal.SIGTERM, lambda: conductor.stop("terminated", exit_codes.TERMINATED))
        loop.add_signal_handler(signal.SIGINT, lambda: conductor.stop("interrupted", exit_codes.INTERRUPTED))
        nonlocal folder
        folder = conductor.folder
        _answer({"folder": str(folder)})
        return (await conductor.run()).exit_code

    try:
        return asyncio.run(run())
    except PerftuiError as error:
        _answer({"error": [error.what, error.why, error.next_step], "exit_code": error.exit_code})
        return error.exit_code
    except Exception:
        if folder is not None:
            # Nobody reads this process's stderr: a bug leaves its traceback, without locals, with the run.
            write_atomically(folder / "crash.log", traceback.format_exc().encode(errors="replace"))
        raise


def _answer(document: dict[str, object]) -> None:
    """Tell the starter, and let it go, with its terminal."""
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)
