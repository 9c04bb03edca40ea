"""One load worker, as its master knows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import Literal

from perftui.engine import stock_report
from perftui.model.text import clean
from perftui.model.tick import Health

Role = Literal["local", "remote", "stock"]
State = Literal["ready", "running", "missing", "left"]

MAX_NAME_CHARS = 60


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

    @property
    def is_there(self) -> bool:
        return self.state in ("ready", "running")

    @property
    def user_count(self) -> int:
        return sum(self.users_by_class.values())


def remarks_on(member: Member, locust_version: str) -> str:
    """What somebody should know of it, beside that it is there."""
    remarks = ""
    if _release(member.version) != _release(locust_version):
        remarks += f", with Locust {clean(member.version, 20)} there and {locust_version} here"
    if member.role == "stock":
        percent = stock_report.ROUNDED_WITHIN_PERCENT
        remarks += f"; its times are Locust's own, rounded to two digits (off by up to {percent} %)"
    return remarks


def _release(version: str) -> list[str]:
    return version.split(".")[:2]
