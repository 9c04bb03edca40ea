"""How things are drawn: pure functions from values to lines of styled text. No widget, no state, no clock."""
