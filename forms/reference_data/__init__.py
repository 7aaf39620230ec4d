"""Records that belong to the app itself: the rows of `data/<form>.json`, known by key fields."""
