"""Names for runs: none is lost, and what cannot be read is one line."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from perftui import exit_codes
from perftui.model.errors import PerftuiError
from perftui.model.plan import RunPlan
from perftui.store.baselines import BASELINES_JSON, Baseline, Baselines

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_a_baseline_is_kept_with_what_finds_it_again(tmp_path: Path, plan: RunPlan) -> None:
    runs = tmp_path / "runs"
    on_a_branch = replace(plan, provenance={"git_branch": "feature/x"})
    assert Baselines(runs).set("main", "run-1", plan, NOW) is None
    Baselines(runs).set("feature", "run-2", on_a_branch, NOW + timedelta(hours=1))
    assert Baselines(runs).all() == [
        Baseline("feature", "run-2", "light", "shop", "feature/x", "2026-03-04T06:06:07.000+00:00"),
        Baseline("main", "run-1", "light", "shop", "", "2026-03-04T05:06:07.000+00:00"),
    ]
    assert {each.name: each.stat().st_mode & 0o777 for each in runs.iterdir()} == {
        BASELINES_JSON: 0o600,
        ".baselines.lock": 0o600,
    }


def test_a_name_that_is_set_again_says_what_it_was(tmp_path: Path, plan: RunPlan) -> None:
    baselines = Baselines(tmp_path)
    baselines.set("main", "run-1", plan, NOW)
    before = baselines.set("main", "run-2", plan, NOW)
    assert before is not None
    assert before.run_id == "run-1"
    found = baselines.find("main")
    assert found is not None
    assert found.run_id == "run-2"


def test_many_at_once_lose_nothing(tmp_path: Path, plan: RunPlan) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(24):
            pool.submit(Baselines(tmp_path).set, f"name-{number}", f"run-{number}", plan, NOW)
    assert len(Baselines(tmp_path).all()) == 24


def test_a_name_is_removed_and_one_that_is_not_there_has_a_nearest(tmp_path: Path, plan: RunPlan) -> None:
    baselines = Baselines(tmp_path)
    baselines.set("main", "run-1", plan, NOW)
    with pytest.raises(PerftuiError, match="no baseline mian: the nearest is main"):
        baselines.remove("mian")
    baselines.remove("main")
    assert baselines.all() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ('{"schema_version": 1, "baselines": {"main": {"run_id": 3}}}', "is damaged"),
        (
            '{"schema_version": 1, "baselines": {"main": {"run_id": "../../etc", "profile": "", "target": "",'
            ' "branch": "", "set_at": ""}}}',
            "names no run of this folder",
        ),
        ('{"schema_version": 2, "baselines": {}}', "written by a newer perftui"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line_and_stays(tmp_path: Path, plan: RunPlan, text: str, said: str) -> None:
    (tmp_path / BASELINES_JSON).write_text(text)
    for attempt in (Baselines(tmp_path).all, lambda: Baselines(tmp_path).set("main", "run-1", plan, NOW)):
        with pytest.raises(PerftuiError, match=said) as raised:
            attempt()
        assert raised.value.exit_code == exit_codes.USAGE
    assert (tmp_path / BASELINES_JSON).read_text() == text


def test_the_file_says_its_version(tmp_path: Path, plan: RunPlan) -> None:
    Baselines(tmp_path).set("main", "run-1", plan, NOW)
    assert json.loads((tmp_path / BASELINES_JSON).read_text())["schema_version"] == 1
