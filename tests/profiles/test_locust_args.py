"""What may stand behind ``--``."""

from __future__ import annotations

import pytest

from perftui.exit_codes import USAGE
from perftui.model.errors import PerftuiError
from perftui.profiles.locust_args import ALLOWED, check_locust_args


@pytest.mark.parametrize(
    ("argument", "option"),
    [
        ("--users", "--users"),
        ("--users=5", "--users"),
        ("-u5", "-u"),
        ("--exit-code-on", "--exit-code-on-error"),
        ("--head", "--headless"),
        ("--spawn=3", "--spawn-rate"),
        ("--reset-stats", "--reset-stats"),
    ],
)
def test_an_option_that_perftui_owns_is_refused_however_it_is_spelled(argument: str, option: str) -> None:
    with pytest.raises(PerftuiError, match=f"perftui owns {option}\\.") as caught:
        check_locust_args(["--mine", argument])
    assert caught.value.exit_code == USAGE


def test_other_options_and_values_pass() -> None:
    check_locust_args([*ALLOWED, "--log", "DEBUG", "--us", "--users-file", "--mine=--users", "users", "--", "-"])


def test_no_help_promises_that_a_warm_up_does_not_count() -> None:
    with pytest.raises(PerftuiError, match="counts the whole run"):
        check_locust_args(["--reset-stats"])
