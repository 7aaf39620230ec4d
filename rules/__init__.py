"""Rules: what happens by itself. A rule is a trigger, a condition and actions."""
