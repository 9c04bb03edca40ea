"""The built-in target: a small real web service on loopback, so that a first run needs nothing else."""

from pathlib import Path

# What a profile or a command line calls it, where others are called by the name of a [targets.NAME] table.
TARGET_NAME = "demo"
DEFAULT_LOCUSTFILE = Path(__file__).parent / "locustfiles" / "default.py"
