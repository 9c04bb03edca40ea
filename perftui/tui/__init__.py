"""The cockpit: a viewer of runs. It may come and go; it draws the newest snapshot and owns nothing of the run."""
