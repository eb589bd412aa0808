"""Slash commands, shortcuts and search."""
