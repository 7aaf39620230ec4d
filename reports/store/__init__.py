"""The report store: a disposable DuckDB replica that follows the change log."""
