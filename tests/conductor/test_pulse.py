"""What the heartbeat of a process says of user code, and what it does not."""

from __future__ import annotations

from perftui import exit_codes
from perftui.conductor.ending import End
from perftui.conductor.pulse import Pulse
from perftui.wire.heartbeat import SILENT_AFTER_S, Beat

STOOD = Beat("running", 5.0, "")
FINE = Beat("running", 0.1, "")


def test_a_process_that_somebody_stopped_is_not_stuck_and_it_is_known_how_long_it_stood() -> None:
    pulse = Pulse(0.0)
    assert not pulse.note_state(1.0, is_suspended=False)
    assert pulse.note_state(1.25, is_suspended=True)
    assert not pulse.note_state(6.0, is_suspended=True)
    pulse.note_time(6.0)
    assert (pulse.stuck_at, pulse.stood_still_s(6.0)) == ("", 4.75)
    # Its first beats come before anybody saw that it goes on, and after.
    pulse.note(STOOD, 6.2)
    assert pulse.note_state(6.25, is_suspended=False)
    pulse.note(STOOD, 6.3)
    assert (pulse.stuck_at, pulse.was_stuck_at) == ("", "")
    assert (pulse.stood_still_s(8.0), pulse.stood_still_s(60.0)) == (5.0, 0.0)
    pulse.note(FINE, 10.0)
    pulse.note_time(10.1 + SILENT_AFTER_S)
    assert pulse.stuck_at == "a call that holds the interpreter"


def test_time_in_which_nobody_listened_is_no_silence() -> None:
    pulse = Pulse(0.0)
    pulse.skip(60.0)
    pulse.note_time(61.0)
    assert pulse.stuck_at == ""


def test_an_engine_that_never_went_on_died_and_user_code_is_not_blamed() -> None:
    end = End(forced=True, suspended=True, returncode=-9)
    ending = end.ending("locustfile.py:3 in before")
    assert ending.locustfile_fault == ""
    assert ending.engine_died == "the engine was stopped from outside (SIGSTOP), and did not go on"
    end.load_gone = "the engine stood still for 9 s, and its load workers stopped their load"
    assert end.ending("").engine_died == end.load_gone
    stopped = End(stopped="enough", stop_code=exit_codes.STOPPED_EARLY, forced=True, suspended=True).ending("x.py:1")
    assert (stopped.engine_died, stopped.locustfile_fault, stopped.stopped) == ("", "", "enough")
