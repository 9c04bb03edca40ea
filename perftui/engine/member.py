"""One load worker, as its master knows it."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Literal

from perftui.engine import stock_report
from perftui.engine.report_check import ReportError
from perftui.model.text import clean
from perftui.model.tick import Health, LoadWorkerSample, Tick
from perftui.wire.messages import WorkerGreeting

Role = Literal["local", "remote", "stock"]
State = Literal["ready", "running", "missing", "left"]

MAX_NAME_CHARS = 60
# Those that the run starts itself are local-1, local-2 and so on.
_LOCAL = "local"
# Locust names a worker by its host and a random number.
_LOCUST_ID = re.compile(r"(.+)_[0-9a-f]{32}")


@dataclass(slots=True)
class Member:
    """One load worker, from when it came to the end of the run. Counts are as of its last report."""

    client_id: str
    name: str
    host: str
    role: Role
    version: str
    state: State = "ready"
    seq: int = 0
    users_by_class: dict[str, int] = field(default_factory=dict)
    in_flight: int = 0
    oldest_in_flight_s: float = 0.0
    waiting: int = 0
    busy_users: int = 0
    requests: int = 0
    health: Health | None = None
    seen_s: float = field(default_factory=monotonic)
    has_ended: bool = False
    """It said that it will do no more."""
    was_missing: bool = False
    """At some time since the last tick, it or the one whose place it took."""

    @property
    def is_there(self) -> bool:
        return self.state in ("ready", "running")

    @property
    def user_count(self) -> int:
        return sum(self.users_by_class.values())

    def sample(self, now_s: float) -> LoadWorkerSample:
        """What it did since the last one."""
        state: State = "missing" if self.was_missing else self.state
        requests, self.requests, self.was_missing = self.requests, 0, False
        return LoadWorkerSample(
            self.name, self.host, self.role, state, self.user_count, requests, now_s - self.seen_s, self.health
        )

    def balanced(self, tick: Tick, requests: int) -> Tick:
        """`tick`, the next that it says, as far as it follows from the one before; with so many `requests`.

        Raises ReportError where one comes from nowhere. Where a report between the two never came, or was refused, what
        started is what the rest of this one needs.
        """
        started = requests + tick.abandoned + sum(each.count for each in tick.local_errors)
        started += tick.in_flight - self.in_flight
        is_next = tick.seq == self.seq + 1
        due = tick.arrivals
        scheduled = due.started + due.dropped + due.waiting - self.waiting if due is not None else 0
        if started < 0 or (is_next and started != tick.started):
            raise ReportError("it has started other requests than it ended")
        if scheduled < 0 or (is_next and due is not None and scheduled != due.scheduled):
            raise ReportError("it was due other tasks than it began")
        if is_next:
            return tick
        return replace(tick, started=started, arrivals=replace(due, scheduled=scheduled) if due is not None else None)

    def take_place_of(self, older: Member) -> None:
        """It has the name of `older`, and so its line in the table."""
        self.requests += older.requests
        self.was_missing = self.was_missing or older.was_missing


def host_of(client_id: str, greeting: WorkerGreeting | None) -> str:
    found = _LOCUST_ID.fullmatch(client_id)
    return clean(greeting.host if greeting else found[1] if found else client_id, MAX_NAME_CHARS)


def role_of(greeting: WorkerGreeting | None, secret: str) -> Role:
    """Anybody may call itself local; one that the run started knows its secret."""
    if greeting is None:
        return "stock"
    is_own = hmac.compare_digest(greeting.secret.encode("utf-8", "replace"), secret.encode())
    return "local" if greeting.role == "local" and secret and is_own else "remote"


def name_on(host: str, taken: set[str]) -> str:
    """One that no other has, nor any that the run starts itself will have."""
    number, stem = 1, "remote" if host == _LOCAL else host
    while (name := f"{stem}-{number}") in taken:
        number += 1
    return name


def remark_on(member: Member, locust_version: str) -> str:
    """What somebody should know of it, beside that it is there; mostly nothing."""
    remarks = []
    if _release(member.version) != _release(locust_version):
        remarks.append(f"it has Locust {clean(member.version, 20)}, and this run {locust_version}")
    if member.role == "stock":
        percent = stock_report.ROUNDED_WITHIN_PERCENT
        remarks.append(f"its times are Locust's own, rounded to two digits (off by up to {percent} %)")
    return "; ".join(remarks)


def _release(version: str) -> list[str]:
    return version.split(".")[:2]
