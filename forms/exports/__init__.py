"""Records as spreadsheets and csv files."""
