"""What each load worker did over a whole run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class LoadWorkerRow:
    """See LoadWorkerSample for the fields it shares; `state` is the last one.

    `requests` is of the whole run, `most_users` and `most_cpu_percent` are peaks, and `worst_lag_ms` is the highest
    99th percentile of its hub lag in a tick; both of the latter are None where its health was never known. `lost`
    counts how often it went missing, and `returned` how often it came back.
    """

    name: str
    host: str
    role: Literal["master", "local", "remote", "stock"]
    state: Literal["ready", "running", "missing", "left"]
    most_users: int
    requests: int
    lost: int = 0
    returned: int = 0
    most_cpu_percent: float | None = None
    worst_lag_ms: float | None = None
