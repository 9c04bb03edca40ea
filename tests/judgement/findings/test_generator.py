from __future__ import annotations

from tests.fakes.shaped_runs import between, findings_of, shaped_run


def test_a_generator_at_its_limit_is_said_with_what_speaks_for_it() -> None:
    run = shaped_run(
        120,
        users=between(10, 200, 100),
        rps=lambda s: min(60.0, 40 + 4 * s),
        cpu_percent=lambda s: min(100.0, 20 + s),
        hub_lag_ms=lambda s: 800 if s > 70 else 1,
    )
    found = findings_of(run)
    assert next(iter(found)) == "generator", "what makes the numbers doubtful comes first"
    assert found["generator"].text == (
        "The generator was the limit: its CPU was at 90 % or more in 50 of 120 seconds; rps stayed at 62 while users "
        "grew from 99 to 200; the generator was late in 49 of 120 seconds: about 473 ms of p99 938 ms are its own."
    )


def test_rps_that_grew_with_the_users_are_not_mentioned() -> None:
    run = shaped_run(60, users=between(10, 100, 60), rps=between(6, 60, 60), cpu_percent=95)
    text = findings_of(run)["generator"].text
    assert text == "The generator was the limit: its CPU was at 90 % or more in 60 of 60 seconds."


def test_a_generator_that_was_only_late_is_not_called_the_limit() -> None:
    text = findings_of(shaped_run(60, hub_lag_ms=lambda s: 800 if s >= 50 else 1))["generator"].text
    assert text.startswith("The generator was late in 10 of 60 seconds: about ")


def test_a_busy_second_is_not_mentioned() -> None:
    assert "generator" not in findings_of(shaped_run(60, cpu_percent=lambda s: 100 if s < 2 else 30))
