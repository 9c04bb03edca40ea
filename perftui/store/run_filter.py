"""What a person types to see some of the runs: words, and `profile:`, `target:`, `verdict:`, `since:`, `starred`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.record import Verdict
from perftui.model.run_state import RunState
from perftui.model.text import clean
from perftui.store.history import RunListing

FORM = "words, profile:NAME, target:NAME, branch:NAME, verdict:failed, since:7d, until:2026-11-01, starred"

_STARRED = "starred"
_AGE = re.compile(r"(\d{1,5})(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SINCE_FORM = "such as 12h, 7d, 2w, today, yesterday or 2026-11-01"
# What a list says of a run that has no verdict: how it stands.
_STANDINGS = (*(each.value for each in Verdict), RunState.RUNNING.value, RunState.INTERRUPTED.value)


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Every word and every value has to fit. All are in small letters; an empty filter fits every run.

    `since` and `until` bound the start of a run, both included: an age, or a day in the time zone of whoever asks.
    """

    words: tuple[str, ...] = ()
    profile: str = ""
    target: str = ""
    branch: str = ""
    verdict: str = ""
    since: timedelta | date | None = None
    until: timedelta | date | None = None
    is_starred: bool = False

    def matches(self, run: RunListing, now: datetime) -> bool:
        """`now` is aware; its time zone is the one that days are of."""
        if self.is_starred and not run.is_starred:
            return False
        if self.verdict and self.verdict != (run.verdict or run.state.value):
            return False
        for wanted, value in ((self.profile, run.profile), (self.target, run.target), (self.branch, run.branch)):
            if wanted not in value.lower():
                return False
        if (self.since or self.until) and not self._is_in_time(run.started_at, now):
            return False
        if not self.words:
            return True
        said = (run.run_id, run.profile, run.target, run.branch, run.verdict or run.state.value, *run.baselines)
        text = "\n".join(said).lower()
        return all(word in text for word in self.words)

    def _is_in_time(self, started_at: str, now: datetime) -> bool:
        try:
            started = datetime.fromisoformat(started_at)
        except ValueError:
            return False
        if started.tzinfo is None:
            return False
        if self.since is not None and started < _moment(self.since, now):
            return False
        if self.until is None:
            return True
        # The day that is named belongs to it.
        until = self.until if isinstance(self.until, timedelta) else self.until + timedelta(days=1)
        return started < _moment(until, now)


EVERY_RUN = RunFilter()


def parse_filter(text: str, today: date | None = None) -> RunFilter:
    """The filter that `text` says; `today` is what "today" means, by default this machine's.

    Raises PerftuiError with one line where it says none.
    """
    words: list[str] = []
    known: dict[str, Any] = {}
    for part in text.split():
        key, colon, value = part.partition(":")
        if part.lower() == _STARRED:
            known["is_starred"] = True
        elif not colon:
            words.append(part.lower())
        elif key.lower() not in _READERS:
            near = difflib.get_close_matches(key.lower(), _READERS, 1)
            hint = f"Did you mean {near[0]}:" if near else f"A filter is {FORM}"
            raise _wrong(f"there is no filter {clean(key, 40)}:", "", hint)
        elif not value:
            raise _wrong(f"{key}: says nothing", "", f"A filter is {FORM}")
        else:
            known[key.lower()] = _READERS[key.lower()](value.lower(), today or date.today())
    return RunFilter(words=tuple(words), **known)


def _name(value: str, today: date) -> str:
    return value


def _verdict(value: str, today: date) -> str:
    wanted = value.replace("-", " ").replace("_", " ")
    if wanted == "nodata":
        wanted = Verdict.NO_DATA.value
    fitting = [each for each in _STANDINGS if each.startswith(wanted)]
    if not fitting:
        raise _wrong(f"verdict:{clean(value, 40)}", "is no verdict", f"There are {_listed()}")
    # "fail" is enough.
    return fitting[0]


def _listed() -> str:
    return ", ".join(each.replace(" ", "-") for each in _STANDINGS)


def _since(value: str, today: date) -> timedelta | date:
    if value == "today":
        return today
    if value == "yesterday":
        return today - timedelta(days=1)
    age = _AGE.fullmatch(value)
    if age is not None:
        return timedelta(**{_UNITS[age[2]]: int(age[1])})
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _wrong(f"{clean(value, 40)} is no time", _SINCE_FORM) from None


_READERS: Mapping[str, Callable[[str, date], object]] = MappingProxyType(
    {"profile": _name, "target": _name, "branch": _name, "verdict": _verdict, "since": _since, "until": _since}
)


def _moment(bound: timedelta | date, now: datetime) -> datetime:
    if isinstance(bound, timedelta):
        try:
            return now - bound
        except OverflowError:
            return datetime.min.replace(tzinfo=now.tzinfo)
    return datetime.combine(bound, time(), now.tzinfo)


def _wrong(what: str, why: str = "", next_step: str = "") -> PerftuiError:
    return PerftuiError(what, why, next_step, exit_code=exit_codes.USAGE)
