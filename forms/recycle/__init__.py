"""The recycle bin: what was deleted, and bringing it back or removing it for good, a unit at a time."""
