"""Verification of the log: that the stored data is what the events have made."""
