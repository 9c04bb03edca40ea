"""The columns of the tables, and the filters over their rows."""
