"""A run that outlives the terminal: its conductor in a session of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from perftui import exit_codes
from perftui.conductor.interpreter import Interpreter
from perftui.conductor.loading import load_engine
from perftui.conductor.opening import open_run
from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan, plan_from_dict, plan_to_dict
from perftui.model.text import mask_secrets
from perftui.store.atomic import write_atomically

T = TypeVar("T")

# The starter's one word: it knows where the run is.
_GO = b"\n"


async def start_detached(
    plan: RunPlan, interpreter: Interpreter, runs_folder: Path, lease_fds: tuple[int, ...] = ()
) -> Path:
    """Start a conductor that goes on without us; the run's folder once load may flow.

    No run goes on where this is cancelled, or this process ends, before it returns. The conductor holds
    `lease_fds`, and what they stand for, as long as it lives. Raises PerftuiError with what the conductor says,
    where it does not get so far.
    """
    asked = {
        "plan": plan_to_dict(plan),
        "interpreter": [interpreter.python, interpreter.origin, interpreter.locust, interpreter.notice],
        "runs_folder": str(runs_folder),
    }
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    with ours:
        ours.setblocking(False)
        with theirs:
            starting = _start(json.dumps(asked), theirs, lease_fds)
        try:
            line = b""
            while not line.endswith(b"\n") and (data := await loop.sock_recv(ours, 1 << 16)):
                line += data
        finally:
            # It forks at once and has left before it answers; one that is not so far shall not get there.
            starting.kill()
            starting.wait()
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
        # Nothing is awaited from here on: whoever gave the word knows where the run is.
        with contextlib.suppress(ConnectionError):
            ours.send(_GO)
        return Path(answer["folder"])


def _start(asked: str, line: socket.socket, lease_fds: tuple[int, ...]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "perftui", "conductor"]
    # A file, and no pipe: a large plan would fill one, and wait here for its reader.
    with tempfile.TemporaryFile() as file:
        file.write(asked.encode())
        file.seek(0)
        return subprocess.Popen(
            command,
            stdin=file,
            stdout=line.fileno(),
            stderr=subprocess.DEVNULL,
            pass_fds=lease_fds,
            start_new_session=True,
        )


class _Starter:
    """Whoever asked for the run, at the other end of our stdout. Its end is closed when it goes away."""

    def __init__(self) -> None:
        self._line = socket.socket(fileno=os.dup(1))
        self._line.setblocking(False)
        self._word = asyncio.create_task(self._hear())

    async def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`, which is cancelled when the starter goes away: _StarterGoneError then."""
        task = asyncio.create_task(work)
        await asyncio.wait((task, self._word), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            await asyncio.wait((task,))
            raise _StarterGoneError
        return task.result()

    async def agrees(self, folder: Path) -> bool:
        """Tell where the run is, and wait for the word to go. False where nobody is there to give it."""
        _answer({"folder": str(folder)})
        said = await self._word == _GO
        self._line.close()
        return said

    async def _hear(self) -> bytes:
        try:
            return await asyncio.get_running_loop().sock_recv(self._line, 1)
        except ConnectionError:
            return b""


class _StarterGoneError(Exception):
    """Nobody waits for the run any more."""


def run_detached(asked_text: str) -> int:
    """The conductor's own process: answers with one line on stdout, and runs when it is told to go.

    stdout is a socket. Whoever started us may be gone before the run has a name: it would go on unseen, and so
    it does not begin, and leaves no record.

    It leaves the process that was started behind: whoever started it has no child to wait for.
    """
    if os.fork() != 0:
        os._exit(exit_codes.OK)
    asked = json.loads(asked_text)
    plan = plan_from_dict(asked["plan"])
    folder: Path | None = None

    async def run() -> int:
        starter = _Starter()
        engine = await starter.wait_for(load_engine(plan, Interpreter(*asked["interpreter"])))
        conductor = await open_run(plan, engine, Path(asked["runs_folder"]))
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, lambda: None)
        loop.add_signal_handler(signal.SIGTERM, lambda: conductor.stop("terminated", exit_codes.TERMINATED))
        loop.add_signal_handler(signal.SIGINT, lambda: conductor.stop("interrupted", exit_codes.INTERRUPTED))
        nonlocal folder
        folder = conductor.folder
        if not await starter.agrees(folder):
            await engine.close()
            await conductor.viewers.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise _StarterGoneError
        return (await conductor.run()).exit_code

    try:
        return asyncio.run(run())
    except PerftuiError as error:
        _answer({"error": [error.what, error.why, error.next_step], "exit_code": error.exit_code})
        return error.exit_code
    except _StarterGoneError:
        return exit_codes.HANGUP
    except Exception:
        if folder is not None:
            # Nobody reads this process's stderr: a bug leaves its traceback, without locals, with the run.
            write_atomically(folder / "crash.log", _crash_text())
        raise


def _answer(document: dict[str, object]) -> None:
    """Tell the starter, and let it go, with its terminal."""
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(document).encode() + b"\n")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)


def _crash_text() -> bytes:
    lines = traceback.format_exc().splitlines(keepends=True)
    return "".join(map(mask_secrets, lines)).encode(errors="replace")
