"""No secret of a plan reaches a disk, and the plan says what is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perftui.judgement.rules import parse_threshold
from perftui.model.plan import RunPlan
from perftui.store.redaction import missing_parts, redacted


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (("--token", "CANARY"), ("--token", "***")),
        (("--password=CANARY",), ("--password=***",)),
        (("--shop-api-key", "CANARY", "--n", "3"), ("--shop-api-key", "***", "--n", "3")),
        (("--header", "Authorization: Bearer CANARY1"), ("--header", "Authorization: Bearer ***")),
        (("--login", "http://me:CANARY@shop.test/"), ("--login", "http://***@shop.test/")),
        (("--use-token", "--n", "3"), ("--use-token", "--n", "3")),
        (("--pwd", "CANARY", "--auth", "CANARY", "--cookie=CANARY"), ("--pwd", "***", "--auth", "***", "--cookie=***")),
        (("--tokens", "CANARY", "CANARY", "--n", "3"), ("--tokens", "***", "***", "--n", "3")),
        (("--password", "-CANARY", "-5"), ("--password", "***", "***")),
        (("--password", "- CANARY"), ("--password", "***")),
    ],
)
def test_secret_arguments_are_masked(plan: RunPlan, given: tuple[str, ...], kept: tuple[str, ...]) -> None:
    clean = redacted(replace(plan, locust_args=given))
    assert clean.locust_args == kept
    assert bool(missing_parts(clean)) == (given != kept)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (("--pin", "CANARY", "--n", "3"), ("--pin", "***", "--n", "3")),
        (("--pin=CANARY",), ("--pin=***",)),
        (("--pin", "-7"), ("--pin", "***")),
        (("--pi", "CANARY"), ("--pi", "***")),
        (("--pi=CANARY",), ("--pi=***",)),
        (("-P", "CANARY"), ("-P", "***")),
        (("-PCANARY",), ("-P***",)),
        (("-P=CANARY",), ("-P=***",)),
        (("--pins", "3"), ("--pins", "3")),
    ],
)
def test_arguments_that_the_locustfile_declared_secret_are_masked(
    plan: RunPlan, given: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    clean = redacted(replace(plan, locust_args=given), ["--pin", "-P"])
    assert clean.locust_args == kept
    assert bool(missing_parts(clean)) == (given != kept)


def test_a_target_loses_its_user_and_keeps_the_rest(plan: RunPlan) -> None:
    clean = redacted(replace(plan, target=replace(plan.target, url="https://me:CANARY@shop.test:8443/base")))
    assert clean.target.url == "https://shop.test:8443/base"
    assert len(missing_parts(clean)) == 1


def test_a_plan_without_secrets_is_unchanged(plan: RunPlan) -> None:
    assert redacted(plan) == plan


def test_what_watches_the_target_loses_its_secrets(plan: RunPlan) -> None:
    watched = replace(
        plan.target,
        metrics_url="http://me:CANARY@shop.test/metrics",
        monitor_command="curl -u admin:CANARY http://shop.test/load",
    )
    clean = redacted(replace(plan, target=watched))
    assert "CANARY" not in f"{clean.target}"
    assert len(missing_parts(clean)) == 1


def test_rules_lose_their_secrets(plan: RunPlan) -> None:
    name = "GET /x?token=CANARY123secret"
    clean = redacted(
        replace(
            plan,
            profile=replace(plan.profile, thresholds=(f"p95({name}) < 1s",), abort_on=(f"p95({name}) > 1s",)),
            scenario=replace(plan.scenario, thresholds=(f"avg({name}) < 1s",), groups={"x": (name,)}),
        )
    )
    assert "CANARY" not in f"{clean.profile} {clean.scenario}"
    # A record that is read again for a part of the run holds them against it.
    assert [parse_threshold(rule).target for rule in clean.thresholds] == [1000, 1000]
    assert missing_parts(clean)
