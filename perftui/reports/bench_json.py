"""A bench as the document that pytest-benchmark writes, so that its tools can read it; and read again."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from perftui import __version__
from perftui.judgement.bench import statistics_of
from perftui.model.bench import MAX_ROUNDS, MIN_ROUNDS, WARM_UP_ROUNDS, Bench, TaskRounds
from perftui.reports.figures import one_line

# Of the part under the key "perftui". Raised when a reader of it would have to change; new keys alone do not.
SCHEMA_VERSION = 1
OURS = "perftui"


class NewerBenchError(ValueError):
    """The document was written by a newer perftui."""


def bench_json(bench: Bench) -> bytes:
    """Every task with its statistics and the time of each round, in s. A task without any is in our own part alone."""
    provenance = {one_line(key): one_line(value) for key, value in bench.provenance.items()}
    document = {
        "machine_info": {key: one_line(value) for key, value in bench.machine.items()},
        "commit_info": {
            "id": provenance.get("git_revision", "unversioned"),
            "time": None,
            "author_time": None,
            "dirty": provenance.get("git_dirty") == "yes",
            "project": one_line(bench.scenario),
            "branch": "(unknown)",
        },
        "benchmarks": [_benchmark(bench, task) for task in bench.tasks if task.times_s],
        "datetime": bench.started_at,
        "version": __version__,
        OURS: {
            "schema_version": SCHEMA_VERSION,
            "scenario": one_line(bench.scenario),
            "target": one_line(bench.target),
            "rounds": bench.rounds,
            "max_time_s": bench.max_time_s,
            "not_measured": [_own_part(task) for task in bench.tasks if not task.times_s],
            "provenance": provenance,
        },
    }
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _benchmark(bench: Bench, task: TaskRounds) -> dict[str, Any]:
    statistics = statistics_of(task.times_s)
    assert statistics is not None
    return {
        "group": None,
        "name": one_line(task.name),
        "fullname": one_line(f"{bench.scenario}::{task.user_class}::{task.task}"),
        "params": None,
        "param": None,
        "extra_info": _own_part(task),
        "options": {
            "disable_gc": False,
            "timer": "perf_counter",
            "min_rounds": MIN_ROUNDS if bench.rounds is None else bench.rounds,
            "max_time": bench.max_time_s,
            "min_time": 0.0,
            "warmup": WARM_UP_ROUNDS,
        },
        "stats": {**asdict(statistics), "data": list(task.times_s), "iterations": 1},
    }


def _own_part(task: TaskRounds) -> dict[str, Any]:
    return {
        "user_class": one_line(task.user_class),
        "task": one_line(task.task),
        "failed": task.failed,
        "failure": one_line(task.failure),
        "given_up": one_line(task.given_up),
    }


def bench_from_json(data: bytes) -> Bench:
    """The bench that `bench_json` wrote. Raises ValueError for anything else, NewerBenchError for a newer one."""
    try:
        document = json.loads(data)
        ours = document[OURS]
        if ours["schema_version"] > SCHEMA_VERSION:
            raise NewerBenchError(f"its schema is {ours['schema_version']}, this perftui reads up to {SCHEMA_VERSION}")
        measured = [_task(each["extra_info"], each["stats"]["data"]) for each in document["benchmarks"]]
        return Bench(
            scenario=str(ours["scenario"]),
            target=str(ours["target"]),
            started_at=str(document["datetime"]),
            rounds=ours["rounds"],
            max_time_s=ours["max_time_s"],
            tasks=(*measured, *(_task(each, ()) for each in ours["not_measured"])),
            machine={str(key): str(value) for key, value in document["machine_info"].items()},
            provenance={str(key): str(value) for key, value in ours["provenance"].items()},
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"it is not a bench of perftui: {type(error).__name__} {error}") from None


def _task(part: dict[str, Any], times_s: Any) -> TaskRounds:
    times = tuple(float(each) for each in times_s[:MAX_ROUNDS])
    if not all(0 <= each < float("inf") for each in times):
        raise ValueError("it holds a time that is none")
    texts = [str(part[name]) for name in ("failure", "given_up")]
    return TaskRounds(str(part["user_class"]), str(part["task"]), times, int(part["failed"]), *texts)
