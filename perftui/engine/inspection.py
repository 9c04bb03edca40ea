"""What locustfiles hold, told without running them."""

from __future__ import annotations

from argparse import SUPPRESS, Action
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from perftui.engine.client_features import ClientFeatures
from perftui.engine.locustfiles import Locustfiles
from perftui.model.inspection import ArgumentInfo, Inspection, TaskInfo, UserClassInfo
from perftui.model.text import clean

# A TaskSet may hold another, and by mistake itself.
DEEPEST = 5


def inspect_files(files: Locustfiles, arguments: Iterable[Action]) -> Inspection:
    """Before tags are applied: what may be chosen from."""
    features = ClientFeatures()
    classes = tuple(_class_info(name, user_class, features) for name, user_class in files.user_classes.items())
    return Inspection(
        user_classes=classes,
        shapes=tuple(files.shapes),
        tags=tuple(sorted({tag for info in classes for task in info.tasks for tag in task.tags})),
        arguments=tuple(map(_argument_info, arguments)),
        hosts=tuple(dict.fromkeys(info.host for info in classes if info.host)),
    )


def _class_info(name: str, user_class: Any, features: ClientFeatures) -> UserClassInfo:
    return UserClassInfo(
        name=clean(name),
        weight=_whole(user_class.weight),
        fixed_count=_whole(user_class.fixed_count),
        host=clean(str(user_class.host)) if user_class.host else None,
        base=_base(user_class),
        tasks=tuple(_task_infos(user_class.tasks, "", 1.0, DEEPEST)),
        beyond_lean=features.beyond_lean(user_class),
    )


def _whole(number: Any) -> int:
    """A weight may be a fraction; anything above 0 counts."""
    return max(1, round(number)) if number > 0 else 0


def _base(user_class: type) -> str:
    for kind in user_class.__mro__:
        if kind.__module__.startswith(("locust.", "perftui.users")):
            return kind.__name__
    return "User"


def _task_infos(tasks: Iterable[Any], prefix: str, share: float, depth: int) -> Iterator[TaskInfo]:
    """Each distinct task with its part of all; a TaskSet's tasks instead of itself."""
    counts = Counter(tasks)
    for task, count in counts.items():
        name = f"{prefix}{getattr(task, '__name__', type(task).__name__)}"
        part = share * count / counts.total()
        inner = getattr(task, "tasks", None)
        if inner and depth:
            yield from _task_infos(inner, f"{name}.", part, depth - 1)
        else:
            yield TaskInfo(clean(name), part, tuple(sorted(clean(str(tag)) for tag in _tags(task))))


def _tags(task: Any) -> Iterable[Any]:
    tags: Iterable[Any] = getattr(task, "locust_tag_set", ())
    return tags


def _argument_info(action: Action) -> ArgumentInfo:
    is_secret = bool(getattr(action, "is_secret", False))
    has_default = action.default is not None and action.default != SUPPRESS and not is_secret
    return ArgumentInfo(
        flags=tuple(action.option_strings) or (action.dest,),
        help="" if action.help in (None, SUPPRESS) else clean(str(action.help)),
        default=clean(str(action.default)) if has_default else "",
        choices=tuple(clean(str(choice)) for choice in action.choices or ()),
        is_secret=is_secret,
        is_required=bool(action.required or getattr(action, "is_required", False)),
        is_switch=action.nargs == 0,
    )
