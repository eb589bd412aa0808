"""What is told to the app, and what its acknowledgement does."""
