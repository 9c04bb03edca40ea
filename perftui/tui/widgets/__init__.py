"""What holds a place on a screen and remembers what it shows. Widgets compute no statistics."""
