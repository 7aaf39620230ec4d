"""The triggers a rule can have, one file each."""
