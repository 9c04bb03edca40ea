"""Runs on disk. The writer and the reader are separate types: a viewer can look at every run and write none."""
