"""The locustfiles of a master, for a load worker that has none: as `locust -f -` asks for them."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable
from time import monotonic
from typing import Any
from uuid import uuid4

import gevent
import locust
from gevent.event import AsyncResult
from locust.exception import RPCError
from locust.rpc import zmqrpc
from locust.rpc.protocol import Message

from perftui.engine.faults import LoadError
from perftui.engine.worker import JOIN_LIMIT_S, address_of
from perftui.model.text import clean
from perftui.wire.messages import WorkerSettings

ASK_AGAIN_S = 0.5
MAX_FILES = 100
MAX_FILE_CHARS = 10_000_000
# The agent comes along for workers that are not perftui's own.
AGENT_PREFIX = "perftui_agent_"


def fetch(settings: WorkerSettings, came_round: Callable[[], None] = lambda: None) -> tuple[str, ...]:
    """Write them into a new private folder; their paths, in the master's order. Raises LoadError.

    `came_round` is called as often as it asks: whoever waits for a master is not stuck.
    """
    where = f"{settings.host}:{settings.port}"
    answer = _ask(settings, where, came_round)
    files = answer.get("locustfiles") if isinstance(answer, dict) else None
    if not isinstance(files, list) or not 0 < len(files) <= MAX_FILES:
        said = clean(str(answer.get("error", "")), 200) if isinstance(answer, dict) else ""
        raise LoadError("environment", f"the master at {where} sent no locustfile{f': {said}' if said else ''}")
    folder = tempfile.mkdtemp(prefix="perftui-worker-")
    return tuple(path for each in files if (path := _write(folder, each, where)))


def _ask(settings: WorkerSettings, where: str, came_round: Callable[[], None]) -> Any:
    client_id = f"{socket.gethostname()}_download_locustfile_{uuid4().hex}"
    client = zmqrpc.Client(address_of(settings), settings.port, client_id)
    answered: AsyncResult = AsyncResult()
    listening = gevent.spawn(_listen, client, answered)
    until_s = monotonic() + JOIN_LIMIT_S
    try:
        while not answered.ready():
            if monotonic() >= until_s:
                raise LoadError("environment", f"no master answered at {where} within {JOIN_LIMIT_S:g} s")
            client.send(Message("locustfile", {"version": locust.__version__}, client_id))
            answered.wait(ASK_AGAIN_S)
            came_round()
    finally:
        listening.kill(block=False)
        client.close(linger=0)
    return answered.get()


def _listen(client: Any, answered: AsyncResult) -> None:
    while not answered.ready():
        try:
            message = client.recv()
        except (RPCError, ValueError, TypeError):
            continue  # it is no answer
        if message.type == "locustfile":
            answered.set(message.data)


def _write(folder: str, file: Any, where: str) -> str:
    """The path that Locust knows `file` by; "" for the agent."""
    if isinstance(file, str):
        return file  # a URL, which each worker fetches by itself
    name = file.get("filename") if isinstance(file, dict) else None
    text = file.get("contents") if isinstance(file, dict) else None
    if not isinstance(name, str) or not isinstance(text, str) or len(text) > MAX_FILE_CHARS:
        raise LoadError("environment", f"the master at {where} sent something that is no locustfile")
    name = os.path.basename(clean(name, 200))
    if name.startswith(AGENT_PREFIX):
        return ""
    path = os.path.join(folder, name if name.endswith(".py") else f"{name}.py")
    with open(path, "w", encoding="utf-8") as written:
        written.write(text)
    return path
