"""What the screen may ask of the rest of perftui, done by the same code as the commands."""
