"""Functions of the expression language that need to know forms."""
