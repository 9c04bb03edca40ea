"""What a plan must not hold at rest: passwords in URLs and values of secret-looking arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from perftui.model.plan import RunPlan
from perftui.model.text import mask_secrets, without_userinfo

MASK = "***"
# The key in a plan's provenance that names what was taken out, separated by commas.
MARKER = "redacted"

_SECRET_FLAG = re.compile(
    r"(?i)--?[\w-]*(?:token|secret|passw|pwd|api[_-]?key|access[_-]?key|private[_-]?key|credential|auth|cookie|signature)"
    r"[\w-]*"
)


def redacted(plan: RunPlan) -> RunPlan:
    """`plan` fit to be written, its provenance naming what must be given again to run it again."""
    gone: list[str] = []
    # A URL that cannot be split is masked as text, which takes its userinfo too.
    try:
        url = mask_secrets(without_userinfo(plan.target.url))
    except ValueError:
        url = mask_secrets(plan.target.url)
    if url != plan.target.url:
        gone.append("the target's credentials")
    arguments = _redact_arguments(plan.locust_args, gone)
    provenance = {key: mask_secrets(value) for key, value in plan.provenance.items()}
    if gone:
        provenance[MARKER] = ", ".join(dict.fromkeys(gone))
    return replace(plan, target=replace(plan.target, url=url), locust_args=arguments, provenance=provenance)


def missing_parts(plan: RunPlan) -> tuple[str, ...]:
    """What `redacted` took out of a plan that was read back."""
    return tuple(filter(None, plan.provenance.get(MARKER, "").split(", ")))


def _redact_arguments(arguments: Iterable[str], gone: list[str]) -> tuple[str, ...]:
    kept: list[str] = []
    secret_flag = ""
    for argument in arguments:
        flag, equals, value = argument.partition("=")
        is_flag = argument.startswith("-") and not argument[1:2].isdigit()
        if secret_flag and not is_flag:
            gone.append(secret_flag)
            kept.append(MASK)
        elif equals and value and _SECRET_FLAG.fullmatch(flag):
            gone.append(flag)
            kept.append(f"{flag}={MASK}")
        else:
            masked = mask_secrets(argument)
            if masked != argument:
                gone.append(flag if is_flag else "an argument")
            kept.append(masked)
        secret_flag = argument if is_flag and not equals and _SECRET_FLAG.fullmatch(argument) else ""
    return tuple(kept)
