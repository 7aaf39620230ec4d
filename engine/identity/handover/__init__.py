"""What a person leaves behind goes to others, in one go that is reported and can be taken back."""
