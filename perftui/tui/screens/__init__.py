"""The three modes of the cockpit and its dialogs."""
