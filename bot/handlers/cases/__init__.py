"""What is done with a case, a module a topic."""
