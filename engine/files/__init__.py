"""Files of records: where their bytes lie, what they are, who uploaded them, and when they go."""
