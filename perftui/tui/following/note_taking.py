"""A note about the run that is watched: to its conductor, and where that takes none any more into the record."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Protocol

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.marks import Note
from perftui.model.run_state import RunState
from perftui.tui.following.follow import Follower
from perftui.tui.following.recall import Recall

# A conductor that goes on answers sooner.
_ANSWER_WITHIN_S = 5.0
_LOOKED_EVERY_S = 0.2
_NOT_WRITTEN = "the note was not written"


class Noting(Follower, Protocol):
    def note(self, text: str, elapsed_s: float | None = None) -> bool: ...


async def take_note(app: Noting, note: Note, elapsed_s: float | None) -> None:
    """Until it stands on the timeline. `elapsed_s` None: when the conductor hears of it, at about that of `note`.

    Raises PerftuiError where it stands nowhere.
    """
    model, address, fitting = app.model, app.model.address, note.fit()
    if address is None or not fitting.text:
        return
    if model.is_live and not _is_sealing(app) and not app.note(note.text, elapsed_s):
        raise _not_written("the conductor does not answer")
    patience_until_s = time.monotonic() + _ANSWER_WITHIN_S
    while model.is_live and model.address is address:
        snapshot = model.snapshot
        if snapshot is not None and any((each.text, each.by) == (fitting.text, fitting.by) for each in snapshot.notes):
            return
        if time.monotonic() > patience_until_s and model.stale_s is None and not _is_sealing(app):
            raise _not_written("the conductor does not take it: a run has room for so many")
        await asyncio.sleep(_LOOKED_EVERY_S)
    record = model.record
    if model.address is not address or record is None:
        return
    if any((each.text, each.by) == (fitting.text, fitting.by) for each in record.notes):
        return
    # It came while the run was sealed: then it is a mark of a run that is over.
    lasted_s = record.outcome.duration_s if record.outcome else record.whole.elapsed_s
    library = app.services.library
    await asyncio.to_thread(library.add_note, address.folder, replace(note, elapsed_s=min(note.elapsed_s, lasted_s)))
    recall = Recall(app.services, address.folder)
    try:
        after = await recall.ending()
    finally:
        recall.close()
    if model.kept is not None and model.kept.folder == after.folder:
        model.open(after)
        app.run_changed(at_once=True)


def _is_sealing(app: Noting) -> bool:
    snapshot = app.model.snapshot
    return snapshot is not None and (snapshot.state is RunState.SEALING or snapshot.state.is_over)


def _not_written(why: str) -> PerftuiError:
    return PerftuiError(_NOT_WRITTEN, why, "m writes it again", exit_code=exit_codes.ENVIRONMENT)
