"""The access log: who read values that are marked."""
