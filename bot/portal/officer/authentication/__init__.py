"""How officers sign in to the pages, and out."""
