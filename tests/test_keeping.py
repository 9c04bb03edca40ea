"""What is done with kept runs, by the commands and by the screen's library, which are the same code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from perftui.cli import cli
from perftui.cockpit.library import RunLibrary
from perftui.model.errors import PerftuiError
from perftui.model.judged import Window
from perftui.model.marks import Note
from perftui.store.reader import RunReader
from tests.fakes.kept_runs import KeptRuns

Call = Callable[..., str]


@pytest.fixture
def kept(tmp_path: Path) -> KeptRuns:
    return KeptRuns(tmp_path / "runs")


@pytest.fixture
def library(kept: KeptRuns) -> RunLibrary:
    return RunLibrary(kept.folder)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command line in this process; what it says on stdout."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> str:
        capsys.readouterr()
        cli.main(list(arguments), standalone_mode=False)
        return capsys.readouterr().out

    return call


def test_a_note_on_a_run_that_is_over_is_in_its_exports(kept: KeptRuns, library: RunLibrary, call: Call) -> None:
    folder = kept.folder / kept.keep(seconds=5)
    assert call("note", "last", "the cache was cold", "--at", "2s") == f"{folder.name}, 00:02: the cache was cold\n"
    library.add_note(folder, Note(4.0, "warm now", "ann"))
    assert "warm now" in (folder / "report.html").read_text()
    assert [each["text"] for each in json.loads((folder / "result.json").read_text())["notes"]] == [
        "the cache was cold",
        "warm now",
    ]
    assert "00:04  warm now" in call("show", folder.name)
    with pytest.raises(PerftuiError, match="1m lies after the end of"):
        call("note", "last", "x", "--at", "1m")
    with pytest.raises(PerftuiError, match="needs a text"):
        call("note", "last", "  ")


def test_the_warm_up_is_moved_and_moved_back(kept: KeptRuns, library: RunLibrary, call: Call) -> None:
    folder = kept.folder / kept.keep(seconds=10)
    sealed = (folder / "outcome.json").read_bytes()
    said = call("judge", "last", "--warm-up", "4s")
    assert "Numbers cover 00:04 to 00:10 of 00:10: the first 4s are warm-up, as was said after the run." in said
    assert json.loads((folder / "result.json").read_text())["totals"]["requests"] == 300
    assert [each.requests for each in library.listings()] == [300]
    library.move_warm_up(folder, None)
    assert json.loads((folder / "result.json").read_text())["totals"]["requests"] == 500
    assert [each.requests for each in library.listings()] == [500]
    assert (folder / "outcome.json").read_bytes() == sealed
    # Where a profile has a warm-up, judging all of it is another cut too.
    warm = kept.keep(seconds=10, warm_up_s=5.0)
    assert "Numbers cover the whole run: nothing is warm-up" in call("judge", warm, "--warm-up", "0s")
    with pytest.raises(PerftuiError, match="leaves nothing to judge"):
        call("judge", "last", "--warm-up", "10s")
    with pytest.raises(PerftuiError, match="Give --warm-up TIME or --as-sealed"):
        call("judge", "last")


def test_runs_are_removed_unless_somebody_wants_them(kept: KeptRuns, call: Call) -> None:
    starred, base, gone, other = (kept.keep(seconds=2) for _ in range(4))
    call("star", starred)
    call("baseline", "set", "main", base)
    for name, says in ((starred, "is starred"), (base, "is baseline main")):
        with pytest.raises(PerftuiError, match=says):
            call("rm", "--yes", gone, name)
    with pytest.raises(PerftuiError, match="Add --yes"):
        call("rm", gone)
    assert (kept.folder / gone).exists()
    assert call("rm", "--yes", gone) == f"{gone} is removed.\n"
    assert not (kept.folder / gone).exists()
    call("star", "--off", starred)
    call("rm", "-y", starred)
    assert {path.name for path in kept.folder.iterdir() if path.is_dir()} == {base, other}


def test_nothing_outside_the_runs_folder_is_removed(kept: KeptRuns, library: RunLibrary, tmp_path: Path) -> None:
    elsewhere = KeptRuns(tmp_path / "elsewhere")
    victim = elsewhere.folder / elsewhere.keep(seconds=2)
    kept.folder.mkdir()
    link = kept.folder / "link"
    link.symlink_to(victim)
    for folder in (victim, link, kept.folder / ".." / "elsewhere" / victim.name):
        with pytest.raises(PerftuiError, match="lies outside"):
            library.delete(folder)
    (kept.folder / "mine").mkdir()
    with pytest.raises(PerftuiError, match="is not the folder of a run"):
        library.delete(kept.folder / "mine")
    assert (victim / "samples.db").exists()


def test_history_is_filtered(kept: KeptRuns, call: Call) -> None:
    first, second = kept.keep(seconds=2), kept.keep(seconds=2, branch="feature")
    call("star", first)
    starred = call("history", "starred", "profile:light")
    assert f"{first} ★" in starred
    assert second not in starred
    (document,) = json.loads(call("history", "branch:feature", "--json"))
    assert (document["run_id"], document["branch"], document["is_starred"]) == (second, "feature", False)
    assert call("history", "verdict:failed") == ""
    with pytest.raises(PerftuiError, match="Did you mean profile:"):
        call("history", "profle:light")


def test_the_library_compares_as_the_command_does(kept: KeptRuns, library: RunLibrary, call: Call) -> None:
    old, new = kept.keep(), kept.keep(1.6)
    plan = RunReader(kept.folder / new).plan()
    assert library.baseline_of(plan) is None
    assert library.set_baseline("main", kept.folder / old).startswith(f"main is {old} (")
    assert library.baseline_of(plan) == ("main", kept.folder / old)
    assert [each.baselines for each in library.listings()] == [(), ("main",)]
    compared = library.compare(kept.folder / old, kept.folder / new)
    assert (compared.baseline, compared.old.run_id, compared.new.run_id) == ("main", old, new)
    assert compared.comparison.worse()
    unlike = kept.keep(users=50)
    with pytest.raises(PerftuiError, match="not alike"):
        library.compare(kept.folder / old, kept.folder / unlike)
    assert library.compare(kept.folder / old, kept.folder / unlike, force=True).differences


def test_the_library_exports_a_part_into_the_current_folder(kept: KeptRuns, library: RunLibrary, call: Call) -> None:
    run_id = kept.keep(seconds=5)
    written = library.export(kept.folder / run_id, Window(1.0, 3.0, "as brushed"))
    assert written == [Path.cwd() / f"{run_id}_1s-3s"]
    document = json.loads((written[0] / "result.json").read_text())
    assert (document["totals"]["requests"], document["window"]["why"]) == (100, "as brushed")
    with pytest.raises(PerftuiError, match="no second of"):
        library.export(kept.folder / run_id, Window(60.0, 90.0, "as brushed"))
    assert re.search(r"_result\.json$", call("export", "last", "--format", "json", "--from", "1s").strip())


def test_a_long_reading_of_many_runs_is_followed_and_ended(kept: KeptRuns, library: RunLibrary) -> None:
    for _ in range(3):
        kept.keep(seconds=2)
    told: list[tuple[int, int]] = []
    library.listings(lambda read, of: told.append((read, of)))
    assert told == [(0, 3), (1, 3), (2, 3)]

    class EnoughError(Exception):
        pass

    def end(read: int, of: int) -> None:
        raise EnoughError

    with pytest.raises(EnoughError):
        library.listings(end)


def test_an_export_and_a_judgement_say_how_far_they_are_and_are_given_up(
    kept: KeptRuns, library: RunLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = kept.folder / kept.keep()
    monkeypatch.chdir(tmp_path)
    said: list[str] = []

    def up_to(most: int) -> Callable[[str], None]:
        def seen(text: str) -> None:
            said.append(text)
            if len(said) >= most:
                raise InterruptedError

        return seen

    before = sorted(tmp_path.iterdir())
    with pytest.raises(InterruptedError):
        library.export(folder, None, up_to(3))
    assert said == ["0 of 9 files made", "1 of 9 files made", "2 of 9 files made"]
    assert sorted(tmp_path.iterdir()) == before

    def refuse(done_s: float, until_s: float) -> None:
        assert (done_s, until_s) == (1.0, 20.0)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        library.move_warm_up(folder, 5.0, refuse)
    assert RunReader(folder).record().marks.warm_up_s is None
