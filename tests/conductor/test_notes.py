"""Notes on a run that goes on: committed, shown to every viewer, in the record and its exports."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable

import pytest

from perftui import exit_codes
from perftui.cli import cli
from perftui.model.errors import PerftuiError
from perftui.model.marks import MAX_NOTES
from perftui.model.plan import RunPlan
from perftui.model.snapshot import Snapshot
from perftui.store.history import list_runs
from perftui.store.reader import RunReader
from perftui.wire.client import RunClient
from tests.conductor.conftest import Conducted
from tests.fakes.fault_server import RunningFaultServer
from tests.fakes.waiting import wait_until

Plans = Callable[..., RunPlan]


async def test_notes_of_viewers_are_kept_shown_and_exported(conducted: Conducted, make_plan: Plans) -> None:
    with RunningFaultServer("ok") as server:
        conductor = await conducted.open(make_plan(server.url, run_time_s=60.0))
        running = asyncio.create_task(conductor.run())
        await wait_until(lambda: conducted.requests > 5, "some requests")
        client = await asyncio.to_thread(RunClient.connect, conductor.viewers.path)
        assert client is not None
        client.note("now\x1b[2J token=hunter2", "ann@desk")
        client.note("before the start", "ann@desk", -5.0)
        client.note("after the end", "ann@desk", 1e9)
        client.note("   ", "ann@desk")

        def shown() -> tuple[Snapshot, ...]:
            return tuple(each for each in conducted.shown if len(each.notes) == 3)

        await wait_until(lambda: bool(shown()), "the notes")
        with sqlite3.connect(f"file:{conductor.folder}/samples.db?mode=ro", uri=True) as database:
            (committed,) = database.execute("SELECT count(*) FROM event WHERE kind = 'note'").fetchone()
        assert committed == 3
        # What the command says of a run that goes on comes from its conductor.
        await asyncio.to_thread(
            cli.main, ["note", conductor.folder.name, "by command", "--at", "0s"], standalone_mode=False
        )

        def fill() -> None:
            for number in range(MAX_NOTES):
                client.note(f"note {number}", "ann@desk", 0.5)

        await asyncio.to_thread(fill)
        await wait_until(lambda: len(conducted.shown[-1].notes) == MAX_NOTES, "the last note")
        with pytest.raises(PerftuiError, match="has 100 notes"):
            await asyncio.to_thread(cli.main, ["note", conductor.folder.name, "one too many"], standalone_mode=False)
        client.close()
        conductor.stop("enough", exit_codes.STOPPED_EARLY, now=True)
        await running
    first = shown()[-1].notes[0]
    assert (first.text, first.elapsed_s, first.by) == ("before the start", 0.0, "ann@desk")
    kept = RunReader(conductor.folder).record().notes
    assert [note.by for note in kept if note.text in ("before the start", "after the end")] == ["ann@desk"] * 2
    texts = [note.text for note in RunReader(conductor.folder).record().notes]
    assert len(texts) == MAX_NOTES
    assert {"now\\x1b[2J token=***", "after the end", "by command"} <= set(texts)
    assert [each["text"] for each in json.loads((conductor.folder / "result.json").read_text())["notes"]] == texts
    assert not (conductor.folder / "marks.json").exists()
    assert [each.notes for each in list_runs(conducted.runs_folder, lambda _: False)] == [MAX_NOTES]
