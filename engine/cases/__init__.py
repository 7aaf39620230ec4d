"""Test cases of an app: documents that say what must come of what people do."""
