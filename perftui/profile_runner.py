"""Runs a profile for a test: `perftui run` in a process of its own, and the record that it sealed."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TextIO, TypedDict, Unpack

from perftui import exit_codes
from perftui.commands.asked import demo_lease
from perftui.model.errors import PerftuiError
from perftui.model.text import clean
from perftui.profiles.choice import Choice, wants_demo
from perftui.profiles.file import find_profiles, load_profiles
from perftui.profiles.names import listing, unknown
from perftui.profiles.profile_set import DEMO_TARGET
from perftui.profiles.resolution import resolve
from perftui.profiles.targets import address_of
from perftui.sealed_run import SealedRun
from perftui.store.reader import RunReader
from perftui.wire.rendezvous import runtime_folder

# What an interrupted run may take to stop its users and seal its record, before it is killed.
ENDS_WITHIN_S = 60.0
_NOT_IN_NAMES = re.compile(r"[^\w.-]+")

OneOrMore = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


class RunOptions(TypedDict, total=False):
    """What may be said of a run: the options of `perftui run`, where repeatable ones take a sequence."""

    target: str
    demo: bool
    scenario: str
    files: OneOrMore
    user_classes: OneOrMore
    tags: OneOrMore
    exclude_tags: OneOrMore
    users: int | str
    spawn_rate: float | str
    run_time: str
    warm_up: str
    thresholds: OneOrMore
    abort_on: OneOrMore
    stop_timeout: str
    connect_timeout: str
    read_timeout: str
    python: str | os.PathLike[str]
    profiles: str | os.PathLike[str]
    confirm_host: str
    ci: bool
    strict: bool
    locust_args: str | Sequence[str]


class RunProfile(Protocol):
    """The type of the fixture `perftui_run`."""

    def __call__(self, profile: str, **options: Unpack[RunOptions]) -> SealedRun: ...


_SINGULAR = {
    "files": "--file",
    "user_classes": "--user-class",
    "tags": "--tag",
    "exclude_tags": "--exclude-tag",
    "thresholds": "--threshold",
}


@dataclass(frozen=True, slots=True)
class ProfileRunner:
    """Runs are started in `folder` and kept in `runs_folder`; `profiles` is the profiles.toml, None to look for one.

    `say` gets one line, without its end, where a run has to wait.
    """

    folder: Path
    runs_folder: Path
    say: Callable[[str], None]
    profiles: Path | None = None

    def run(self, profile: str, options: RunOptions) -> SealedRun:
        """Blocks until the run is sealed, and before that while another test loads the same target.

        Raises PerftuiError where the run did not start.
        """
        given = self._given(options)
        with self._place_of_target(profile, given) as place, _only_run_against(place, self.say) as lock:
            done = _tethered(["run", *_arguments(profile, given, self.runs_folder)], self.folder, lock)
        try:
            run_id = json.loads(done.stdout)["run_id"]
        except (ValueError, KeyError, TypeError):
            raise _not_run(profile, done) from None
        record = RunReader(self.runs_folder / run_id).record()
        if record.outcome is None:
            raise _not_run(profile, done)
        return SealedRun(record, record.outcome)

    def _given(self, options: RunOptions) -> dict[str, Any]:
        known = RunOptions.__annotations__
        for name in options:
            if name not in known:
                why = unknown("option", name, known)
                raise PerftuiError("perftui_run", why, f"Known: {listing(known)}", exit_code=exit_codes.USAGE)
        given = {name: value for name, value in options.items() if value is not None and value is not False}
        if self.profiles is not None:
            given.setdefault("profiles", self.profiles)
        return given

    @contextlib.contextmanager
    def _place_of_target(self, profile: str, given: dict[str, Any]) -> Iterator[str]:
        """What two runs must not load at once. The built-in target stays where it is meanwhile."""
        profiles = given.get("profiles")
        profile_set = load_profiles(find_profiles(self.folder / profiles if profiles else None, self.folder))
        choice = Choice(
            profile=profile,
            target=given.get("target", DEMO_TARGET if given.get("demo") else None),
            scenario=given.get("scenario"),
            locustfiles=tuple(_texts(given.get("files", ()))),
        )
        leased = demo_lease() if wants_demo(profile_set, choice, os.environ) else None
        with leased or contextlib.nullcontext():
            demo_url = leased.url if leased else None
            plan = resolve(profile_set, choice, os.environ, self.folder, demo_url=demo_url, require_target=False)
            yield address_of(plan.target.url)


def _arguments(profile: str, given: dict[str, Any], runs_folder: Path) -> list[str]:
    arguments = [profile, "--json", "--quiet", f"--runs-dir={runs_folder}"]
    for name, value in given.items():
        option = _SINGULAR.get(name, f"--{name.replace('_', '-')}")
        if value is True:
            arguments.append(option)
        elif name != "locust_args":
            arguments += [f"{option}={each}" for each in _texts(value)]
    return [*arguments, "--", *_texts(given.get("locust_args", ()))]


def _texts(value: Any) -> list[str]:
    many = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    return [str(each) for each in many]


@contextlib.contextmanager
def _only_run_against(place: str, say: Callable[[str], None]) -> Iterator[TextIO]:
    """Waits until no other test of this user loads `place`. The lock lasts while any process has the file open."""
    name = _NOT_IN_NAMES.sub("-", place)[:100]
    with (runtime_folder() / f"target_{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"perftui: waits for another test's run against {clean(place, 100)}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock


def _tethered(arguments: list[str], folder: Path, lock: TextIO) -> subprocess.CompletedProcess[str]:
    """Run perftui, which stops when this process lets go of it, and holds `lock` for as long as it lives."""
    tether, held = os.pipe()
    with open(held, "wb") as hold:
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "perftui.tethered", *arguments],
                cwd=folder,
                stdin=tether,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                pass_fds=(lock.fileno(),),
                # A Ctrl-C is for us: it would count twice there.
                start_new_session=True,
            )
        finally:
            os.close(tether)
        try:
            stdout, stderr = process.communicate()
        except BaseException:
            hold.close()
            _end(process)
            raise
    return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)


def _end(process: subprocess.Popen[str]) -> None:
    try:
        process.communicate(timeout=ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def _not_run(profile: str, done: subprocess.CompletedProcess[str]) -> PerftuiError:
    """What the command said last, which is one line, as an error of ours."""
    lines = [line for line in done.stderr.split("\n") if line.strip()]
    if not lines:
        what, why = f"cannot run {profile}", f"perftui ended with exit code {done.returncode}"
        return PerftuiError(what, why, exit_code=exit_codes.ENVIRONMENT)
    return PerftuiError(lines[-1].removeprefix("perftui: ").removesuffix("."), exit_code=done.returncode)
