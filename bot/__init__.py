"""Ärendebot."""

__version__ = "0.1.0"
"""The program's version, and the wheel's."""
