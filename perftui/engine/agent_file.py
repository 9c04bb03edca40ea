"""perftui's agent as one file, which a master hands out beside the locustfiles.

A stock `locust --worker -f -` imports it first, and then counts and reports as an engine does.
"""

from __future__ import annotations

import base64
import io
import os
import shutil
import tempfile
import zipfile
from hashlib import sha256
from pathlib import Path

import perftui
from perftui.engine.fetching import AGENT_PREFIX

# What the agent is made of: it runs wherever Locust is installed. And what a locustfile may import of perftui.
_ROOMS = ("model", "wire", "engine", "users")
_FILES = ("__init__.py", "exit_codes.py")

_TEXT = '''\
"""perftui's agent: this load worker counts and reports as perftui's own do. Written for one run; not to be edited."""


def _install():
    import atexit
    import base64
    import importlib.util
    import os
    import shutil
    import sys
    import tempfile

    try:
        if "perftui" not in sys.modules and importlib.util.find_spec("perftui") is None:
            folder = tempfile.mkdtemp(prefix="perftui-agent-")
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            path = os.path.join(folder, "perftui.zip")
            with open(path, "wb") as file:
                file.write(base64.b64decode(_ZIP))
            # The last: whatever the locustfile imports is found where it always was.
            sys.path.append(path)
        from perftui.engine import agent
        agent.install({connect_timeout_s!r}, {read_timeout_s!r})
    except Exception as error:
        sys.stderr.write(f"perftui's agent is not for this worker ({{type(error).__name__}}: {{error}}): "
                         "its times are Locust's own\\n")


_ZIP = """
{archive}
"""
_install()
'''


class AgentFile:
    """The file in a private folder of its own, until `remove`."""

    def __init__(self, connect_timeout_s: float, read_timeout_s: float) -> None:
        archive = base64.encodebytes(_archive()).decode().strip()
        text = _TEXT.format(archive=archive, connect_timeout_s=connect_timeout_s, read_timeout_s=read_timeout_s)
        self._folder = tempfile.mkdtemp(prefix="perftui-master-")
        # Workers write it under its own name into a folder that they share.
        name = f"{AGENT_PREFIX}{sha256(text.encode()).hexdigest()[:12]}.py"
        self.path = os.path.join(self._folder, name)
        Path(self.path).write_text(text, encoding="utf-8")

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _archive() -> bytes:
    folder = Path(perftui.__file__).parent
    files = [folder / name for name in _FILES]
    files += [path for room in _ROOMS for path in sorted((folder / room).rglob("*.py"))]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            # The same bytes for the same files: a fixed time.
            entry = zipfile.ZipInfo(f"perftui/{path.relative_to(folder).as_posix()}")
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return packed.getvalue()
