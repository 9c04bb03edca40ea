"""Owns one run: its engine, state, record and viewers. No terminal, and none of its parts waits for one."""
