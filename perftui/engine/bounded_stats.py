"""Locust's own statistics, which user code may read, made to stay bounded in a long run."""

from __future__ import annotations

import time
from typing import Any

from locust.stats import EntriesDict, RequestStats, StatsEntry, StatsError

from perftui.engine.failure_text import failure_text
from perftui.model.tick import MAX_FAILURE_GROUPS, MAX_REQUEST_NAMES, OTHER

# Locust's current rates look at the last 12 seconds before the last request.
KEPT_SECONDS = 30
PRUNE_INTERVAL_S = 60.0


_OTHER_KEY = StatsError.create_key("", OTHER, OTHER)


class BoundedEntries(EntriesDict):
    """Entries by (name, method). Costs nothing for a known name: only a missing one is looked at."""

    def __missing__(self, key: tuple[str, str]) -> Any:
        if len(self) >= MAX_REQUEST_NAMES and key != (OTHER, ""):
            return self[OTHER, ""]
        return super().__missing__(key)

    def __setitem__(self, key: tuple[str, str], entry: Any) -> None:
        """A master puts what its workers report; past the cap it then finds the entry of all others."""
        if key in self or len(self) < MAX_REQUEST_NAMES or key == (OTHER, ""):
            super().__setitem__(key, entry)


class BoundedErrors(dict[str, Any]):
    """Errors by key, as a master puts what its workers report."""

    def __setitem__(self, key: str, error: Any) -> None:
        if key not in self and len(self) >= MAX_FAILURE_GROUPS:
            other = self.get(_OTHER_KEY)
            if other is None:
                super().__setitem__(_OTHER_KEY, StatsError("", OTHER, OTHER, error.occurrences))
            else:
                other.occurrences += error.occurrences
            return
        super().__setitem__(key, error)


class BoundedStats(RequestStats):
    """Sums are exact; past the caps only names and messages are lost."""

    def __init__(self) -> None:
        super().__init__()
        self.entries = BoundedEntries(self)
        self.errors = BoundedErrors()

    def clear_all(self) -> None:
        super().clear_all()
        self.entries = BoundedEntries(self)
        self.errors = BoundedErrors()

    def log_error(self, method: str, name: str, error: Any) -> None:
        self.total.log_error(error)
        self.entries[name, method].log_error(error)
        key = StatsError.create_key(method, name, failure_text(error))
        if key not in self.errors and len(self.errors) >= MAX_FAILURE_GROUPS:
            method, name, error = "", OTHER, OTHER
            key = StatsError.create_key(method, name, error)
        if key not in self.errors:
            self.errors[key] = StatsError(method, name, error)
        self.errors[key].occurred()

    def prune(self) -> None:
        """Forget the counts of seconds long past, which Locust keeps for ever."""
        oldest = int(time.time()) - KEPT_SECONDS
        for entry in (self.total, *self.entries.values()):
            _prune(entry, oldest)


def _prune(entry: StatsEntry, oldest: int) -> None:
    for counts in (entry.num_reqs_per_sec, entry.num_fail_per_sec):
        for second in [second for second in counts if second < oldest]:
            del counts[second]
