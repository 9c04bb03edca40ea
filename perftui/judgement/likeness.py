"""Whether two runs may be compared, and what to know of each when they are."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from perftui.exit_codes import USAGE
from perftui.judgement.trust import run_trust
from perftui.model.duration import format_duration
from perftui.model.errors import PerftuiError
from perftui.model.judged import Trust
from perftui.model.load_plan import stage_words
from perftui.model.plan import Profile
from perftui.model.record import Record
from perftui.model.run_state import RunState
from perftui.model.text import without_userinfo

# Numbers of runs whose measured times differ by more than this factor do not cover the same.
MOST_TIMES_LONGER = 1.5
CONSTANT_USERS = "constant users"
LOAD_SHAPE = "load_shape"
"""The key under which a record's environment names the load shape."""
GENERATORS = "generators"
"""The key under which it says how many processes made the load; one where it does not."""
ORDER = "load"
"""The kind of an event that changed the load; with an author, somebody ordered it."""
# Warm-ups as long as was asked, or until steady in both, differ by this much for the ticks alone.
_TICKS_S = 2.0
_LOCUSTFILE_HASH = "sha256 "
# What is said of the machine where it differs: the record's key, and the words for it.
_MACHINE = {"cores": "cores", "system": "system", "engine locust": "Locust"}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that makes two runs unlike, with the value of each as people read it."""

    what: str
    old: str
    new: str

    @property
    def text(self) -> str:
        return f"{self.what} {self.old or 'none'} in A, {self.new or 'none'} in B"


# Of so many a line of error says which they are.
_MOST_SAID = 5


class UnlikeRunsError(PerftuiError):
    """Two runs are not compared because of `differences`."""

    def __init__(self, differences: tuple[Difference, ...]) -> None:
        said = "; ".join(each.text for each in differences[:_MOST_SAID])
        super().__init__("these runs are not alike", said, "Compare them all the same with --force", exit_code=USAGE)
        self.differences = differences


def differences(old: Record, new: Record) -> tuple[Difference, ...]:
    """In what the two runs are so unlike that their numbers say nothing about each other."""
    pairs = [(what, value, _asked(new)[what]) for what, value in _asked(old).items()]
    found = [Difference(what, one, other) for what, one, other in pairs if one != other]
    if not _is_same_place(old, new):
        found.insert(0, Difference("target", _place(old), _place(new)))
    warm_ups_s = _warm_up_s(old), _warm_up_s(new)
    if max(warm_ups_s) > min(warm_ups_s) * MOST_TIMES_LONGER + _TICKS_S:
        found.append(Difference("warm-up that was left out", *map(_seconds, warm_ups_s)))
    measured_s = old.totals.covered_s, new.totals.covered_s
    if max(measured_s) > min(measured_s) * MOST_TIMES_LONGER:
        found.append(Difference("measured time", *map(_seconds, measured_s)))
    return tuple(found)


def remarks(old: Record, new: Record) -> tuple[str, ...]:
    """What makes the comparison worth less than it looks, as sentences."""
    said = [f"{label} {doubt}." for label, record in (("A", old), ("B", new)) for doubt in _doubts(record)]
    hashes, new_hashes = _locustfiles(old), _locustfiles(new)
    changed = [name for name, value in hashes.items() if new_hashes.get(name, value) != value]
    said += [f"{name} changed between the runs." for name in changed]
    machines = [
        Difference(words, old.environment[key], new.environment[key]).text
        for key, words in _MACHINE.items()
        if key in old.environment and old.environment[key] != new.environment.get(key, old.environment[key])
    ]
    said += [f"The load came from another machine or Locust: {'; '.join(machines)}."] if machines else []
    return tuple(said)


def _doubts(record: Record) -> Iterable[str]:
    if record.outcome is None:
        yield "was never finished: its conductor died"
    elif record.state is not RunState.FINISHED:
        yield f"did not end as planned ({record.state.value}: {record.outcome.reason})"
    if record.outcome is not None and record.outcome.trust is Trust.BAD:
        yield f"cannot be trusted{_why(record)}"
    elif record.outcome is not None and record.outcome.trust is Trust.LIMITED:
        yield f"is not quite to be trusted{_why(record)}"
    orders = [each for each in record.events if each.kind == ORDER and each.by] if record.plan.search is None else []
    if orders:
        first, more = orders[0], ""
        if len(orders) > 1:
            more = f", and {len(orders) - 1:,} more order{'s'[: len(orders) != 2]}"
        at = format_duration(round(first.elapsed_s))
        yield f"had its load changed while it ran: {first.text} (by {first.by} at {at}{more})"


def _why(record: Record) -> str:
    reason = run_trust(record.totals)[1]
    return f": {reason}" if reason else ""


def _asked(record: Record) -> dict[str, str]:
    """What must be the same in both, by name. Where something else decides on the users, the profile's do not count."""
    profile, scenario = record.plan.profile, record.plan.scenario
    shape = record.environment.get(LOAD_SHAPE, "")
    is_constant = not shape and not profile.stages and not profile.is_open_model
    return {
        "load model": f"load shape {shape}" if shape else _load_model(profile),
        "search for capacity": "yes" if record.plan.search is not None else "",
        "users": f"{profile.users:,}" if is_constant else "",
        "spawn rate": f"{profile.spawn_rate:g}/s" if not shape and not profile.is_open_model else "",
        "arrival rate": f"{profile.rate_per_s:g}/s" if profile.rate_per_s is not None and not profile.stages else "",
        "most users": f"{profile.max_users or 0:,}" if profile.is_open_model else "",
        "stages": "" if shape else "; ".join(map(stage_words, profile.stages)),
        "load workers": _load_workers(record),
        "load generators": record.environment.get(GENERATORS, "1"),
        "warm-up": "until steady" if math.isinf(profile.warm_up_s) else format_duration(profile.warm_up_s),
        "locustfiles": ", ".join(_locustfiles(record)),
        "user classes": ", ".join(sorted(scenario.user_classes)),
        "tags": ", ".join(sorted(scenario.tags)),
        "excluded tags": ", ".join(sorted(scenario.exclude_tags)),
        "weights": ", ".join(f"{name} {weight}" for name, weight in sorted(scenario.weights.items())),
        "arguments": " ".join(record.plan.locust_args),
    }


