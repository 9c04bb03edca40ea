"""What may stand behind ``--``."""

from __future__ import annotations

import pytest

from perftui.exit_codes import USAGE
from perftui.model.errors import PerftuiError
from perftui.profiles.locust_args import check_locust_args


@pytest.mark.parametrize(
    ("argument", "option"),
    [
        ("--users", "--users"),
        ("--users=5", "--users"),
        ("-u5", "-u"),
        ("--reset-stats", "--reset-stats"),
    ],
)
def test_an_option_that_perftui_owns_is_refused(argument: str, option: str) -> None:
    with pytest.raises(PerftuiError, match=f"perftui owns {option}\\.") as caught:
        check_locust_args(["--mine", argument])
    assert caught.value.exit_code == USAGE


def test_other_options_and_values_pass() -> None:
    allowed = ["--config-users", "--loglevel", "-L", "--logfile", "--skip-log-setup", "--otel"]
    own = ["--user", "--users-file", "--tag", "--web", "--mine=--users", "users", "--", "-"]
    check_locust_args([*allowed, *own])


def test_no_help_promises_that_a_warm_up_does_not_count() -> None:
    with pytest.raises(PerftuiError, match="counts the whole run"):
        check_locust_args(["--reset-stats"])
