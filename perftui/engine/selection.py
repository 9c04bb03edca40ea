"""Which user classes run, with which weights, and whether they can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locust.user.task import filter_tasks_by_tags
from locust.user.users import RestMixin

from perftui.engine.faults import LoadError, nearest
from perftui.engine.locustfiles import Locustfiles


def select(files: Locustfiles, names: list[str], weights: Mapping[str, int]) -> list[Any]:
    """The classes called `names` (none: all) that keep a weight above 0 after `weights` replaced their own.

    Raises LoadError for an unknown name, or where nothing is left.
    """
    known = list(files.user_classes)
    for name in (*names, *weights):
        if name not in files.user_classes:
            raise LoadError("arguments", f"no User class {name} in {files.title}{nearest(name, known)}")
    for name, weight in weights.items():
        files.user_classes[name].weight = weight  # type: ignore[attr-defined]
    chosen = [name for name in known if name in names] if names else known
    selected: list[Any] = [files.user_classes[name] for name in chosen if weights.get(name) != 0]
    selected = [each for each in selected if each.weight > 0 or each.fixed_count > 0]
    if not selected:
        raise LoadError(
            "arguments" if weights else "locustfile", f"no User class with a weight above 0 in {files.title}"
        )
    for user_class in selected:
        if user_class.__name__ in names and not has_tasks(user_class):
            raise LoadError("locustfile", f"{user_class.__name__} has no tasks")
    return selected


def has_tasks(user_class: Any) -> bool:
    # Functions of a pytest file are no tasks, and `functions` is where Locust keeps them.
    return bool(user_class.tasks or getattr(user_class, "functions", False))


def filter_by_tags(user_classes: list[Any], tags: tuple[str, ...], exclude_tags: tuple[str, ...]) -> list[str]:
    """Leave the tasks that the tags select, and take out classes that have none; a warning for each of these.

    Locust would start them, and let them fail for ever. Raises LoadError where no class is left.
    """
    why = "has no tasks"
    if tags or exclude_tags:
        why = "has no tasks left after the tags"
        for each in user_classes:
            filter_tasks_by_tags(each, set(tags) or None, set(exclude_tags) or None)
    idle = [each for each in user_classes if not has_tasks(each)]
    if len(idle) == len(user_classes):
        raise LoadError("locustfile", " and ".join(f"{each.__name__} {why}" for each in idle[:5]))
    for each in idle:
        user_classes.remove(each)
    return [f"{each.__name__} {why}: it does not run" for each in idle]


def check_hosts(user_classes: list[Any], host: str | None, hosts: tuple[str, ...]) -> None:
    """Raises LoadError where an HTTP user, Locust's or perftui's own, does not know where to send."""
    homeless = [each.__name__ for each in user_classes if issubclass(each, RestMixin) and not each.host]
    if host is None and homeless:
        named = f"; the locustfile names {', '.join(hosts)}" if hosts else ""
        raise LoadError("arguments", f"{', '.join(homeless[:5])}: no host was given{named}")
