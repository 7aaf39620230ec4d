"""Records that a person leaves behind."""
