"""Dialogs of lists: search, filter, saved views, and actions on many cases."""
