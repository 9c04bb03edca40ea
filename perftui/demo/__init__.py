"""The built-in target: a small real web service on loopback, so that a first run needs nothing else."""

from pathlib import Path

# A locustfile for it, which runs under plain Locust too.
DEFAULT_LOCUSTFILE = Path(__file__).parent / "locustfiles" / "default.py"
