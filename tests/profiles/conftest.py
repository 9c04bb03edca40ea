from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from perftui.profiles.file import load_profiles
from perftui.profiles.profile_set import ProfileSet

PROJECT = """\
[defaults]
scenario = "shop"
spawn_rate = 2

[targets.staging]
url = "https://shop.example.com"
environment = "staging"
max_users = 50
max_rps = 30
max_minutes = 10
metrics_url = "/metrics"
monitor_command = "free -m"

[targets.live]
url = "https://www.example.com"
environment = "production"

[targets.tunnel]
url = "http://127.0.0.1:8443"
environment = "production"

[scenarios.shop]
locustfiles = ["load/shop.py"]
user_classes = ["BrowseUser", "BuyUser"]
tags = ["read"]
weights = { BrowseUser = 3, BuyUser = 1 }
groups = { buy = ["POST /cart/*", "POST /orders"] }
thresholds = ["p95(buy) < 500ms, acceptable 1s"]

[scenarios.pay]
locustfiles = ["load"]

[profiles.light]
users = 10
run_time = "1m"
target = "staging"
thresholds = ["fail_ratio < 1%"]

[profiles.open]
users = 5
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with profiles and locustfiles; the current folder."""
    (tmp_path / "profiles.toml").write_text(PROJECT)
    (tmp_path / "load").mkdir()
    (tmp_path / "load" / "shop.py").write_text("# users\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def project_set(project: Path) -> ProfileSet:
    return load_profiles(project / "profiles.toml")


@pytest.fixture
def load_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | bytes], ProfileSet]:
    """Loads a profiles.toml of this content in the current folder."""
    monkeypatch.chdir(tmp_path)

    def load(content: str | bytes) -> ProfileSet:
        path = tmp_path / "profiles.toml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load_profiles(path)

    return load
