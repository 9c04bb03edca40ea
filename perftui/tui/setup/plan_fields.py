"""Every option of a plan as a row: what it is now, what it may be, where it came from, what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from perftui.model.load_plan import deciding_shape
from perftui.model.plan import LONGEST_UNASKED_RUN_S, Profile, RunPlan
from perftui.model.secret_arguments import mask_arguments, secret_flags_of
from perftui.model.text import clean, mask_secrets
from perftui.profiles.keys import ABORT_ON, LOAD_SHAPE, RULES, SELECTIONS, SETTINGS, THRESHOLDS, Key, named
from perftui.profiles.load_kinds import NOT_USED
from perftui.profiles.locustfiles import locustfile_text
from perftui.profiles.overrides import LOCUST_ARGS_KEY
from perftui.profiles.rule_values import Rules, WarmUpTime
from perftui.profiles.targets import environment_of
from perftui.profiles.values import Duration
from perftui.tui.setup.draft import Draft, flag_of
from perftui.tui.setup.range_text import range_text
from perftui.tui.texts.plan_text import limits_text

if TYPE_CHECKING:
    from perftui.model.inspection import ArgumentInfo, Inspection

RowKind = Literal["text", "toggle", "choice", "fixed"]
# Nobody can say before there is a target, and with it a plan.
UNKNOWN = "–"
# Of what a locustfile offers so many are listed.
MAX_OFFERED = 100
_SETTINGS = named(SETTINGS)
_LABELS = {
    "spawn_rate": "spawn rate",
    "run_time": "run time",
    "stop_timeout": "stop timeout",
    "warm_up": "warm-up",
    "connect_timeout": "connect",
    "read_timeout": "read",
    "python": "interpreter",
    "abort_on": "abort on",
    "user_classes": "user classes",
    "exclude_tags": "without tags",
    "rate": "arrival rate",
    "max_users": "max users",
    "load_shape": "load shape",
    "load_workers": "load workers",
    "expect_workers": "expected",
    "max_wait": "max wait",
}
_ORDER = ("users", "spawn_rate", "run_time", "warm_up", "stages", "rate", "max_users")
_LATER = (
    "load_workers",
    "expect_workers",
    "max_wait",
    "bind",
    "stop_timeout",
    "connect_timeout",
    "read_timeout",
    "python",
)
# What stands where nothing is asked.
_ABSENT = {
    "python": "found by perftui",
    "stages": "none",
    "rate": "none",
    "max_users": "none",
    "load_shape": "the locustfile's",
    "bind": "this machine alone",
}


class FieldRow(NamedTuple):
    """`mark` stands before a toggle's label. `allowed` and `help` say what may be typed; `fault` what is wrong."""

    key: str
    label: str
    value: str
    unit: str = ""
    allowed: str = ""
    help: str = ""
    origin: str = ""
    fault: str = ""
    kind: RowKind = "text"
    mark: str = ""
    is_typed: bool = False


class Offer(NamedTuple):
    """What is drawn of a plan: the plan itself, or as much of it as is right while something typed is not."""

    plan: RunPlan | None
    profile: Profile | None
    inspection: Inspection | None = None


def field_rows(offer: Offer, draft: Draft, faults: Mapping[str, str]) -> list[FieldRow]:
    """`faults` by key."""
    rows = [_setting(_SETTINGS[name], offer, draft, faults) for name in _ORDER]
    rows += [_rules(key, offer, draft, faults) for key in RULES]
    if offer.plan is not None:
        rows += _target_rows(offer.plan)
    rows += _shape_rows(offer, draft, faults)
    rows += _selection_rows(offer, draft, faults)
    rows += [_setting(_SETTINGS[name], offer, draft, faults) for name in _LATER]
    return rows


def _setting(key: Key, offer: Offer, draft: Draft, faults: Mapping[str, str]) -> FieldRow:
    value = getattr(offer.profile, str(key.field), None)
    is_absent = value in (None, (), "")
    text = _absent(key, offer.profile) if is_absent else key.kind.write(value)
    if offer.plan is not None and offer.plan.origins.get(key.name, "").startswith(NOT_USED):
        text, is_absent = UNKNOWN, True
    shown = draft.text(key.name).strip() or text
    # A duration carries its unit in its text.
    has_unit = not isinstance(key.kind, Duration | WarmUpTime) and (key.name in draft or not is_absent)
    unit = key.unit if has_unit else ""
    return _row(key, shown, offer, draft, faults)._replace(unit=unit)


