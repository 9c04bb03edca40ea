"""Values as words and lines, for screens."""
