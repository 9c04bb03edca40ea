"""What a person asks for, before it is a plan."""
