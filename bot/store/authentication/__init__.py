"""Authentication on the pages: one-time codes, sessions, and login links."""
