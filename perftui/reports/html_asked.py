"""What was asked, what happened and where, as sections of report.html."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from perftui.model.duration import format_clock, format_duration
from perftui.model.load_plan import stage_words
from perftui.model.plan import AUTO_LOAD_WORKERS, UNTIL_STEADY_S, Profile, Scenario, Target
from perftui.model.record import Record
from perftui.reports.markup import facts, row, section, shown, table

# result.json has them all.
MAX_EVENTS = 500

# Its "_s" is part of a rate, and no duration.
_RATE = "rate_per_s"
_OF_USERS = ("users",)
_OF_MASTERS = ("load_workers", "expect_workers", "max_wait_s")
_PLAN_LABELS = {
    "rate": "arrival rate",
    "max_rps": "most rps",
    "max_users": "most users",
    "max_minutes": "most minutes",
}


def plan_section(record: Record) -> str:
    plan = record.plan
    entries = [
        *_plan_rows("profile", plan.profile, plan.origins),
        *_plan_rows("target", plan.target, plan.origins),
        *_plan_rows("scenario", plan.scenario, plan.origins),
        ("working directory", plan.working_directory, ""),
    ]
    if plan.locust_args:
        entries.append(("arguments for the locustfile", " ".join(plan.locust_args), ""))
    entries += [(key, value, "") for key, value in plan.provenance.items()]
    return section("Plan", facts(entries), "what was asked, and where it came from", is_long=True)


def _plan_rows(
    kind: str, part: Profile | Target | Scenario, origins: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    unused: tuple[str, ...] = ()
    if isinstance(part, Profile):
        unused += () if part.has_master else _OF_MASTERS
        unused += _OF_USERS if part.stages or part.is_open_model else ()
    for each in fields(part):
        value = getattr(part, each.name)
        if each.name in unused or value is None or value == "" or (isinstance(value, (tuple, dict)) and not value):
            continue
        # A duration is `run_time_s` in the plan and run_time to those who write it.
        is_duration = each.name.endswith("_s") and each.name != _RATE
        name = "rate" if each.name == _RATE else each.name.removesuffix("_s")
        label = kind if name == "name" else _PLAN_LABELS.get(name, name.replace("_", " "))
        if is_duration:
            text = "until steady" if value == UNTIL_STEADY_S else format_duration(value)
        elif name == "stages":
            text = "; ".join(map(stage_words, value))
        elif each.name == _RATE:
            text = f"{value:g} tasks/s"
        elif name == "load_workers":
            text = "as many as there are cores to spare" if value == AUTO_LOAD_WORKERS else f"{value:,}"
        elif isinstance(value, tuple):
            # A threshold may have a comma in it.
            text = ("; " if name in ("thresholds", "abort_on") else ", ").join(value)
        elif name == "groups":
            text = "; ".join(f"{key}: {', '.join(globs)}" for key, globs in value.items())
        elif isinstance(value, dict):
            text = ", ".join(f"{key} {weight}" for key, weight in value.items())
        else:
            text = f"{value:g}" if isinstance(value, float) else str(value)
        yield label, text, origins.get(kind if name == "name" else name, "")


def events_section(record: Record) -> str:
    if not record.events:
        return ""
    rows = [
        row(
            (
                (format_clock(event.elapsed_s), ""),
                (shown(event.kind), ""),
                (shown(event.text), "text"),
                (shown(event.by), ""),
            )
        )
        for event in record.events[:MAX_EVENTS]
    ]
    more = len(record.events) - MAX_EVENTS
    note = f"{more:,} more are in result.json" if more > 0 else ""
    columns = (("After", ""), ("Kind", ""), ("What", "text"), ("By", ""))
    return section("Events", table(columns, rows, "Events"), note, is_long=True)


def environment_section(record: Record) -> str:
    if not record.environment:
        return ""
    return section("Load generator", facts((key, value, "") for key, value in sorted(record.environment.items())))
