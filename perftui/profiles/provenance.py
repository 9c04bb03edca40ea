"""What was true when a run was asked for: versions, hashes, revision. For people who look at it later."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterator
from pathlib import Path

import perftui
from perftui.model.plan import RunPlan
from perftui.model.text import clean
from perftui.profiles.locustfiles import locustfile_text

_GIT_TIMEOUT_S = 2.0
# A hash is for recognising the files again; past this many a folder is no locustfile folder.
_MAX_FILES = 2000
_UNREADABLE = "unreadable"


def provenance_of(plan: RunPlan) -> dict[str, str]:
    """By name, as text. What cannot be found out, such as a revision where there is no git, is left out."""
    facts = {"perftui": perftui.__version__, "python": platform.python_version()}
    for path in plan.scenario.locustfiles:
        facts[f"sha256 {clean(locustfile_text(path, plan.working_directory))}"] = _hash_of(Path(path))
    return facts | _git_facts(plan.working_directory)


def _hash_of(path: Path) -> str:
    try:
        if not path.is_dir():
            return _digest(path)
        combined = hashlib.sha256()
        for file in _python_files(path):
            combined.update(f"{file.relative_to(path)}\0{_digest(file)}\n".encode(errors="surrogateescape"))
        return combined.hexdigest()
    except OSError:
        return _UNREADABLE


def _python_files(folder: Path) -> Iterator[Path]:
    count = 0
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith(".py"):
                count += 1
                if count > _MAX_FILES:
                    return
                yield Path(root, name)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _git_facts(folder: str) -> dict[str, str]:
    revision = _git(folder, "rev-parse", "--verify", "HEAD")
    if revision is None or revision.returncode != 0:
        return {}
    facts = {"git_revision": revision.stdout.strip()}
    changes = _git(folder, "diff", "--quiet", "--no-ext-diff", "--no-textconv", "HEAD")
    if changes is not None and changes.returncode in (0, 1):
        facts["git_dirty"] = "yes" if changes.returncode else "no"
    branch = _git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
    if branch is not None and branch.returncode == 0:
        facts["git_branch"] = branch.stdout.strip()
    return facts


def _git(folder: str, *arguments: str) -> subprocess.CompletedProcess[str] | None:
    # A repository's own configuration may name a program for fsmonitor: looking must not run it.
    command = ["git", "-C", folder, "-c", "core.fsmonitor=false", *arguments]
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_GIT_TIMEOUT_S,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