def _absent(key: Key, profile: Profile | None) -> str:
    if key.name == "run_time" and profile is not None and profile.stages:
        return "to the end of the stages"
    if key.name == "run_time":
        longest = Duration(0, LONGEST_UNASKED_RUN_S).write(LONGEST_UNASKED_RUN_S)
        return longest if profile is not None and profile.is_open_model else f"the locustfile's own, at most {longest}"
    return _ABSENT.get(key.name, "")


def _rules(key: Key, offer: Offer, draft: Draft, faults: Mapping[str, str]) -> FieldRow:
    profile = offer.plan.profile if offer.plan is not None else offer.profile
    rules: Sequence[str] = profile.abort_on if profile is not None else ()
    none = "nothing"
    if key is THRESHOLDS:
        rules, none = (profile.thresholds if profile is not None else ()), UNKNOWN
        if offer.plan is not None:
            rules, none = offer.plan.thresholds, "none: nothing is judged"
    if key is ABORT_ON and tuple(rules) == ("default",):
        shown = "perftui's own rules"
    else:
        shown = "; ".join(rules) or none
    row = _row(key, draft.text(key.name).strip() or shown, offer, draft, faults)
    return row._replace(help=f"{key.help}; {key.kind.what}" if isinstance(key.kind, Rules) else key.help)


def _row(key: Key, value: str, offer: Offer, draft: Draft, faults: Mapping[str, str]) -> FieldRow:
    is_typed = key.name in draft
    origin = offer.plan.origins.get(key.name, "") if offer.plan is not None else ""
    return FieldRow(
        key.name,
        _LABELS.get(key.name, key.name.replace("_", " ")),
        clean(mask_secrets(value), 1000),
        allowed=range_text(key.kind),
        help=key.help,
        origin="typed here" if is_typed else clean(origin),
        fault=faults.get(key.name, ""),
        is_typed=is_typed,
    )


def _target_rows(plan: RunPlan) -> Iterator[FieldRow]:
    target, scenario, origins = plan.target, plan.scenario, plan.origins
    text = f"{environment_of(plan)} · {clean(mask_secrets(target.url))}"
    yield FieldRow("", "target", text, origin=clean(origins.get("url", "")), kind="fixed")
    limits = limits_text(target)
    if limits:
        yield FieldRow("", "limits", limits, origin="the target's", kind="fixed")
    files = clean(", ".join(locustfile_text(path, plan.working_directory) for path in scenario.locustfiles), 1000)
    yield FieldRow("", "locustfile", files, origin=clean(origins.get("locustfiles", "")), kind="fixed")
    if scenario.weights:
        weights = ", ".join(f"{clean(name)} {weight}" for name, weight in scenario.weights.items())
        yield FieldRow("", "weights", weights, origin=clean(origins.get("weights", "")), kind="fixed")


def _shape_rows(offer: Offer, draft: Draft, faults: Mapping[str, str]) -> Iterator[FieldRow]:
    row = _setting(LOAD_SHAPE, offer, draft, faults)
    shapes = offer.inspection.shapes[:MAX_OFFERED] if offer.inspection is not None else ()
    if (
        offer.inspection is not None
        and not shapes
        and not row.is_typed
        and offer.profile
        and not offer.profile.load_shape
    ):
        row = row._replace(value="none: the locustfile has none")
    used = deciding_shape(offer.profile, shapes) if offer.profile is not None else next(iter(shapes), "")
    if shapes and not used and not row.is_typed:
        row = row._replace(value=UNKNOWN)
    yield row
    for each in shapes if len(shapes) > 1 and used else ():
        mark = "(•)" if each == used else "( )"
        text = "decides users and end" if mark == "(•)" else "not used"
        help = "a LoadTestShape of the locustfile: space takes it in place of the one that is used"
        yield FieldRow(f"shape:{each}", clean(each), text, help=help, kind="toggle", mark=mark)


def _selection_rows(offer: Offer, draft: Draft, faults: Mapping[str, str]) -> Iterator[FieldRow]:
    scenario = offer.plan.scenario if offer.plan is not None else None
    for key in SELECTIONS:
        chosen: tuple[str, ...] = getattr(scenario, key.name, ())
        shown = draft.text(key.name).strip() or ", ".join(chosen)
        shown = shown or (_all_of(key) if scenario is not None else UNKNOWN)
        yield _row(key, shown, offer, draft, faults)
        if offer.inspection is not None and key.name == "user_classes":
            yield from _class_rows(offer.inspection, chosen)
        elif offer.inspection is not None and key.name == "exclude_tags" and scenario is not None:
            yield from _tag_rows(offer.inspection, scenario.tags, scenario.exclude_tags)
    yield from _argument_rows(offer, draft, faults)


