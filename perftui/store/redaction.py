"""What a plan must not hold at rest: passwords in URLs and values of secret arguments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from perftui.model.plan import Profile, RunPlan, Scenario
from perftui.model.secret_arguments import mask_arguments
from perftui.model.text import mask_secrets, without_userinfo

# The key in a plan's provenance that names what was taken out, separated by commas.
MARKER = "redacted"
# Stands for a monitor's command: no rule can tell which word of a shell command is a password.
NOT_KEPT = "(not kept)"


def redacted(plan: RunPlan, secret_flags: Iterable[str] = ()) -> RunPlan:
    """`plan` fit to be written, its provenance naming what must be given again to run it again.

    `secret_flags` are those that the locustfile declared secret.
    """
    gone: list[str] = []
    target = replace(
        plan.target,
        url=_without_secrets(plan.target.url),
        metrics_url=_without_secrets(plan.target.metrics_url),
        monitor_command=NOT_KEPT if plan.target.monitor_command else "",
    )
    if (target.url, target.metrics_url) != (plan.target.url, plan.target.metrics_url):
        gone.append("the target's credentials")
    profile, scenario = _without_secret_rules(plan)
    if (profile, scenario) != (plan.profile, plan.scenario):
        gone.append("what thresholds say of secrets")
    arguments, masked = mask_arguments(plan.locust_args, secret_flags)
    gone += masked
    provenance = {key: mask_secrets(value) for key, value in plan.provenance.items()}
    if gone:
        provenance[MARKER] = ", ".join(dict.fromkeys(gone))
    return replace(
        plan, profile=profile, target=target, scenario=scenario, locust_args=arguments, provenance=provenance
    )


def _without_secret_rules(plan: RunPlan) -> tuple[Profile, Scenario]:
    """Request names may hold secrets, and so may the rules about them."""
    profile, scenario = plan.profile, plan.scenario
    return (
        replace(profile, thresholds=_masked_rules(profile.thresholds), abort_on=_masked_rules(profile.abort_on)),
        replace(
            scenario,
            thresholds=_masked_rules(scenario.thresholds),
            groups={name: _masked(globs) for name, globs in scenario.groups.items()},
        ),
    )


def _masked(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(mask_secrets, texts))


def _without_secrets(url: str) -> str:
    try:
        return mask_secrets(without_userinfo(url))
    except ValueError:
        # What cannot be split is masked as text, which takes its userinfo too.
        return mask_secrets(url)


def missing_parts(plan: RunPlan) -> tuple[str, ...]:
    """What `redacted` took out of a plan that was read back."""
    return tuple(filter(None, plan.provenance.get(MARKER, "").split(", ")))


def _masked_rules(texts: Iterable[str]) -> tuple[str, ...]:
    """Still rules: what is masked in a request name does not reach beyond its parentheses."""
    return tuple(map(_masked_rule, texts))


def _masked_rule(text: str) -> str:
    measure, opened, rest = text.partition("(")
    scope, closed, bound = rest.rpartition(")")
    return f"{measure}({mask_secrets(scope)}){bound}" if opened and closed else mask_secrets(text)
