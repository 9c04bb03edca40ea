"""Where the numbers come from: a conductor, a record, a replay."""
