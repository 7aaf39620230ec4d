"""Documents of an app: read, checked, drafted, planned, published, exported."""
