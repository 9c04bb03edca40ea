"""What the cockpit needs from the outside: the command line implements it, tests fake it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from perftui.model.judged import WHOLE_RUN

if TYPE_CHECKING:
    # Types of half the program: the first screen is not to wait for them.
    from perftui.model.exchange import Exchange, Trial
    from perftui.model.inspection import CheckItem, Inspection
    from perftui.model.judged import Window
    from perftui.model.marks import Note
    from perftui.model.plan import Profile, RunPlan, Scenario, Target
    from perftui.model.record import Record, RunEvent
    from perftui.model.request_page import RequestCounts, RequestPage
    from perftui.model.snapshot import TimelinePoint
    from perftui.model.spectrum import Spectrum
    from perftui.model.tick import Tick
    from perftui.model.totals import RunTotals
    from perftui.reports.comparison_figures import Compared
    from perftui.store.history import RunListing

# The scenario that the files given with -f make. No scenario of a file can have this name.
GIVEN_FILES = "-f"


@dataclass(frozen=True, slots=True)
class RunAddress:
    """Where a run is found: its folder, and the socket that its conductor listens on."""

    folder: Path
    socket: Path


class ProfileSet(Protocol):
    """What can be asked, by name. `source` is the file it was read from, or "built-in"."""

    @property
    def profiles(self) -> Mapping[str, Profile]: ...

    @property
    def targets(self) -> Mapping[str, Target]: ...

    @property
    def scenarios(self) -> Mapping[str, Scenario]: ...

    @property
    def source(self) -> str: ...

    def target_names(self) -> tuple[str, ...]:
        """Every target that may be named: one of them may stand in no file."""

    def target_of(self, profile: str) -> str | None:
        """The target that the profile names."""

    def scenario_of(self, profile: str) -> str | None:
        """The scenario that the profile names."""


class ReadsRun(Protocol):
    """A run's folder, read only. Made and used on one thread of its own."""

    def points(self, after_seq: int = -1) -> Sequence[TimelinePoint]:
        """Points of committed ticks with a higher seq than `after_seq`, in order."""

    def log_since(self, offset: int) -> tuple[Sequence[str], int]:
        """Lines of the run's log from byte `offset` on, and the offset to ask from next."""

    def events_since(self, after_id: int) -> tuple[Sequence[RunEvent], int]:
        """What happened after event `after_id`, notes too, and the id to ask from next."""

    def plan(self) -> RunPlan:
        """What was asked. Raises PerftuiError where the folder cannot be read."""

    def record(self, *, window: Window | None = None) -> Record:
        """The whole run as it is kept. Raises PerftuiError where the folder cannot be read.

        With `window` every number, threshold and sentence is of that part of it.
        """

    # Every one of these raises PerftuiError where the folder cannot be read, and works while the run goes on.

    def part(self, window: Window) -> RunTotals:
        """What was measured in `window` alone, from the recorded histograms; quick where it is short."""

    def request(self, method: str, name: str, window: Window = WHOLE_RUN) -> RequestPage: ...

    def spectra(self, after_seq: int = -1) -> Sequence[Spectrum]:
        """The spread of times of committed ticks with a higher seq, in order."""

    def request_counts(self, after_seq: int = -1) -> Sequence[RequestCounts]:
        """Requests by name of committed ticks with a higher seq, in order; at most the last ten minutes of them."""

    def exchanges(self, method: str, name: str, message: str) -> Sequence[Exchange]:
        """The failed requests of one failure group that were kept, in order."""

    def ticks(self, after_seq: int = -1) -> Iterator[Tick]:
        """Committed ticks with a higher seq, in order."""


