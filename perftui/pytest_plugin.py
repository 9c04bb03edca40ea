"""The pytest plugin: a test runs a profile and looks at its sealed record."""
