"""Pages for those who apply."""
