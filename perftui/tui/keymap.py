"""The keys that the settings give to bindings: each id known, and no key with two meanings in one place."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen

from perftui.model.text import clean
from perftui.profiles.names import nearest
from perftui.tui import screens
from perftui.tui.key_names import is_key, near_keys
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
    for binding_id, written in keymap.items():
        for key in written.split(","):
            if not is_key(key):
                near = near_keys(key)
                why = f"no key is called {clean(key, 40)!r}" + (f", the nearest is {near}" if near else "")
                raise settings.key_problem(
                    binding_id, why, "Keys are called x, X, ?, f1, ctrl+x, pageup, question_mark"
                )
    places = [_keys_of(each) for each in classes]
    of_app = next(keys for each, keys in zip(classes, places, strict=True) if issubclass(each, App))
    for each, keys in zip(classes, places, strict=True):
        # What is open over all else hides the app's keys.
        is_over_app = issubclass(each, Screen) and not issubclass(each, ModalScreen)
        _refuse_clashes(settings, keymap, keys, of_app if is_over_app else {})
    return _with_companions(keymap, places)


# The bindings of each key of a class, its bases' included, as Textual merges them.
_Keys = Mapping[str, Sequence[Binding]]


def _keys_of(node: type[DOMNode]) -> _Keys:
    merged: dict[str, list[Binding]] = {}
    for base in reversed(node.__mro__):
        own: dict[str, list[Binding]] = {}
        if base.__module__.startswith(_PACKAGE) and issubclass(base, DOMNode):
            for binding in bindings_of(base):
                own.setdefault(binding.key, []).append(binding)
        merged |= own
    return merged


def _refuse_clashes(settings: Settings, keymap: Mapping[str, str], keys: _Keys, of_app: _Keys) -> None:
    # Bindings that share a key without any settings know of each other, and those that hide a key of the app are to.
    companions: dict[str, set[str | None]] = {}
    for shared in keys.values():
        for binding in shared:
            companions.setdefault(binding.id or "", set()).update(each.id for each in shared)
    hiding = {binding.id for key in keys if key in of_app for binding in keys[key]}
    taken: dict[str, Binding] = {}
    for of_place in (keys, of_app):
        for binding in (each for shared in of_place.values() for each in shared):
            for key in keymap.get(binding.id or "", binding.key).split(","):
                other = taken.setdefault(key, binding)
                if (other.id, other.action) == (binding.id, binding.action):
                    continue
                if of_place is keys and other.id in companions[binding.id or ""]:
                    continue
                if of_place is of_app and other.id in hiding and other.id not in keymap:
                    continue
                changed, kept = (binding, other) if binding.id in keymap else (other, binding)
                if changed.id is not None and changed.id in settings.keys:
                    why = f"the key {clean(key, 40)} is that of {kept.id or kept.description} as well"
                    raise settings.key_problem(changed.id, why, "Give one of them another key")


def _with_companions(keymap: dict[str, str], places: Sequence[_Keys]) -> dict[str, str]:
    """`keymap` with the keys of those that share one with a binding in it: Textual takes a key from all at once."""
    own_keys: dict[str, dict[str, None]] = {}
    groups = []
    for keys in places:
        for key, shared in keys.items():
            ids = dict.fromkeys(binding.id for binding in shared if binding.id)
            groups.append(ids)
            for each in ids:
                own_keys.setdefault(each, {})[key] = None
    completed = dict(keymap)
    is_growing = True
    while is_growing:
        left = {each for ids in groups if not completed.keys().isdisjoint(ids) for each in ids if each not in completed}
        completed |= {each: ",".join(own_keys[each]) for each in left}
        is_growing = bool(left)
    return completed


def _below(node: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for each in node.__subclasses__():
        yield each
        yield from _below(each)
