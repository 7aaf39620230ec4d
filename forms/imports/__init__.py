"""Records from spreadsheets and csv files."""
