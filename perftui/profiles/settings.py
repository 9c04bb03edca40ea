"""What holds for a profile's settings wherever they come from, file, option or variable."""

from __future__ import annotations

import os
from pathlib import Path

from perftui.model.plan import Profile
from perftui.profiles.keys import SETTINGS, named


def interpreter_path(text: str, folder: Path) -> str:
    """`text` as an absolute path, from `folder` if relative; a bare name stays, to be found on the PATH.

    Links stay as they are: the interpreter of a virtual environment is one, and works only by that name.
    """
    if os.sep not in text and not text.startswith("~"):
        return text
    return os.path.abspath(os.path.join(folder, os.path.expanduser(text)))


def warm_up_problem(profile: Profile) -> str:
    """Why the warm-up and the run time do not go together; empty where they do."""
    if profile.run_time_s is None or profile.warm_up_s < profile.run_time_s:
        return ""
    write = named(SETTINGS)["run_time"].kind.write
    return f"a warm_up of {write(profile.warm_up_s)} leaves nothing of a run_time of {write(profile.run_time_s)}"
