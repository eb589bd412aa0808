"""Replies in cards' threads, which become notes."""
