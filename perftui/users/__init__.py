"""What a locustfile may import: `LeanHttpUser`, an HTTP user that costs a fraction of Locust's own.

It needs Locust and httptools, and nothing else of perftui: a plain `locust` runs it as well.
"""

import sys

try:
    import httptools as _httptools  # noqa: F401
except ImportError as error:
    # perftui's engine runs in the interpreter of the project under test, which may have Locust alone.
    how = f"{sys.executable} -m pip install httptools"
    raise ImportError(f"LeanHttpUser needs httptools, which this Python has not: {how}") from error

from perftui.users.lean_http_user import LeanHttpUser

__all__ = ["LeanHttpUser"]
