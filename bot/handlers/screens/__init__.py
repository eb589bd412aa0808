"""Screens: App Home, the case in a modal, settings."""
