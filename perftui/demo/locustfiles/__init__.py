"""Locustfiles for the built-in target. Loaded by the engine (or by Locust itself) by path, like anyone's."""
