"""The run's socket, by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

from perftui.conductor.viewers import Viewers
from tests.fakes.waiting import wait_until


async def test_when_a_run_is_over_nobody_is_served_any_more_not_even_who_never_said_a_word(tmp_path: Path) -> None:
    viewers = Viewers(tmp_path, "run", lambda _: None)
    await viewers.open()
    reader, writer = await asyncio.open_unix_connection(viewers.path)
    await wait_until(_served, "the connection to be served")
    await viewers.close()
    assert not _served()
    assert await reader.read() == b""
    writer.close()


def _served() -> bool:
    return any("Viewers._serve" in repr(each) for each in asyncio.all_tasks())
