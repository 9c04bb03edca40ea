"""What we think of a run: pure functions of the model."""
