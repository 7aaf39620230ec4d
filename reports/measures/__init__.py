"""Aggregates a measure can use: one file each, named after its JSON `agg`."""