def _load_model(profile: Profile) -> str:
    if profile.is_open_model:
        return "stages of arrival rates" if profile.stages else "arrival rate"
    return "stages of users" if profile.stages else CONSTANT_USERS


def _load_workers(record: Record) -> str:
    """Those that did something; the engine alone is none."""
    count = sum(each.role != "master" and (each.most_users or each.requests) > 0 for each in record.load_workers)
    return f"{count:,}" if count else ""


def _locustfiles(record: Record) -> dict[str, str]:
    """The hash of each by its name, which unlike its path is the same in every clone of a project."""
    return {
        key.removeprefix(_LOCUSTFILE_HASH): value
        for key, value in sorted(record.plan.provenance.items())
        if key.startswith(_LOCUSTFILE_HASH)
    }


def _is_same_place(old: Record, new: Record) -> bool:
    """The built-in target, like any local one of the same name, has another port each time it starts."""
    one, other = urlsplit(_url(old)), urlsplit(_url(new))
    if one == other:
        return True
    is_local = one.hostname in _LOOPBACK and other.hostname in _LOOPBACK
    return is_local and old.plan.target.name == new.plan.target.name and one.path == other.path


def _url(record: Record) -> str:
    return without_userinfo(record.plan.target.url).rstrip("/")


def _place(record: Record) -> str:
    return f"{record.plan.target.name} ({_url(record)})"


def _warm_up_s(record: Record) -> float:
    """How much of its start is in none of its numbers, whatever was asked."""
    return record.whole.covered_s - record.totals.covered_s


def _seconds(seconds: float) -> str:
    return format_duration(round(seconds, 1))
