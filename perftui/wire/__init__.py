"""What the processes say to each other. Standard library and msgpack only: the engine imports this anywhere."""
