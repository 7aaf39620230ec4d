"""Finding records by the words in their fields."""
