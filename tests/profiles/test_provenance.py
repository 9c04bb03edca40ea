from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from perftui.profiles.choice import Choice
from perftui.profiles.profile_set import ProfileSet
from perftui.profiles.provenance import provenance_of
from perftui.profiles.resolution import resolve


def test_hashes_follow_the_files(project_set: ProfileSet, project: Path) -> None:
    plan = resolve(project_set, Choice(profile="light", locustfiles=("load/shop.py", "load")), {}, project)
    before = provenance_of(plan)
    assert before["sha256 load/shop.py"] == hashlib.sha256(b"# users\n").hexdigest()
    (project / "load" / "second.py").touch()
    after = provenance_of(plan)
    assert after["sha256 load/shop.py"] == before["sha256 load/shop.py"]
    assert after["sha256 load"] != before["sha256 load"]
    (project / "load" / "shop.py").unlink()
    assert provenance_of(plan)["sha256 load/shop.py"] == "unreadable"


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_revision_its_branch_and_whether_it_was_changed(
    project_set: ProfileSet, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    plan = resolve(project_set, Choice(profile="light"), {}, project)
    assert "git_revision" not in provenance_of(plan)
    identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q", "-b", "next"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *arguments], cwd=project, check=True, timeout=30)
    clean = provenance_of(plan)
    assert (len(clean["git_revision"]), clean["git_dirty"]) == (40, "no")
    assert clean["git_branch"] == "next"
    (project / "load" / "shop.py").write_text("# changed\n")
    assert provenance_of(plan)["git_dirty"] == "yes"


def test_without_git_the_rest_is_there(project_set: ProfileSet, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project))
    facts = provenance_of(resolve(project_set, Choice(profile="light"), {}, project))
    assert {"perftui", "python", "sha256 load/shop.py"} == set(facts)
