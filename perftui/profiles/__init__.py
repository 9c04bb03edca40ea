"""Asking: profiles.toml, command line and environment become one frozen plan."""
