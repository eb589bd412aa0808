"""Dialogs of one case: what is done with it, a module for each topic."""
