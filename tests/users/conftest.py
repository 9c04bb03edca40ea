"""Locust patches the interpreter that imports it, which these tests share with all others: here it does not.

LeanHttpUser needs no patch, as it takes gevent's sockets by name. What the tests start is to be patched as ever.
"""

from __future__ import annotations

import os
from unittest import mock

with mock.patch.dict(os.environ, {"LOCUST_SKIP_MONKEY_PATCH": "1"}):
    import perftui.users  # noqa: F401
