"""What became of load workers of this machine, in one line each; empty where there is nothing to say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from perftui.conductor.faults import fault_text
from perftui.conductor.local_worker import LocalWorker

# Where many come and go, a line names the first.
_MAX_NAMED = 3


def lost(workers: Sequence[LocalWorker], silent: Iterable[str]) -> str:
    """Those that are gone for good; `silent` names those that their master heard no more of, local or not."""
    deaths = {each.name: each for each in workers if each.death}
    texts = [f"{name} ({_how_lost(each)})" for name, each in deaths.items()]
    return _named("lost", texts + [name for name in silent if name not in deaths])


def restarted(workers: Iterable[LocalWorker]) -> str:
    """Those that died once."""
    again = [each for each in workers if each.restarted_after and not each.death]
    return _named("restarted", [f"{each.name} ({each.restarted_after})" for each in again])


def fault(workers: Iterable[LocalWorker]) -> str:
    """What user code did that no run goes on with."""
    for each in workers:
        if each.fault is not None:
            return f"load worker {each.name}: {fault_text(each.fault)}"
        if each.hook_raised:
            return f"a listener raised {each.hook_raised} in load worker {each.name}"
    return ""


def force(workers: Iterable[LocalWorker], *, was_stopped: bool) -> str:
    """What user code did that a worker had to be killed for; that it was slow is no fault where a run `was_stopped`."""
    for each in workers:
        if each.was_forced and each.death and not each.is_suspended:
            where = each.stuck_when_forced
            if where or not was_stopped:
                why = f"user code was stuck at {where}" if where else "user code did not stop in time"
                return f"{why} in load worker {each.name}, which had to be killed"
    return ""


def warning(workers: Iterable[LocalWorker]) -> str:
    """Of what keeps users from working now."""
    for each in workers:
        if each.is_suspended and not each.is_over:
            return f"load worker {each.name} was stopped from outside (SIGSTOP): none of its users can work"
        if each.stuck_at:
            return f"user code is stuck at {each.stuck_at} in load worker {each.name}: none of its users can work"
    return ""


def _how_lost(worker: LocalWorker) -> str:
    if worker.is_suspended:
        return "stopped from outside (SIGSTOP), and it never went on"
    return "it had to be killed" if worker.was_forced else worker.death


def _named(what: str, texts: Sequence[str]) -> str:
    if not texts:
        return ""
    more = f" and {len(texts) - _MAX_NAMED} more" if len(texts) > _MAX_NAMED else ""
    return f"{what} load worker{'s' if len(texts) > 1 else ''} {', '.join(texts[:_MAX_NAMED])}{more}"
