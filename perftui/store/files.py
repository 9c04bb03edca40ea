"""The small files of a run, written and read back: run.toml and outcome.json."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import tomli_w

from perftui import exit_codes
from perftui.model.capacity import MAX_LEVELS, CapacityLevel, CapacityResult, LevelVerdict
from perftui.model.errors import PerftuiError
from perftui.model.judged import Finding, ThresholdResult, ThresholdState, Trust
from perftui.model.plan import RunPlan, plan_from_dict, plan_to_dict
from perftui.model.record import OUTCOME_SCHEMA_VERSION, Accounting, Demands, Outcome, Verdict
from perftui.model.run_state import RunState
from perftui.model.totals import RunTotals
from perftui.store.paths import path_for_people

RUN_SCHEMA_VERSION = 1

MAX_RUN_TOML_BYTES = 1 << 20
MAX_OUTCOME_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Summary:
    """The few numbers that a list of runs shows, so that listing opens no database. Service times, in ms."""

    profile: str
    target: str
    requests: int
    failures: int
    fail_ratio: float | None
    p95_ms: float | None
    p50_ms: float | None = None
    p99_ms: float | None = None
    rps: float | None = None
    branch: str = ""
    notes: int = 0


def summary_of(plan: RunPlan, totals: RunTotals, notes: int = 0) -> Summary:
    """`notes` counts those that were put on its timeline while it went on."""
    total = totals.total
    p50_ms, p95_ms, p99_ms = total.times().percentiles_ms((50, 95, 99))
    return Summary(
        plan.profile.name,
        plan.target.name,
        total.requests,
        total.failed,
        total.fail_ratio,
        p95_ms,
        p50_ms,
        p99_ms,
        total.requests / totals.covered_s if totals.covered_s else None,
        plan.branch,
        notes,
    )


def run_toml(plan: RunPlan, run_id: str, started_at: datetime) -> bytes:
    """Raises ValueError where a text of the plan has no form in TOML."""
    tables = plan_to_dict(plan)
    tables["record"] = {
        "schema_version": RUN_SCHEMA_VERSION,
        "run_id": run_id,
        "started_at": started_at.isoformat(timespec="milliseconds"),
    }
    return tomli_w.dumps(tables).encode()


def read_run_toml(path: Path) -> tuple[RunPlan, str]:
    """The plan and the start in ISO 8601. Raises PerftuiError where the file is damaged or of a newer perftui."""
    try:
        tables = tomllib.loads(read_bounded(path, MAX_RUN_TOML_BYTES).decode())
        refuse_newer(path, tables["record"]["schema_version"], RUN_SCHEMA_VERSION)
        started_at = tables["record"]["started_at"]
        datetime.fromisoformat(started_at)
        return plan_from_dict(tables), started_at
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(path, error) from error


def outcome_json(outcome: Outcome, summary: Summary) -> bytes:
    document = asdict(outcome)
    document |= {"state": outcome.state.value, "verdict": outcome.verdict.value, "trust": outcome.trust.value}
    document["thresholds"] = [{**asdict(each), "state": each.state.value} for each in outcome.thresholds]
    if outcome.capacity is not None:
        levels = [{**asdict(each), "verdict": each.verdict.value} for each in outcome.capacity.levels]
        document["capacity"] = {**asdict(outcome.capacity), "levels": levels}
    document = {"schema_version": OUTCOME_SCHEMA_VERSION, **document, "summary": asdict(summary)}
    return json.dumps(document, indent=2).encode() + b"\n"


def read_outcome(path: Path) -> tuple[Outcome, Summary] | None:
    """None where there is no such file. Raises PerftuiError where it is damaged or of a newer perftui."""
    if not path.exists():
        return None
    try:
        document = json.loads(read_bounded(path, MAX_OUTCOME_BYTES))
        refuse_newer(path, document["schema_version"], OUTCOME_SCHEMA_VERSION)
        outcome = _outcome_from(document)
        return outcome, Summary(**known_fields(Summary, document["summary"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(path, error) from error


def _outcome_from(document: Mapping[str, Any]) -> Outcome:
    entries = known_fields(Outcome, document)
    for name in ("sentences", "warnings"):
        entries[name] = tuple(str(each) for each in entries[name])
    for name in ("run_id", "reason", "started_at", "ended_at"):
        if not isinstance(entries[name], str):
            raise ValueError(f"{name} is not a text")
    entries["exit_code"] = int(entries["exit_code"])
    entries["duration_s"] = float(entries["duration_s"])
    entries["state"] = RunState(entries["state"])
    entries["verdict"] = Verdict(entries["verdict"])
    entries["trust"] = Trust(entries.get("trust", Trust.OK))
    entries["thresholds"] = tuple(map(_threshold_from, entries.get("thresholds", ())))
    entries["findings"] = tuple(Finding(**known_fields(Finding, each)) for each in entries.get("findings", ()))
    entries["demands"] = Demands(**known_fields(Demands, entries.get("demands", {})))
    entries["accounting"] = Accounting(**known_fields(Accounting, entries["accounting"]))
    entries["capacity"] = _capacity_from(entries.get("capacity"))
    return Outcome(**entries)


def _capacity_from(table: Mapping[str, Any] | None) -> CapacityResult | None:
    if table is None:
        return None
    levels = []
    for each in table["levels"][:MAX_LEVELS]:
        entries = known_fields(CapacityLevel, each)
        levels.append(CapacityLevel(**{**entries, "verdict": LevelVerdict(entries["verdict"])}))
    return CapacityResult(**{**known_fields(CapacityResult, table), "levels": tuple(levels)})


def _threshold_from(table: Mapping[str, Any]) -> ThresholdResult:
    entries = known_fields(ThresholdResult, table)
    return ThresholdResult(**{**entries, "state": ThresholdState(entries["state"])})


def known_fields(kind: type[Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """What of `table` the dataclass `kind` has: files of a later perftui may say more."""
    names = {each.name for each in fields(kind)}
    return {key: value for key, value in table.items() if key in names}


def read_bounded(path: Path, max_bytes: int) -> bytes:
    """Raises PerftuiError where the file cannot be read, ValueError where it has more than `max_bytes`."""
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise PerftuiError(
            f"{path_for_people(path)} cannot be read", error.strerror or str(error), exit_code=exit_codes.USAGE
        ) from error
    if len(data) > max_bytes:
        raise ValueError(f"larger than {max_bytes >> 20} MB")
    return data


def refuse_newer(path: Path, version: object, known: int) -> None:
    """Raises PerftuiError where `path` is of a newer form than this perftui knows, ValueError where it is of none."""
    if not isinstance(version, int) or version < 1:
        raise ValueError("its schema version is not a number")
    if version > known:
        raise PerftuiError(
            f"{path_for_people(path)} was written by a newer perftui",
            f"its schema is {version}, this perftui reads up to {known}",
            "Upgrade perftui to open it",
            exit_code=exit_codes.USAGE,
        )


def damaged(path: Path, error: Exception | str, next_step: str = "") -> PerftuiError:
    return PerftuiError(f"{path_for_people(path)} is damaged", str(error)[:200], next_step, exit_code=exit_codes.USAGE)