class Library(Protocol):
    """The runs that are kept. Every method may take a while (call it on a thread) and raises PerftuiError."""

    @property
    def folder(self) -> Path: ...

    def listings(self, seen: Callable[[int, int], None] | None = None) -> Sequence[RunListing]:
        """All runs, newest first. `seen` is told how many of how many were read; what it raises ends the reading."""

    def live_socket(self, folder: Path) -> Path | None:
        """The socket of the run's conductor, where it goes on."""

    def compare(self, old: Path, new: Path, *, force: bool = False) -> Compared:
        """As `perftui compare`; unlike runs are refused unless `force`."""

    def baseline_of(self, plan: RunPlan) -> tuple[str, Path] | None:
        """Name and folder of the baseline that a run of `plan` is compared with; None where there is none."""

    def set_baseline(self, name: str, folder: Path) -> str:
        """Give the run a baseline's name; returns a sentence that says what was done."""

    def star(self, folder: Path, is_starred: bool) -> None: ...

    def add_note(self, folder: Path, note: Note) -> None:
        """To a run that is over; its exports are made again."""

    def move_warm_up(
        self, folder: Path, warm_up_s: float | None, seen: Callable[[float, float], None] | None = None
    ) -> None:
        """Judge the run again from there on, and make its exports again; None: as it was judged when it ended.

        `seen` is told how many of how many seconds were judged; what it raises ends that, and nothing was changed.
        """

    def delete(self, folder: Path) -> None:
        """Raises PerftuiError for a run that is starred, goes on, or is a baseline."""

    def export(
        self, folder: Path, window: Window | None = None, seen: Callable[[str], None] | None = None
    ) -> Sequence[Path]:
        """Write all exports, of `window` alone where it is given, into a new folder of the current one; returns it.

        `seen` is told how far it is, in words; what it raises ends it, and nothing was written.
        """

    def export_comparison(self, compared: Compared) -> Sequence[Path]:
        """Write it as a page and as JSON into a new folder of the current one; returns it."""


class EditsProfiles(Protocol):
    """The profiles file, changed without losing a comment or the order of it."""

    def where(self) -> str:
        """The file that `save` writes, as people write its path."""

    def save(self, name: str, base: str, overrides: Mapping[str, str]) -> str:
        """Write profile `name`: as profile `base` with `overrides` as typed. `name` may be `base`, or a new one.

        Returns a sentence that says what was written; `Services.profile_set` has it then. Raises PerftuiError with one
        line, and the file is as it was.
        """


class Services(Protocol):
    @property
    def profile_set(self) -> ProfileSet: ...

    @property
    def library(self) -> Library: ...

    @property
    def editor(self) -> EditsProfiles: ...

    def is_ready(self, target: str) -> bool:
        """Whether `plan` may be asked about `target` now; where not, `ready` makes it so."""

    async def ready(self, target: str) -> None:
        """Start what `target` needs before a plan can name it. Takes seconds. Raises PerftuiError."""

    def give_files(self, locustfiles: tuple[str, ...]) -> None:
        """From now on GIVEN_FILES means these, as those of a run that was only looked at."""

    def plan(self, profile: str, target: str, scenario: str | None, overrides: Mapping[str, str]) -> RunPlan:
        """The plan that these names make. `target` may be an address; `overrides` holds settings as typed, by key;
        `scenario` None is the profile's own, GIVEN_FILES what -f says.

        Keys are those of profiles.keys.SETTINGS; `thresholds` and `abort_on` (a rule on each line), `user_classes`,
        `tags` and `exclude_tags` (with commas between), and `locust_args` (as a shell would split it). A key that
        begins with a dash holds words to stand behind the other arguments.
        Raises PerftuiError with one clear line, whose `what` names the key's option.
        """

    def check(self, plan: RunPlan) -> AsyncIterator[CheckItem | Inspection]:
        """The preflight, one item after another, each as soon as it is known; with what the locustfiles hold."""

    async def trial(self, plan: RunPlan) -> Trial:
        """One user does one task, once. Raises PerftuiError. Where it is cancelled its engine is ended."""

    def host_to_confirm(self, plan: RunPlan) -> str:
        """The host name that a person has to type before load goes there; empty where none."""

    async def start(self, plan: RunPlan) -> RunAddress:
        """Start a conductor that outlives the cockpit. Raises PerftuiError.

        Where it is cancelled no run goes on. Nothing is awaited any more once the run may send load.
        """

    def command_line(self, plan: RunPlan, secret_flags: Iterable[str] = ()) -> str:
        """The `perftui run …` that asks for the same, with secrets masked, those of these arguments too."""

    def reader(self, folder: Path) -> ReadsRun: ...
