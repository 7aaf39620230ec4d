"""The jobs that reach outside, one file each."""
