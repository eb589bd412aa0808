"""Dialogs: each module draws one and reads what was filled in."""
