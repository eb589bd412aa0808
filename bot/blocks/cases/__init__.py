"""Rendering of a case: its card, thread and modal."""
