"""Figures: each beside its floor, measured in the same run."""
