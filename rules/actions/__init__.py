"""Actions that only rules have, one file each."""
