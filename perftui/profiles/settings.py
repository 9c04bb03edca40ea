"""What holds for a profile's settings wherever they come from, file, option or variable."""

from __future__ import annotations

import os
from pathlib import Path

from perftui.model.load_plan import planned_s
from perftui.model.plan import UNTIL_STEADY_S, Profile
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
    is_until_steady = profile.warm_up_s == UNTIL_STEADY_S
    shortest_s = profile.warm_up_s
    if is_until_steady:
        # Lazy: it knows what a tick is, and every screen and command waits for the profiles.
        from perftui.judgement.warm_up import STEADY_SPAN_S

        shortest_s = 2 * STEADY_SPAN_S
    if (profile.run_time_s is None and not profile.stages) or shortest_s < planned_s(profile):
        return ""
    write = named(SETTINGS)["run_time"].kind.write
    warm_up = f"a warm_up of {write(shortest_s)}"
    if is_until_steady:
        warm_up = f"a warm_up until steady, which takes at least {write(shortest_s)},"
    length = "a run_time" if profile.run_time_s == planned_s(profile) else "stages"
    return f"{warm_up} leaves nothing of {length} of {write(round(planned_s(profile), 1))}"
