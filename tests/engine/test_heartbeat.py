"""A locustfile that blocks everything is named by its line, before and while it sends load."""

from __future__ import annotations

from typing import Any

from perftui.wire.messages import Loaded, Start


def stuck_at(engine: Any, phase: str) -> str:
    return next((beat.stuck_at for beat in engine.beats if beat.phase == phase and beat.stuck_at), "")


def test_busy_loop_in_a_task(engine: Any, locustfile: Any, configure: Any) -> None:
    path = locustfile("class U(User):\n    @task\n    def spin(self):\n        while True:\n            pass\n")
    engine.send(configure(path))
    engine.wait_message(Loaded)
    engine.send(Start())
    where = engine.wait_for(lambda: stuck_at(engine, "running"))
    assert where.startswith("locustfile.py:")
    assert where.endswith(" in spin")


def test_call_that_blocks_inside_a_library_names_the_users_line(engine: Any, locustfile: Any, configure: Any) -> None:
    path = locustfile(
        "from gevent.monkey import get_original\nimport subprocess\nwait = get_original('time', 'sleep')\n"
        "import json, decimal\nclass Slow(str):\n    pass\n"
        "def imported():\n    json.JSONEncoder(default=lambda _: wait(30)).encode(decimal.Decimal(1))\nimported()\n"
    )
    engine.send(configure(path))
    where = engine.wait_for(lambda: stuck_at(engine, "loading"))
    assert where.startswith("locustfile.py:9 ")


def test_idle_engine_is_not_called_stuck(engine: Any, locustfile: Any, configure: Any) -> None:
    engine.send(configure(locustfile("class U(User):\n    @task\n    def t(self): pass\n")))
    engine.wait_message(Loaded)
    engine.wait_for(lambda: len([beat for beat in engine.beats if beat.phase == "ready"]) > 2)
    assert not any(beat.stuck_at for beat in engine.beats)
