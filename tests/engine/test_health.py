"""The generator looks at itself once a tick."""

from __future__ import annotations

import socket
import sys
import time

import gevent
import pytest

from perftui.engine import health
from perftui.engine.health import HealthProbe, count_local_ports


def test_a_loop_that_was_held_up_is_seen_with_the_rest() -> None:
    probe = HealthProbe(lambda: None)
    probe.take_lateness_p99_ms = lambda: 7.0
    greenlet = gevent.spawn(probe.run)
    try:
        gevent.sleep(0.05)
        time.sleep(0.08)  # as user code that computes for so long
        gevent.sleep(0.02)
        found = probe.take()
    finally:
        greenlet.kill()
    assert found.hub_lag_max_ms >= 50
    assert found.hub_lag_p50_ms < found.hub_lag_p99_ms <= found.hub_lag_max_ms
    assert found.lateness_p99_ms == 7.0
    assert found.open_files > 0
    assert probe.take().hub_lag_max_ms < 50, "of the time since then only"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says it")
def test_ports_in_use_are_counted_with_those_there_are() -> None:
    before, limit = count_local_ports()
    assert 0 <= before <= limit <= 65536
    listener = socket.create_server(("127.0.0.1", 0), backlog=400)
    connections = [socket.create_connection(listener.getsockname()) for _ in range(300)]
    used, _ = count_local_ports()
    for each in (*connections, listener):
        each.close()
    # Others of this machine close some meanwhile.
    assert used >= min(before + 200, limit)


def test_what_cannot_be_known_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "local_port_range", lambda: None)
    assert count_local_ports() == (0, 0)
