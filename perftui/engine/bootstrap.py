"""The engine's first lines: `python bootstrap.py SOCKET_FD HEARTBEAT_FD`.

A locustfile must find the same `sys.path` as under `locust -f`. So the folder of this file leaves it, and the
package `perftui` is put into `sys.modules` from where it lies: on the path, its neighbours (another Locust, a
whole other environment) would hide those of the project under test.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig


def _attach_package() -> None:
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    spec = importlib.util.spec_from_file_location(
        "perftui", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["perftui"] = package
    spec.loader.exec_module(package)


def _mend_path() -> None:
    if not sys.flags.safe_path:
        # Where the `locust` command lies: what Python puts first for it.
        sys.path[0] = sysconfig.get_path("scripts")


if __name__ == "__main__":
    _mend_path()
    _attach_package()
    from perftui.engine.main import main

    main(socket_fd=int(sys.argv[1]), heartbeat_fd=int(sys.argv[2]))
