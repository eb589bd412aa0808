"""Files: their bytes, their kinds, and what they belong to."""
