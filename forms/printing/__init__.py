"""Printed records: templates checked at publish, filled with what a reader may see, as HTML and as PDF."""
