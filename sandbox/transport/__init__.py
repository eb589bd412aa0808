"""The two ways to the app."""
