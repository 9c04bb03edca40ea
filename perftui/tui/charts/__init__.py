"""What the charts of a run are drawn from, as plain values."""
