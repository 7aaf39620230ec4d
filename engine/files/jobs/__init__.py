"""Jobs on stored files."""
