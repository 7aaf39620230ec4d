"""The jobs of the rules, one file each."""
