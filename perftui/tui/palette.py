"""The command palette: everything by name. Names come from files and runs: shown cleaned, and never read as markup."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.command import CommandInput, CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import LoadingIndicator

from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.tui.screens.leaving import Leaving
from perftui.tui.settings import THEMES

if TYPE_CHECKING:
    from perftui.store.history import RunListing
    from perftui.tui.app import PerftuiApp

# Behind it stands what a command is for.
_TITLE_WIDTH = 24
# The newest; history has them all.
MAX_RUNS = 200
MODES = {
    "setup": ("Setup", "Choose what to run"),
    "live": ("Live", "The run that goes on"),
    "results": ("Results", "What became of a run"),
    "compare": ("Compare", "What changed from one run to another"),
    "history": ("History", "All runs that are kept"),
}
# Their keys are for a place on the screen: by name they would do nothing that anybody could foresee.
_NEEDS_A_PLACE = ("move_", "scroll_", "next_pane", "nth", "answer", "dismiss", "cursor", "focus")


class Command(NamedTuple):
    title: str
    help: str
    run: Callable[[], Awaitable[object] | object]


class Palette(CommandPalette, Leaving[None]):
    """Textual's own, as the dialogs look: in a frame, and without a picture of a magnifying glass."""

    def __init__(self) -> None:
        super().__init__(placeholder="a name, or a part of one", id="--command-palette")

    def compose(self) -> ComposeResult:
        with Vertical(id="--container") as frame:
            frame.border_title, frame.border_subtitle = "Commands", "↑↓ enter does it · esc closes"
            with Horizontal(id="--input"):
                yield CommandInput(placeholder=self._placeholder, select_on_focus=False, compact=True)
            with Vertical(id="--results"):
                yield CommandList()
                yield LoadingIndicator()


class _CommandProvider(Provider):
    def commands(self) -> Iterable[Command]:
        raise NotImplementedError

    @property
    def cockpit(self) -> PerftuiApp:
        return cast("PerftuiApp", self.app)

    async def discover(self) -> Hits:
        for command in self.commands():
            title = clean(command.title)
            yield DiscoveryHit(_entry(Content(title), command), command.run, text=title)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self.commands():
            title = clean(command.title)
            # Its own highlighting would read the title as markup.
            score, places = matcher.fuzzy_search.match(query, title)
            if score > 0:
                shown = Content(title)
                for place in places:
                    shown = shown.stylize(matcher.match_style, place, place + 1)
                yield Hit(score, _entry(shown, command), command.run, text=title)


class CockpitCommands(_CommandProvider):
    """What can be done here, what can be chosen, and how it looks."""

    def commands(self) -> Iterator[Command]:
        app = self.cockpit
        yield from _actions_of(self.screen)
        keys = _keys_by_id(self.screen)
        for mode, (title, text) in MODES.items():
            key = keys.get(f"app.{mode}", "")
            yield Command(title, f"{text} ({key})" if key else text, partial(app.action_mode, mode))
        yield from self._choices()
        for name, text in THEMES.items():
            yield Command(f"Theme: {name}", text, partial(app.put_on, name))
        yield Command("Save the screen as SVG", "A picture, in the current folder", app.action_save_screen)
        yield Command("Keys", "The keys that work here", app.action_help)
        yield Command("Quit", "Asks while a run goes on", app.action_leave)

    def _choices(self) -> Iterator[Command]:
        app, known = self.cockpit, self.cockpit.services.profile_set
        for name, profile in known.profiles.items():
            text = profile.description or "choose it in Setup"
            yield Command(f"Profile: {name}", text, partial(app.choose, profile=name))
        for name in known.target_names():
            target = known.targets.get(name)
            yield Command(
                f"Target: {name}", target.url if target else "choose it in Setup", partial(app.choose, target=name)
            )
        for name, scenario in known.scenarios.items():
            yield Command(f"Scenario: {name}", ", ".join(scenario.locustfiles), partial(app.choose, scenario=name))


class RunCommands(_CommandProvider):
    """The runs that are kept, read once when the palette opens."""

    def __init__(self, screen: Screen[Any], match_style: Any = None) -> None:
        super().__init__(screen, match_style)
        self._runs: Sequence[RunListing] = ()

    async def startup(self) -> None:
        try:
            runs = await asyncio.to_thread(self.cockpit.services.library.listings)
        except PerftuiError:
            # History says why; the palette has the rest.
            return
        self._runs = runs[:MAX_RUNS]

    def commands(self) -> Iterator[Command]:
        app = self.cockpit
        kept = app.model.kept
        for run in self._runs:
            text = " · ".join(
                filter(None, (run.profile, run.target, (run.verdict or run.state.value).replace("_", " ")))
            )
            yield Command(f"Run: {run.run_id}", f"open: {text}", partial(app.look_at, run.folder))
            if kept is not None and kept.folder != run.folder:
                title = f"Compare with run: {run.run_id}"
                yield Command(title, text, partial(app.compare_runs, run.folder, kept.folder))


def _actions_of(screen: Screen[Any]) -> Iterator[Command]:
    """What the keys of this screen do, by name."""
    said: set[str] = set()
    for active in screen.active_bindings.values():
        binding = active.binding
        name = binding.action.rpartition(".")[2]
        if isinstance(active.node, App) or not active.enabled or not binding.description or name in said:
            continue
        if name.startswith(_NEEDS_A_PLACE):
            continue
        said.add(name)
        text = active.tooltip or binding.tooltip
        run = partial(screen.app.run_action, binding.action, default_namespace=active.node)
        yield Command(binding.description, f"{text or 'here'} ({screen.app.get_key_display(binding)})", run)


def _keys_by_id(screen: Screen[Any]) -> dict[str, str]:
    bindings = [active.binding for active in screen.active_bindings.values()]
    return {each.id: screen.app.get_key_display(each) for each in reversed(bindings) if each.id}


def _entry(title: Content, command: Command) -> Any:
    """One line: the name, and what it is for. Textual takes any content, and says `str`."""
    gap = " " * max(2, _TITLE_WIDTH - cell_len(title.plain))
    return title.append(gap).append(Content(clean(command.help)).stylize("$foreground 55%"))
