"""One request: its person, its response, and its failures."""
