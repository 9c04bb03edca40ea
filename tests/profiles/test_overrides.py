from __future__ import annotations

import pytest

from perftui.model.errors import PerftuiError
from perftui.profiles.choice import Choice
from perftui.profiles.overrides import with_overrides


def test_what_is_typed_replaces_what_the_command_line_said() -> None:
    said = Choice(users="3", tags=("old",), locust_args=("--region", "eu"))
    typed = {
        "users": "5",
        "thresholds": "p95 < 1s\nrps > 2; fail_ratio < 1%",
        "user_classes": "A, B",
        "--shop": "'--shop=a b'",
    }
    assert with_overrides(said, typed) == Choice(
        users="5",
        tags=("old",),
        thresholds=("p95 < 1s", "rps > 2", "fail_ratio < 1%"),
        user_classes=("A", "B"),
        locust_args=("--region", "eu", "--shop=a b"),
    )
    assert with_overrides(said, {"locust_args": "--card 5"}).locust_args == ("--card", "5")
    with pytest.raises(PerftuiError, match=r"--: a quote"):
        with_overrides(said, {"locust_args": "'"})
