"""Actions on records, one file each."""
