"""Lists of records as a designer arranges them."""
