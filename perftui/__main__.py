"""`python -m perftui` is `perftui`."""

from perftui.cli import main

main()
