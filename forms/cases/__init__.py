"""Steps of test cases about records."""
