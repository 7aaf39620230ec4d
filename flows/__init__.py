"""Flows: how a record moves between people."""
