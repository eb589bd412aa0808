"""Dialogs: each module renders one and reads what was filled in."""
