"""A run's record as bytes of some format. Pure functions: no I/O, no clock."""
