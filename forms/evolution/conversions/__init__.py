"""Values of one kind of field -> values of another."""