def _all_of(key: Key) -> str:
    return {"user_classes": "all that it holds", "tags": "any"}.get(key.name, "none")


def _class_rows(inspection: Inspection, chosen: tuple[str, ...]) -> Iterator[FieldRow]:
    for each in inspection.user_classes[:MAX_OFFERED]:
        is_in = not chosen or each.name in chosen
        amount = f"fixed {each.fixed_count}" if each.fixed_count else f"weight {each.weight}"
        tasks = "1 task" if len(each.tasks) == 1 else f"{len(each.tasks)} tasks"
        help = "tasks: " + clean(", ".join(f"{task.name} {task.share:.0%}" for task in each.tasks[:8]), 200)
        text = f"{amount} · {tasks}"
        mark = "[x]" if is_in else "[ ]"
        yield FieldRow(f"class:{each.name}", clean(each.name), text, help=help, kind="toggle", mark=mark)


def _tag_rows(inspection: Inspection, only: tuple[str, ...], without: tuple[str, ...]) -> Iterator[FieldRow]:
    for tag in inspection.tags[:MAX_OFFERED]:
        mark, text = "[ ]", "any"
        if tag in only:
            mark, text = "[+]", "only tasks with it"
        elif tag in without:
            mark, text = "[-]", "only tasks without it"
        help = "a tag of the locustfile: space for only with it, without it, any"
        yield FieldRow(f"tag:{tag}", clean(tag), text, help=help, kind="toggle", mark=mark)


def _argument_rows(offer: Offer, draft: Draft, faults: Mapping[str, str]) -> Iterator[FieldRow]:
    arguments = offer.inspection.arguments[:MAX_OFFERED] if offer.inspection is not None else ()
    offered = [each for each in arguments if flag_of(each).startswith("-")]
    for each in offered:
        yield _argument_row(each, draft, faults)
    words = offer.plan.locust_args if offer.plan is not None else ()
    shown = " ".join(mask_arguments(words, secret_flags_of(arguments))[0])
    if offer.plan is None:
        shown = mask_secrets(draft.text(LOCUST_ARGS_KEY))
    is_typed = LOCUST_ARGS_KEY in draft
    yield FieldRow(
        LOCUST_ARGS_KEY,
        "arguments",
        clean(shown, 1000) or ("none" if offer.plan is not None else UNKNOWN),
        allowed="as a shell would take them",
        help="the locustfile's own arguments and Locust's, as they would stand behind --",
        origin="typed here" if is_typed else clean(offer.plan.origins.get(LOCUST_ARGS_KEY, "") if offer.plan else ""),
        fault=faults.get(LOCUST_ARGS_KEY, ""),
        is_typed=is_typed,
    )


def _argument_row(argument: ArgumentInfo, draft: Draft, faults: Mapping[str, str]) -> FieldRow:
    flag = flag_of(argument)
    if secret_flags_of((argument,)):
        why = "a secret is not typed here, where it could be seen and kept: give it in the environment"
        return FieldRow(flag, clean(flag), "•••", help=f"{clean(argument.help)} ({why})", kind="fixed")
    typed = draft.argument(argument)
    value = typed or argument.default or ("needed" if argument.is_required else "none")
    if argument.is_switch:
        value = "on" if typed else "off"
    choices = " ".join(argument.choices)
    row = FieldRow(
        flag,
        clean(flag),
        clean(mask_secrets(value)),
        allowed=f"one of {clean(choices)}" if choices else "",
        help=clean(argument.help),
        origin="typed here" if typed else "the locustfile's",
        fault=faults.get(flag, ""),
        is_typed=bool(typed),
    )
    if argument.is_switch or argument.choices:
        return row._replace(kind="choice")
    return row


def next_choice(argument: ArgumentInfo, typed: str) -> str:
    """What space makes of an argument that has few values; "" is the locustfile's own."""
    values = ["", "on"] if argument.is_switch else ["", *argument.choices]
    at = values.index(typed) if typed in values else 0
    return values[(at + 1) % len(values)]
