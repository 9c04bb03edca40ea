"""An environment that holds what is named and what that requires, and nothing else that is installed here."""

from __future__ import annotations

import importlib.metadata
import os
import re
import sys
from pathlib import Path

# The interpreter itself, without the packages that are installed for it.
BARE_PYTHON = [sys._base_executable, "-S"]  # type: ignore[attr-defined]


def bare_site(folder: Path, *names: str) -> Path:
    """A folder for PYTHONPATH, below `folder`."""
    site = folder / "site-packages"
    site.mkdir(parents=True)
    found: dict[str, importlib.metadata.Distribution] = {}
    for name in names:
        _add_requirements(name, found)
    for distribution in found.values():
        for file in distribution.files or ():
            top = file.parts[0]
            if top not in ("..", "bin", "__pycache__") and not (site / top).exists():
                os.symlink(Path(str(distribution.locate_file(top))), site / top)
    return site


def _add_requirements(name: str, found: dict[str, importlib.metadata.Distribution]) -> None:
    """`name` and what it requires, transitively, as far as it is installed."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key in found:
        return
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return  # for another system or Python
    found[key] = distribution
    for requirement in distribution.requires or ():
        if "extra ==" not in requirement:
            _add_requirements(re.split(r"[\s<>=!~;\[(]", requirement, maxsplit=1)[0], found)
