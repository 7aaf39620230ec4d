"""Changing many records at once, and taking that back."""
