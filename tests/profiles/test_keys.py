from __future__ import annotations

from dataclasses import fields

import pytest

from perftui.model.plan import Profile, Scenario, Target
from perftui.profiles.choice import Choice
from perftui.profiles.keys import PROFILE_KEYS, SCENARIO_KEYS, TARGET_KEYS, Key


@pytest.mark.parametrize(("keys", "table"), [(PROFILE_KEYS, Profile), (SCENARIO_KEYS, Scenario), (TARGET_KEYS, Target)])
def test_every_field_of_the_model_has_its_key(keys: tuple[Key, ...], table: type[Profile]) -> None:
    assert {key.field for key in keys} - {None} == {each.name for each in fields(table)} - {"name"}


def test_every_option_can_be_chosen() -> None:
    options = {key.name for keys in (PROFILE_KEYS, SCENARIO_KEYS) for key in keys if key.option}
    assert options == {each.name for each in fields(Choice)} - {"profiles", "profile", "locust_args"}


TEXTS = {
    "users": ["1", "1000000"],
    "spawn_rate": ["2", "0.25", "1.5"],
    "run_time": ["1s", "90.5s", "1m30s", "168h"],
    "warm_up": ["0s", "30s", "until steady"],
    "thresholds": ["p95 < 500ms, acceptable 1s; rps > 5"],
    "abort_on": ["default; fail_ratio[10s] >= 50% for 5s after 30s"],
    "groups": ["auth=POST /auth/*, GET /me; health=GET /health"],
    "metrics_url": ["/metrics?a=b", "http://127.0.0.1:9100/metrics/"],
    "read_timeout": ["0.1s", "1h"],
    "stages": ["users=200 spawn_rate=10 hold=2m; users=0 for=30s", "rate=50/s for=1m; rate=100/min hold=1.5s"],
    "rate": ["200/s", "100/min", "5/h", "0.5/s"],
    "max_users": ["80"],
    "load_shape": ["StepShape"],
    "load_workers": ["0", "256", "auto"],
    "bind": ["0.0.0.0", "10.0.0.5:5557", "[::1]:5557", "::1"],
    "weights": ["BrowseUser=3, BuyUser=0"],
    "tags": ["read, write", ""],
    "url": ["http://127.0.0.1:8000/api"],
    "environment": ["production"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in TEXTS.items() for text in texts])
def test_a_value_is_written_as_it_is_read(name: str, text: str) -> None:
    kind = next(key.kind for key in (*PROFILE_KEYS, *SCENARIO_KEYS, *TARGET_KEYS) if key.name == name)
    assert kind.write(kind.read_text(text)) == text
