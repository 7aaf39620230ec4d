"""Steps that a designer is led through: one wish, all documents that it touches."""
