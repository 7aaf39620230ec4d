"""The kernel that all four engines share; it imports no sibling package."""
