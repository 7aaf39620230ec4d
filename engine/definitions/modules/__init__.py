"""Modules: documents that bring parts to an app and are kept apart from it."""
