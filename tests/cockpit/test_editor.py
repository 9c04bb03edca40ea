"""The profiles file changed from the screen: what is saved applies at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from perftui.cockpit.services import CockpitServices
from perftui.model.errors import PerftuiError
from perftui.planning import Asker, profiles_here
from perftui.profiles.choice import Choice

FILE = '[scenarios.shop]\nlocustfiles = ["shop.py"]\n\n[profiles.light]\nusers = 10  # ten\n'


def test_a_saved_profile_can_be_planned_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.py").touch()
    path = tmp_path / "profiles.toml"
    path.write_text(FILE)
    path.chmod(0o640)
    services = CockpitServices(Asker(profiles_here(None), tmp_path), Choice(), tmp_path / "runs")
    assert services.editor.where() == "profiles.toml"
    services.editor.save("mine", "light", {"users": "3"})
    assert services.plan("mine", "http://127.0.0.1:1", None, {}).profile.users == 3
    services.editor.save("mine", "mine", {"users": "4"})
    assert services.profile_set.profiles["mine"].users == 4
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.read_text().startswith(FILE)


def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    services = CockpitServices(Asker(profiles_here(None), tmp_path), Choice(), tmp_path / "runs")
    (tmp_path / "profiles.toml").mkdir()
    with pytest.raises(PerftuiError, match=r"profiles\.toml is there already"):
        services.editor.save("mine", "light", {"users": "3"})
