"""Files: their bytes, their kinds, and their owners."""
