"""What the target serves, one module of routes per area."""
