"""The pages of docs/reference, written from the classes: one module per page."""
