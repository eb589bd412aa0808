"""Ärendebot."""
