"""The main store: connections, platform tables and the unit of work."""
