"""Proving the log: that what is stored is what happened."""
