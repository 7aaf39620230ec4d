"""Forms and records: what a record is, where it is stored, how it is read and written."""
