"""Which user classes would make the same load with less of the generator's CPU."""

from __future__ import annotations

from collections.abc import Sequence

from perftui.model.inspection import CheckItem, Inspection, UserClassInfo
from perftui.model.load_plan import at_most, deciding_shape, peak_rate_per_s, peak_users
from perftui.model.plan import RunPlan

# Below both, no client of Locust's uses enough of a core to be seen in the times: docs/honesty.md has a table.
LEAST_USERS = 50
LEAST_RATE_PER_S = 100.0

_CPU = {"HttpUser": "less than a tenth", "FastHttpUser": "about a quarter"}
# So many classes are named in one line, and have a line each.
_NAMED = 8
_LINES = 100


def user_advice(inspection: Inspection, plan: RunPlan) -> CheckItem | None:
    """None where no class of the scenario is an HttpUser or FastHttpUser, or the load of `plan` is small."""
    classes = [each for each in inspection.user_classes if each.base in _CPU and _takes_part(each, plan)]
    if not classes or not _is_much(plan, inspection.shapes):
        return None
    lean = [each.name for each in classes if not each.beyond_lean]
    if lean:
        names = ", ".join(lean[:_NAMED]) + (f" and {len(lean) - _NAMED} more" if len(lean) > _NAMED else "")
        text = f"{names} would cost about a quarter of the CPU or less as LeanHttpUser: docs/users.md"
    else:
        text = (
            "none could be a LeanHttpUser as it stands, which costs about a quarter of the CPU or less: docs/users.md"
        )
    is_tls = plan.target.url.lower().startswith("https:")
    return CheckItem("users", "ok", text, details=tuple(_class_text(each, is_tls=is_tls) for each in classes[:_LINES]))


def _takes_part(user_class: UserClassInfo, plan: RunPlan) -> bool:
    chosen = plan.scenario.user_classes
    return (not chosen or user_class.name in chosen) and plan.scenario.weights.get(user_class.name) != 0


def _is_much(plan: RunPlan, shapes: Sequence[str]) -> bool:
    """Whether the generator could become the limit. Of a load shape nothing is known, so it may be."""
    profile = at_most(plan)
    if deciding_shape(profile, shapes):
        return True
    rate = peak_rate_per_s(profile)
    return peak_users(profile) >= LEAST_USERS if rate is None else rate >= LEAST_RATE_PER_S


def _class_text(user_class: UserClassInfo, *, is_tls: bool) -> str:
    if user_class.beyond_lean:
        used = ", ".join(user_class.beyond_lean)
        return f"{user_class.name} stays {_with_article(user_class.base)}: LeanHttpUser has no {used}"
    saved = f"{_CPU[user_class.base]} of {_with_article(user_class.base)}'s CPU for each request"
    text = f"{user_class.name}: {saved} as a LeanHttpUser (`from perftui.users import LeanHttpUser`)"
    if is_tls and user_class.base == "FastHttpUser":
        text += "; it then verifies the target's certificate, unless `insecure = True`"
    return text


def _with_article(base: str) -> str:
    return f"{'an' if base.startswith('H') else 'a'} {base}"
