"""Run folders: their names, modes and collisions."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from perftui.store.layout import new_run_folder, runs_folder

STARTED_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
HOSTILE = json.loads((Path(__file__).parents[1] / "data" / "hostile_strings.json").read_text())


def test_a_taken_name_gets_a_number_and_nothing_is_overwritten(tmp_path: Path) -> None:
    names = [new_run_folder(tmp_path, STARTED_AT, "light", "shop").name for _ in range(3)]
    assert names == ["20260304T050607_light_shop", "20260304T050607_light_shop-2", "20260304T050607_light_shop-3"]


def test_folders_are_private_whatever_the_umask(tmp_path: Path) -> None:
    for umask in (0o000, 0o777):
        before = os.umask(umask)
        try:
            folder = new_run_folder(tmp_path / f"new-{umask}" / "runs", STARTED_AT, "light", "shop")
        finally:
            os.umask(before)
        for each in (folder, folder.parent, folder.parent.parent):
            assert each.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", [*HOSTILE.values(), "../../etc", "..", "", "-rf", "a" * 5000], ids=ascii)
def test_a_hostile_name_stays_inside_and_harmless(tmp_path: Path, name: str) -> None:
    folder = new_run_folder(tmp_path, STARTED_AT, name, name)
    assert folder.parent == tmp_path
    assert re.fullmatch(r"20260304T050607_[A-Za-z0-9][A-Za-z0-9._-]*", folder.name)
    assert len(folder.name) < 120


def test_where_runs_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PERFTUI_RUNS_DIR", str(tmp_path / "variable"))
    assert runs_folder(str(tmp_path / "option")) == tmp_path / "option"
    assert runs_folder(None) == tmp_path / "variable"
    monkeypatch.delenv("PERFTUI_RUNS_DIR")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert runs_folder(None) == tmp_path / "data" / "perftui" / "runs"
