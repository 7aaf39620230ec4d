"""Values that leave the process only encrypted: the key ring and what is done with it."""
