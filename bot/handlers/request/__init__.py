"""One request: who sent it, how it is answered, and what its failures become."""
