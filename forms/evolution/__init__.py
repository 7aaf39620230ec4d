"""What publishing does to what is stored already."""
