"""perftui: a cockpit for load tests in the terminal."""

__version__ = "0.1.0"
