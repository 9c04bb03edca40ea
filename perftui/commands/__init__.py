"""One module for each group of commands; `perftui.cli` loads the one that is called."""
