"""The load workers of a master: who is there, and the sum of what they did since the last tick."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any, Literal

from perftui.engine import stock_report
from perftui.engine.clock import RunClock
from perftui.engine.health import HealthProbe
from perftui.engine.member import MAX_NAME_CHARS, Member, State, host_of, name_on, remark_on, role_of
from perftui.engine.merging import Caps, Sums, worst
from perftui.engine.plain_requests import PlainRequests, without_requests
from perftui.engine.report_check import MAX_USER_CLASSES, check_requests, check_tick
from perftui.engine.report_text import cleaned, shown
from perftui.model.text import clean
from perftui.model.tick import MAX_LOAD_WORKERS, Arrivals, Health, LoadWorkerSample, Tick
from perftui.wire.framing import build
from perftui.wire.messages import VERSION, Logged, Message, WorkerGreeting, WorkerNews, WorkerReport

# Anybody may ask to join, as often as they like.
MAX_REFUSALS_TOLD = 20


class Fleet:
    """`take` makes a tick of it; until then every report is added up as it comes, once.

    Who knows `secret` was started by the run itself; nobody was where it is empty.
    """

    def __init__(
        self,
        clock: RunClock,
        probe: HealthProbe,
        send: Callable[[Message], None],
        locust_version: str,
        secret: str = "",
    ) -> None:
        self._clock = clock
        self._probe = probe
        self.send = send
        self._locust_version = locust_version
        self._secret = secret
        self.target_user_count: Callable[[], int] = lambda: 0
        self.rate_per_s: Callable[[], float | None] = lambda: None
        # Bounded by MAX_LOAD_WORKERS; those that are gone make room.
        self._members: dict[str, Member] = {}
        self._greetings: dict[str, WorkerGreeting] = {}
        self._caps = Caps()
        self._sums = Sums(self._caps)
        self._requests = PlainRequests(self._caps)
        self._arrivals = [0, 0, 0]
        self._health: list[Health] = []
        self._refusals_told = 0
        self.is_ending = False

    def __iter__(self) -> Iterator[Member]:
        return iter(tuple(self._members.values()))

    def get(self, client_id: str) -> Member | None:
        return self._members.get(client_id)

    @property
    def there(self) -> list[Member]:
        return [each for each in self._members.values() if each.is_there]

    @property
    def has_news(self) -> bool:
        return bool(self._sums or self._requests or any(self._arrivals))

    # --- who is there

    def greet(self, client_id: str, greeting: WorkerGreeting) -> None:
        """A load worker of perftui's own says who it is, before it joins."""
        if len(self._greetings) >= MAX_LOAD_WORKERS:
            del self._greetings[next(iter(self._greetings))]
        self._greetings[client_id] = greeting

    def refusal(self, client_id: str) -> str:
        """Why this one cannot join; empty where it can."""
        greeting = self._greetings.get(client_id)
        if greeting is not None and greeting.version != VERSION:
            return f"it speaks protocol {greeting.version} of perftui and this run {VERSION}: install the same there"
        if client_id not in self._members and len(self.there) >= MAX_LOAD_WORKERS:
            return f"{MAX_LOAD_WORKERS:,} load workers are the most"
        return ""

    def tell_refusal(self, client_id: str, refusal: str) -> None:
        """Somebody here may be waiting for it."""
        if self._refusals_told < MAX_REFUSALS_TOLD:
            self._refusals_told += 1
            host = host_of(client_id, self._greetings.get(client_id))
            self.send(Logged("WARNING", "perftui", f"a load worker of {host} cannot join: {refusal}"))

    def join(self, client_id: str, version: str) -> Member:
        member = self._members.get(client_id)
        if member is not None:
            self._return(member)
            return member
        self._make_room()
        greeting = self._greetings.pop(client_id, None)
        role, host = role_of(greeting, self._secret), host_of(client_id, greeting)
        name = shown(greeting.name, MAX_NAME_CHARS) if greeting is not None and role == "local" else ""
        name = name or name_on(host, {each.name for each in self})
        member = Member(client_id, name, host, role, version)
        for older in self:
            # One that was started anew takes its place: the one before is dead, though its silence may be short.
            if role == "local" and older.name == name:
                self.lose(older.client_id)
                self._retire(older, "left")
                member.take_place_of(older)
                del self._members[older.client_id]
        self._members[client_id] = member
        remark = remark_on(member, self._locust_version)
        self._tell("joined", member, f"load worker {name} joined{f': {remark}' if remark else ''}", remark)
        return member

    def lose(self, client_id: str) -> None:
        """Nothing was heard of it for too long. It may be back."""
        member = self._members.get(client_id)
        if member is not None and member.is_there:
            member.state = "missing"
            member.was_missing = True
            member.users_by_class = {}
            member.health = None
            silent_s = monotonic() - member.seen_s
            self._tell("lost", member, f"lost load worker {member.name}: not heard of for {silent_s:.0f} s")

    def leave(self, client_id: str) -> None:
        """It went by itself, and has said all."""
        member = self._members.get(client_id)
        if member is None or member.state == "left":
            return
        if self.is_ending:
            # As it was told to.
            self._retire(member, "ready")
        else:
            self._retire(member, "left")
            self._tell("left", member, f"load worker {member.name} left")

    def see(self, client_id: str, is_running: bool | None = None) -> None:
        """A sign of life."""
        member = self._members.get(client_id)
        if member is None:
            return
        member.seen_s = monotonic()
        if member.state == "missing":
            self._return(member)
        if is_running is not None and member.is_there:
            # After its last report it runs no more: that was said before, and is heard after it.
            member.state = "running" if is_running and not member.has_ended else "ready"

    def note_users(self, client_id: str, users_by_class: dict[str, int]) -> None:
        member = self._members.get(client_id)
        if member is not None and member.is_there:
            member.users_by_class = {shown(name): users_by_class[name] for name in [*users_by_class][:MAX_USER_CLASSES]}

    # --- what they did

    def add_report(self, client_id: str, plain: Any) -> WorkerReport | None:
        """A WorkerReport as it came off the wire. None for one of a stranger, or one heard before: it counts nothing.

        Raises WireError where it is none, or cannot be true: nothing of it counts. What is returned has no requests:
        they are added up already.
        """
        member = self._members.get(client_id)
        if member is None or member.role == "stock":
            return None
        requests = without_requests(plain)
        report = build(WorkerReport, plain)
        assert isinstance(report, WorkerReport)
        if report.tick.seq <= member.seq or member.has_ended:
            return None
        count = check_requests(requests)
        check_tick(report.tick, count)
        tick = cleaned(member.balanced(report.tick, count))
        report = WorkerReport(tick, report.is_last)
        self._requests.add(requests)
        member.requests += count
        member.seq = tick.seq
        member.has_ended = report.is_last
        if report.is_last and member.is_there:
            # Its good-bye may come after the last tick.
            member.state = "ready"
        self.note_users(client_id, tick.users_by_class)
        member.in_flight = tick.in_flight
        member.oldest_in_flight_s = tick.oldest_in_flight_s
        member.health = tick.health
        self._health.append(tick.health)
        if tick.arrivals is not None:
            member.waiting, member.busy_users = tick.arrivals.waiting, tick.arrivals.busy_users
            self._add_arrivals(tick.arrivals.scheduled, tick.arrivals.started, tick.arrivals.dropped)
        self._sums.add(tick)
        return report

    def add_stats(self, client_id: str, data: dict[str, Any]) -> None:
        """Locust's own statistics, where there is nothing better."""
        member = self._members.get(client_id)
        if member is None or member.role != "stock":
            return
        self.note_users(client_id, data["user_classes_count"])
        requests = stock_report.requests_of(data)
        count = sum(each.requests for each in requests)
        member.requests += count
        self._sums.started += count
        self._sums.add_requests(requests)
        self._sums.add_failures(stock_report.failures_of(data, self._clock.elapsed_s))

    def give_up_missing(self) -> None:
        """The run ends: who is not back by now will not say what became of its requests."""
        for member in self:
            if not member.has_ended:
                self._retire(member, "missing")

    def begin(self) -> None:
        self._sums, self._requests = Sums(self._caps), PlainRequests(self._caps)
        self._probe.take()

    def take(self, seq: int, elapsed_s: float, interval_s: float) -> Tick:
        own = self._probe.take()
        sums, self._sums = self._sums, Sums(self._caps)
        requests, self._requests = self._requests, PlainRequests(self._caps)
        sums.add_requests(requests.take())
        healths, self._health = self._health, []
        users_by_class: dict[str, int] = {}
        for member in self.there:
            for name, count in member.users_by_class.items():
                users_by_class[name] = users_by_class.get(name, 0) + count
        scheduled, started, dropped = self._arrivals
        self._arrivals = [0, 0, 0]
        rate_per_s = self.rate_per_s()
        waiting, busy = (sum(getattr(each, what) for each in self) for what in ("waiting", "busy_users"))
        tick = Tick(
            seq=seq,
            elapsed_s=elapsed_s,
            interval_s=interval_s,
            user_count=sum(users_by_class.values()),
            target_user_count=self.target_user_count(),
            users_by_class=users_by_class,
            requests=(),
            failures=(),
            exceptions=(),
            started=0,
            abandoned=0,
            in_flight=sum(each.in_flight for each in self),
            oldest_in_flight_s=max((each.oldest_in_flight_s for each in self.there), default=0.0),
            health=worst((own, *healths)) or own,
            arrivals=None if rate_per_s is None else Arrivals(rate_per_s, scheduled, started, dropped, waiting, busy),
            load_workers=self._samples(own),
        )
        return sums.of(tick)

    # --- inside

    def _samples(self, own: Health) -> tuple[LoadWorkerSample, ...]:
        host, now_s = clean(socket.gethostname(), MAX_NAME_CHARS), monotonic()
        master = LoadWorkerSample("master", host, "master", "running", 0, 0, 0.0, own)
        return (master, *(each.sample(now_s) for each in self))

    def _add_arrivals(self, scheduled: int, started: int, dropped: int) -> None:
        for index, count in enumerate((scheduled, started, dropped)):
            self._arrivals[index] += count

    def _retire(self, member: Member, state: State) -> None:
        """What it had on its way counts as abandoned, and what waited for a user as dropped.

        At the end of the run it waits for ever, as in a run of one process.
        """
        self._sums.abandoned += member.in_flight
        if not self.is_ending:
            self._add_arrivals(0, 0, member.waiting)
            member.waiting = 0
        member.state = state
        member.has_ended = True
        member.users_by_class = {}
        member.in_flight = member.busy_users = 0
        member.oldest_in_flight_s = 0.0
        member.health = None

    def _return(self, member: Member) -> None:
        if member.state == "missing" and not member.has_ended:
            member.state = "running"
            self._tell("returned", member, f"load worker {member.name} is back")

    def _make_room(self) -> None:
        """So many workers came and went that the oldest of those gone is forgotten; its counts stay."""
        if len(self._members) >= MAX_LOAD_WORKERS:
            gone = next((each for each in self if not each.is_there), None)
            if gone is not None:
                self._retire(gone, "left")
                del self._members[gone.client_id]

    def _tell(
        self, kind: Literal["joined", "lost", "returned", "left"], member: Member, text: str, remark: str = ""
    ) -> None:
        self.send(WorkerNews(kind, member.name, member.host, member.role, len(self.there), text, remark))
