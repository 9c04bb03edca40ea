"""The keys that the settings give to bindings: each id known, and no key with two meanings in one place."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from perftui.model.text import clean
from perftui.profiles.names import nearest
from perftui.tui import screens
from perftui.tui.settings import Settings

_PACKAGE = "perftui.tui"


def bound_classes() -> list[type[DOMNode]]:
    """The cockpit's classes that have keys of their own."""
    # Every class with keys is known once all screens are imported: most of them are not before somebody looks at them.
    for module in pkgutil.iter_modules(screens.__path__):
        importlib.import_module(f"{screens.__name__}.{module.name}")
    importlib.import_module(f"{_PACKAGE}.app")
    return [each for each in _below(DOMNode) if each.__module__.startswith(_PACKAGE) and vars(each).get("BINDINGS")]


def bindings_of(node: type[DOMNode]) -> list[Binding]:
    return list(Binding.make_bindings(vars(node).get("BINDINGS", ())))


def checked_keymap(settings: Settings) -> dict[str, str]:
    """For `App.set_keymap`. Raises PerftuiError for an id that is none, and for a key with two meanings."""
    if not settings.keys:
        return {}
    classes = bound_classes()
    known = {binding.id for each in classes for binding in bindings_of(each) if binding.id}
    for binding_id in settings.keys:
        if binding_id not in known:
            match = nearest(binding_id, known)
            why = "no binding has this id" + (f", the nearest is {match}" if match else "")
            raise settings.key_problem(binding_id, why, "docs/cockpit.md lists them")
    keymap = dict(App._normalize_keymap(settings.keys))
    of_app = [binding for each in classes if issubclass(each, App) for binding in bindings_of(each)]
    for each in classes:
        if not any(binding.id in keymap for binding in bindings_of(each)):
            continue
        others = of_app if issubclass(each, Screen) else []
        _refuse_clashes(settings, keymap, [*bindings_of(each), *others])
    return keymap


def _refuse_clashes(settings: Settings, keymap: dict[str, str], bindings: list[Binding]) -> None:
    taken: dict[str, Binding] = {}
    for binding in bindings:
        for key in keymap.get(binding.id or "", binding.key).split(","):
            other = taken.setdefault(key, binding)
            if (other.id, other.action) == (binding.id, binding.action):
                continue
            changed, kept = (binding, other) if binding.id in keymap else (other, binding)
            if changed.id is not None and changed.id in settings.keys:
                why = f"the key {clean(key, 40)} is that of {kept.id or kept.description} as well"
                raise settings.key_problem(changed.id, why, "Give one of them another key")


def _below(node: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for each in node.__subclasses__():
        yield each
        yield from _below(each)
