"""Locustfiles, found and imported as Locust does it, with faults that name the line."""

from __future__ import annotations

import inspect
import os
import sys
from dataclasses import dataclass, field
from typing import Any

from locust.argument_parser import parse_locustfile_paths
from locust.util.load_locustfile import load_locustfile, load_locustfile_pytest
from locust.util.url import is_url

from perftui.engine.faults import LoadError, fault_of, nearest
from perftui.engine.user_line import shown_path
from perftui.model.load_plan import Asked, deciding_shape


@dataclass(slots=True)
class Locustfiles:
    """What the files hold, by name and in their order. `shape` is the load shape that the load follows, an instance."""

    paths: list[str]
    user_classes: dict[str, type] = field(default_factory=dict)
    shapes: dict[str, Any] = field(default_factory=dict)

    shape: Any | None = None

    @property
    def title(self) -> str:
        return ", ".join(shown_path(path) for path in self.paths[:3]) + (" ..." if len(self.paths) > 3 else "")


def load(names: tuple[str, ...]) -> Locustfiles:
    """Import the files and folders in `names`. Raises LoadError whatever their code does."""
    files = Locustfiles(_find(names))
    for path in files.paths:
        _add(files, *_import(load_locustfile, path))
    if not files.user_classes:
        # As Locust does: functions of a test file may be users.
        for path in files.paths:
            _add(files, _import(load_locustfile_pytest, path), [])
    if not files.user_classes:
        raise LoadError("locustfile", f"no User class in {files.title}")
    return files


def choose_shape(files: Locustfiles, asked: Asked) -> None:
    """The load shape that decides, if one does. Raises LoadError where one is named that is not there."""
    name = asked.load_shape
    if name and name not in files.shapes:
        raise LoadError("arguments", f"no load shape {name} in {files.title}{nearest(name, list(files.shapes))}")
    files.shape = files.shapes.get(deciding_shape(asked, files.shapes))


def _find(names: tuple[str, ...]) -> list[str]:
    for name in names:
        if is_url(name):
            continue
        if not os.path.exists(name):
            raise LoadError("locustfile", f"{shown_path(name)}: no such file")
        if not os.path.isdir(name) and not name.endswith(".py"):
            raise LoadError("locustfile", f"{shown_path(name)}: a locustfile's name ends in .py")
    try:
        paths: list[str] = parse_locustfile_paths(list(names))
    except SystemExit:
        raise LoadError("locustfile", f"no locustfile in {', '.join(map(shown_path, names))}") from None
    # Locust takes a folder's files in the order of the disk: here the first shape is the same everywhere.
    return sorted(paths) if len(names) == 1 and os.path.isdir(names[0]) else paths


def _import(loader: Any, path: str) -> Any:
    name = os.path.splitext(os.path.basename(path))[0]
    standard = sys.modules.get(name) if name in sys.stdlib_module_names else None
    try:
        return loader(path)
    except BaseException as error:  # noqa: BLE001 - user code may raise anything, also SystemExit
        fault = fault_of(error)
        # Without a line of the user's own, as for a file that is not text, the file is named.
        text = fault.text if ".py:" in fault.text else f"{shown_path(path)}: {fault.text}"
        raise LoadError("locustfile", text, fault.traceback) from None
    finally:
        # Locust imports a file under its own name; platform.py must not stand in for Python's module of that name.
        if standard is not None:
            sys.modules[name] = standard


def _add(files: Locustfiles, user_classes: dict[str, type], shapes: list[Any]) -> None:
    for name, user_class in user_classes.items():
        _refuse_twin(name, files.user_classes.get(name), user_class)
        # The same class under a second name is the same class.
        if user_class not in files.user_classes.values():
            files.user_classes[name] = user_class
    for shape in shapes:
        name = type(shape).__name__
        _refuse_twin(name, type(files.shapes[name]) if name in files.shapes else None, type(shape))
        files.shapes.setdefault(name, shape)


def _refuse_twin(name: str, old: type | None, new: type) -> None:
    if old is not None and old is not new and inspect.getfile(old) != inspect.getfile(new):
        places = f"{shown_path(inspect.getfile(old))} and {shown_path(inspect.getfile(new))}"
        raise LoadError("locustfile", f"{name} is defined in both {places}")
