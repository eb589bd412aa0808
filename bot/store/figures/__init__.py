"""Figures: counted from the log as it grows, and read for the coordinators."""
