"""Jobs of the operation log."""
