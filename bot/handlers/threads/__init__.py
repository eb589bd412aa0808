"""Replies in the threads under cards, which become notes."""
