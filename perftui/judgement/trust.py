"""Whether the measurement can be believed, and why not: what the generator lacked, and what it did not do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from perftui.judgement.arrivals import busy_text
from perftui.judgement.quantities import format_quantity
from perftui.model.judged import Trust
from perftui.model.lag import is_excess, is_measured, tail_percent
from perftui.model.tick import Health, Tick
from perftui.model.totals import RunTotals, is_strained

# A percentile that is so many times what it would be without the generator, and so much longer, is the generator's.
BAD_SHARE = 2.0
BAD_LAG_MS = 10.0
# Of requests that could not be sent, or tasks that nobody was free for, this share is worth a word.
WORTH_SHARE = 0.01
# From here on another load was sent than the one that was asked for.
BAD_DROPPED_SHARE = 0.1
# What is said of a run that goes on looks at so many of its last ticks.
LIVE_TICKS = 3
# So near to a limit something is about to be refused; from here on a process waits for its core.
FULL_SHARE = 0.95
FULL_CPU_PERCENT = 95.0

Doubt = tuple[Trust, str]
"""How much it costs, and the reason in one line with its numbers."""

_GRADES = (Trust.OK, Trust.LIMITED, Trust.BAD)


def trust_of(totals: RunTotals) -> Trust:
    return run_trust(totals)[0]


def run_trust(totals: RunTotals) -> Doubt:
    """Of the run, or of the part of it that was added to `totals`; the reason is empty where it is believed."""
    # What was counted goes before what is estimated.
    return _worst((*_run_doubts(totals), lag_doubt(totals)))


def live_trust(totals: RunTotals, restarted: str = "") -> Doubt:
    """Of the last seconds; where nothing is wrong with them, of the run so far.

    `restarted` names load workers that died and were started again.
    """
    last = list(islice(reversed(totals.recent), LIVE_TICKS))[::-1]
    whole = run_trust(totals)
    if restarted and whole[0] is Trust.OK:
        whole = Trust.LIMITED, restarted
    if not last:
        return whole
    # A run does not get better by one good second. Where both are as bad, what is now is news.
    return _worst((_worst(_live_doubts(last, totals)), whole))


def lag_doubt(totals: RunTotals) -> Doubt:
    """Whether the generator was late enough to show in the times."""
    if not totals.ticks:
        return Trust.OK, ""
    times = totals.watched
    tail = tail_percent(times.count)
    if tail is None:
        return Trust.OK, ""
    p50_ms, tail_ms = times.percentiles_ms((50, tail))
    less_p50_ms, less_tail_ms = totals.less_own.percentiles_ms((50, tail))
    if p50_ms is None or tail_ms is None or less_p50_ms is None or less_tail_ms is None:
        return Trust.OK, ""
    # Where the slowest are the target's own, half of the others may still be what the generator made them.
    is_tail, is_p50_bad = is_excess(tail_ms, less_tail_ms), _is_bad(p50_ms, less_p50_ms)
    if not (is_tail or is_p50_bad):
        return Trust.OK, ""
    name, time_ms, less_ms = (f"p{tail}", tail_ms, less_tail_ms) if is_tail else ("p50", p50_ms, less_p50_ms)
    is_bad = is_p50_bad or is_excess(p50_ms, less_p50_ms) or _is_bad(tail_ms, less_tail_ms)
    own = f"about {format_quantity(time_ms - less_ms, 'ms')} of {name} {format_quantity(time_ms, 'ms')} are"
    late = f"the generator was late in {totals.strained_ticks:,} of {totals.ticks:,} seconds: {own} its own"
    reason = late if totals.strained_ticks else f"{own} the generator's own"
    return Trust.BAD if is_bad else Trust.LIMITED, reason


def _is_bad(time_ms: float, less_ms: float) -> bool:
    return time_ms >= BAD_SHARE * less_ms and time_ms - less_ms >= BAD_LAG_MS


def _run_doubts(totals: RunTotals) -> Iterator[Doubt]:
    yield _local_doubt(totals.local_errors, totals.total.requests)
    if totals.lost_workers:
        yield Trust.LIMITED, _lost_text(totals.lost_workers)
    arrivals = totals.arrivals
    if arrivals.dropped > WORTH_SHARE * arrivals.scheduled:
        # Of what is judged alone more may be dropped than was due: some was due before.
        share = min(1.0, arrivals.dropped / arrivals.scheduled) if arrivals.scheduled else 1.0
        yield (
            Trust.BAD if arrivals.dropped > BAD_DROPPED_SHARE * arrivals.scheduled else Trust.LIMITED,
            f"{arrivals.dropped:,} of {arrivals.scheduled:,} tasks ({share:.1%}) dropped: no user was free",
        )


def _live_doubts(last: list[Tick], totals: RunTotals) -> Iterator[Doubt]:
    local: dict[str, int] = {}
    for tick in last:
        for error in tick.local_errors:
            local[error.message] = local.get(error.message, 0) + error.count
    yield _local_doubt(local, sum(delta.requests for tick in last for delta in tick.requests))
    if totals.lost_workers:
        yield Trust.LIMITED, _lost_text(totals.lost_workers)
    late = [tick for tick in last if is_strained(tick)]
    if late:
        yield Trust.BAD if len(late) == LIVE_TICKS else Trust.LIMITED, _late_text(late[-1], totals)
    yield _drop_doubt(last)
    if len(last) == LIVE_TICKS:
        for name, health in _healths(last[-1]):
            before = [dict(_healths(tick)).get(name) for tick in last]
            if all(each is not None and each.cpu_percent >= FULL_CPU_PERCENT for each in before):
                yield Trust.LIMITED, f"CPU of {name} at {health.cpu_percent:.0f} %"
    for _, health in _healths(last[-1]):
        if health.open_files_limit and health.open_files >= FULL_SHARE * health.open_files_limit:
            yield Trust.LIMITED, f"{health.open_files:,} of {health.open_files_limit:,} open files"
        if health.local_ports_limit and health.local_ports >= FULL_SHARE * health.local_ports_limit:
            yield Trust.LIMITED, f"local ports: {health.local_ports:,} of {health.local_ports_limit:,}"


def _local_doubt(counts: dict[str, int], requests: int) -> Doubt:
    count = sum(counts.values())
    if not count:
        return Trust.OK, ""
    message = max(counts, key=lambda each: counts[each])
    noun = "request" if count == 1 else "requests"
    is_bad = count > WORTH_SHARE * (requests + count)
    return Trust.BAD if is_bad else Trust.LIMITED, f"{count:,} {noun} could not be sent: {message}"


def _drop_doubt(last: list[Tick]) -> Doubt:
    arrivals = [tick.arrivals for tick in last if tick.arrivals is not None]
    scheduled, dropped = sum(each.scheduled for each in arrivals), sum(each.dropped for each in arrivals)
    if dropped <= WORTH_SHARE * scheduled:
        return Trust.OK, ""
    per_s = dropped / max(sum(tick.interval_s for tick in last), 1e-6)
    busy, users = arrivals[-1].busy_users, last[-1].user_count
    why = busy_text(busy) if busy >= users > 0 else "no user was free"
    is_bad = len(last) == LIVE_TICKS and dropped > BAD_DROPPED_SHARE * scheduled
    rate_per_s = max(each.rate_per_s for each in arrivals)
    return Trust.BAD if is_bad else Trust.LIMITED, f"{per_s:,.0f} of {rate_per_s:,.0f} tasks/s dropped: {why}"


def _late_text(tick: Tick, totals: RunTotals) -> str:
    health = tick.health
    if health.lateness_p99_ms > health.hub_lag_p99_ms:
        return f"generator late: p99 of what was due began {format_quantity(health.lateness_p99_ms, 'ms')} late"
    times = tick.watched
    percent = tail_percent(times.count)
    if percent is not None and is_measured(tick):
        time_ms, less_ms = times.percentile_ms(percent) or 0.0, tick.less_own.percentile_ms(percent) or 0.0
        own, whole = format_quantity(time_ms - less_ms, "ms"), format_quantity(time_ms, "ms")
        return f"{_latest(tick)} late: {own} of p{percent} {whole} are its own"
    median_ms = totals.recent_times().percentile_ms(50) or 0.0
    lag = format_quantity(health.hub_lag_p99_ms, "ms")
    return f"{_latest(tick)} late: hub lag p99 {lag} beside a median of {format_quantity(median_ms, 'ms')}"


def _latest(tick: Tick) -> str:
    known = [each for each in tick.load_workers if each.health is not None and each.role != "master"]
    if not known:
        return "generator"
    return _name(max(known, key=lambda each: each.health.hub_lag_p99_ms if each.health else 0.0).name)


def _healths(tick: Tick) -> Iterator[tuple[str, Health]]:
    """Of each process that makes load."""
    known = [each for each in tick.load_workers if each.health is not None and each.role != "master"]
    if not known:
        yield "the generator", tick.health
    for each in known:
        if each.health is not None:
            yield _name(each.name), each.health


def _lost_text(names: tuple[str, ...]) -> str:
    return f"lost {_name(names[0])}" if len(names) == 1 else f"lost {len(names)} load workers: {', '.join(names[:3])}"


def _name(name: str) -> str:
    return name if name.startswith("load worker") else f"load worker {name}"


def _worst(doubts: Iterator[Doubt] | tuple[Doubt, ...]) -> Doubt:
    """The first of the worst."""
    return max(doubts, key=lambda doubt: _GRADES.index(doubt[0]), default=(Trust.OK, ""))
