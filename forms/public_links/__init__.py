"""Forms that people without an account may fill in."""
