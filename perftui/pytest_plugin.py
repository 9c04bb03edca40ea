"""The pytest plugin: a test runs a profile and looks at its sealed record.

pytest loads this in every environment that has perftui: it imports nothing of perftui's until a fixture is asked for.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from perftui.profile_runner import RunOptions, RunProfile
    from perftui.sealed_run import SealedRun

_MARKER = "perftui"
_PROFILE_RUN = "perftui_profile_run"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("perftui", "load tests with perftui")
    group.addoption("--perftui-runs-dir", metavar="DIR", help="where runs are kept")
    parser.addini("perftui_runs_dir", "where runs are kept, relative to the rootdir", default="")
    parser.addini("perftui_profiles", "the profiles.toml to use, relative to the rootdir", default="")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(*profiles, **options): {_PROFILE_RUN} is a sealed run of each of the profiles, with these options",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if _PROFILE_RUN not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker(_MARKER)
    if marker is None or not marker.args:
        name = metafunc.definition.name
        pytest.fail(f'{name}: {_PROFILE_RUN} needs @pytest.mark.{_MARKER}("PROFILE", ...)', pytrace=False)
    asked = [(profile, marker.kwargs) for profile in marker.args]
    metafunc.parametrize(_PROFILE_RUN, asked, ids=marker.args, indirect=True, scope="module")


@pytest.fixture(scope="session")
def perftui_run(pytestconfig: pytest.Config) -> RunProfile:
    """perftui_run("PROFILE", target=..., run_time=...): run a profile; its sealed run, with the verdict."""
    from perftui.model.errors import PerftuiError
    from perftui.profile_runner import ProfileRunner
    from perftui.store.layout import runs_folder

    root = pytestconfig.rootpath
    profiles = pytestconfig.getini("perftui_profiles")
    capture = pytestconfig.pluginmanager.get_plugin("capturemanager")

    def say(line: str) -> None:
        # At once: what is captured shows only when the test is over. A worker of xdist has no terminal but stderr.
        with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
            sys.stderr.write(f"\n{line}\n")
            sys.stderr.flush()

    runner = ProfileRunner(root, runs_folder(_runs_dir(pytestconfig)), say, root / profiles if profiles else None)

    def run(profile: str, **options: object) -> SealedRun:
        __tracebackhide__ = True
        try:
            # The runner refuses what is no option of a run.
            sealed = runner.run(profile, cast("RunOptions", options))
        except PerftuiError as error:
            problem = str(error)
        else:
            # pytest shows it where a test fails.
            sys.stdout.write(f"{sealed}\n")
            return sealed
        pytest.fail(problem, pytrace=False)

    return run


@pytest.fixture(scope="session")
def _perftui_sealed_runs() -> dict[str, SealedRun]:
    """By profile and options. There are no more than the markers of the suite name."""
    return {}


@pytest.fixture(scope="module")
def perftui_profile_run(
    request: pytest.FixtureRequest, perftui_run: RunProfile, _perftui_sealed_runs: dict[str, SealedRun]
) -> SealedRun:
    """A sealed run of each profile that the marker names; tests with the same profile and options share it."""
    profile, options = request.param
    # Options may be lists, which are no keys.
    asked = repr((profile, sorted(options.items())))
    if asked not in _perftui_sealed_runs:
        _perftui_sealed_runs[asked] = perftui_run(profile, **options)
    return _perftui_sealed_runs[asked]


@pytest.fixture(scope="session")
def perftui_demo_url() -> Iterator[str]:
    """The address of the built-in target, which serves as long as it is needed."""
    from perftui.commands.asked import demo_lease

    with demo_lease() as lease:
        yield lease.url


def _runs_dir(config: pytest.Config) -> str | None:
    """None for where all runs are kept."""
    given, written = config.getoption("--perftui-runs-dir"), config.getini("perftui_runs_dir")
    folder: Path | None = None
    if given:
        folder = config.invocation_params.dir / given
    elif written:
        folder = config.rootpath / written
    return str(folder) if folder else None
