"""Says once a day what the day before was like, on a quiet one too: so people know that the channel lives."""
