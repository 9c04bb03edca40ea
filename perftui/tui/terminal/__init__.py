"""The terminal itself: what it shows, how fast it takes it, and how it is given back."""
