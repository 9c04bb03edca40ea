"""What can be done with a run that is kept: compared, named, marked, judged from elsewhere on, exported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType

from perftui import exit_codes
from perftui.model.duration import format_clock
from perftui.model.errors import PerftuiError
from perftui.model.judged import Window
from perftui.model.marks import Note
from perftui.model.record import Record
from perftui.model.text import clean
from perftui.tui.following.link import author
from perftui.tui.following.recall import KeptRun, Recall
from perftui.tui.screens.chores import Chore, ChoreScreen, on_thread
from perftui.tui.screens.note_dialog import NoteDialog
from perftui.tui.screens.questions import AskText, baseline_refusal
from perftui.tui.terminal.desktop import open_file, opener
from perftui.tui.texts.state_words import StateWord, verdict_word, word_of
from perftui.tui.widgets.run_charts import RunCharts

# Of a run that is shown, what needs one.
_OF_A_RUN = frozenset({"run_again", "baseline", "cut", "compare", "export", "copy_path"})
# A cursor this near to the cut means the cut itself.
_SAME_PLACE_S = 1.0


class KeptRunScreen(ChoreScreen):
    """A screen that shows `model.kept`, with its charts; what was changed is read again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run_again", "Run again", id="results.run_again", tooltip="Back to Setup with this plan"),
        Binding(
            "c", "compare", "Compare", id="results.compare", tooltip="What changed since the baseline of this profile"
        ),
        Binding("b", "baseline", "Baseline", id="results.baseline", tooltip="Compare others with this run from now on"),
        Binding("o", "export", "Export", id="results.export", tooltip="All exports, of the window alone where one is"),
        Binding("W", "cut", "Warm-up", id="results.cut", tooltip="Judge the run from the cursor on; again: as before"),
        Binding(
            "y", "copy_path", "Copy path", show=False, id="results.copy", tooltip="The path of the file, or the run"
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.exported: list[Path] = []
        """What was exported since the run was opened."""

    @property
    def chosen_window(self) -> Window | None:
        """The part of the run that an export is of; None: all of it."""
        raise NotImplementedError

    @property
    def chosen_path(self) -> Path | None:
        """A file that was chosen; None: the run's folder."""
        raise NotImplementedError

    def files_changed(self, kept: KeptRun) -> None:
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _OF_A_RUN:
            return self.model.kept is not None
        return super().check_action(action, parameters)

    def action_run_again(self) -> None:
        if (kept := self.model.kept) is not None:
            self.cockpit.set_up_again(kept.record.plan)

    def action_compare(self) -> None:
        kept = self.model.kept
        if kept is None:
            return
        plan, library = kept.record.plan, self.cockpit.services.library

        async def work(_chore: Chore) -> None:
            found = await on_thread(lambda: library.baseline_of(plan))
            if found is None:
                what = f"there is no baseline for {clean(plan.profile.name)} on {clean(plan.target.name)}"
                raise PerftuiError(what, "", "b makes this run one", exit_code=exit_codes.USAGE)
            if found[1].name == kept.folder.name:
                what = f"this run is the baseline {clean(found[0])} itself"
                raise PerftuiError(what, "", "In History space marks two runs", exit_code=exit_codes.USAGE)
            self.cockpit.compare_runs(found[1], kept.folder)

        self.begin("looking for the baseline…", work, can_be_left=True)

    def action_baseline(self) -> None:
        kept = self.model.kept
        if kept is None:
            return
        library = self.cockpit.services.library

        def named(name: str | None) -> None:
            if name is None:
                return

            async def work(_chore: Chore) -> None:
                self.cockpit.say(await on_thread(lambda: library.set_baseline(name, kept.folder)))

            self.begin("setting the baseline…", work)

        text = f"A name for {clean(kept.record.run_id)}, to compare others with:"
        suggested = clean(kept.record.plan.profile.name, 60)
        self.app.push_screen(AskText("Baseline", text, suggested, refusal=baseline_refusal), named)

    def on_run_charts_note_wished(self, event: RunCharts.NoteWished) -> None:
        event.stop()
        kept = self.model.kept
        if kept is None:
            return
        at_s = event.elapsed_s if event.elapsed_s is not None else kept.record.whole.elapsed_s
        library = self.cockpit.services.library

        def written(text: str | None) -> None:
            if text is not None:
                note = Note(at_s, text, author())
                self._mark(kept, "writing the note…", lambda _chore: library.add_note(kept.folder, note))

        self.app.push_screen(NoteDialog(at_s), written)

    def action_cut(self) -> None:
        """Move the end of the warm-up to the cursor; there already, or without a cursor: back to where it was."""
        kept = self.model.kept
        if kept is None:
            return
        at_s, cut_s = self.query_one(RunCharts).cursor_s, kept.record.marks.warm_up_s
        if cut_s is not None and (at_s is None or abs(at_s - cut_s) < _SAME_PLACE_S):
            at_s = None
        elif at_s is None:
            self.cockpit.say("← and → place the cursor; W cuts the warm-up there")
            return
        library = self.cockpit.services.library
        said = "as when it ended" if at_s is None else f"from {format_clock(at_s)} on"
        text = f"judging the run {said}…"

        def move(chore: Chore) -> None:
            def seen(done_s: float, until_s: float) -> None:
                chore.say(f"{text} {format_clock(done_s)} of {format_clock(until_s)}")

            library.move_warm_up(kept.folder, at_s, seen)

        self._mark(kept, text, move, lambda after: _judged(said, kept, after), can_be_left=True)

    def _mark(
        self,
        kept: KeptRun,
        text: str,
        change: Callable[[Chore], None],
        sentence: Callable[[KeptRun], str] | None = None,
        *,
        can_be_left: bool = False,
    ) -> None:
        """Do it on a thread, read the record again, and say what became of it."""

        async def work(chore: Chore) -> None:
            await on_thread(lambda: change(chore))
            chore.can_be_left = False
            chore.text = "reading the run again…"
            self.chore_changed()
            recall = Recall(self.cockpit.services, kept.folder)
            try:
                after = await recall.ending()
            finally:
                recall.close()
            if self.model.kept is kept:
                self.model.open(after)
                self.pump(force=True)
            if sentence is not None:
                self.cockpit.say(sentence(after))

        self.begin(text, work, can_be_left=can_be_left)

    def action_export(self) -> None:
        kept = self.model.kept
        if kept is None:
            return
        window = self.chosen_window
        library = self.cockpit.services.library

        what = "exporting the window…" if window else "exporting the run…"

        async def work(chore: Chore) -> None:
            def seen(text: str) -> None:
                chore.say(f"{what} {text}")

            paths = await on_thread(lambda: library.export(kept.folder, window, seen))
            self.exported += [path for path in paths if path not in self.exported]
            if self.model.kept is not None and self.model.kept.folder == kept.folder:
                self.files_changed(self.model.kept)
            self.cockpit.say(_exported_text(paths))

        self.begin(what, work, can_be_left=True)

    def action_copy_path(self) -> None:
        kept = self.model.kept
        if kept is None:
            return
        path = self.chosen_path or kept.folder
        # OSC 52: the terminal puts it into the clipboard of whoever sits before it, over SSH too.
        self.app.copy_to_clipboard(str(path.absolute()))
        self.cockpit.say(f"copied: {path.absolute()}")

    def open_path(self, path: Path) -> None:
        """With what the desktop has for it; where there is no desktop its path is said."""
        program = opener()
        if program is None or not open_file(program, path):
            self.cockpit.say(f"{path.absolute()} · y copies this path")


def verdict_of(record: Record) -> StateWord:
    return verdict_word(record.outcome.verdict) if record.outcome else word_of(record.state)


def _judged(said: str, before: KeptRun, after: KeptRun) -> str:
    was, now = verdict_of(before.record).text, verdict_of(after.record).text
    return f"judged {said}: {now}" + (f" (was {was})" if was != now else "")


def _exported_text(paths: Sequence[Path]) -> str:
    if not paths:
        return "nothing was exported"
    folder = paths[0].parent
    return f"{len(paths)} files were written into {folder.absolute()}: {', '.join(path.name for path in paths)}"
