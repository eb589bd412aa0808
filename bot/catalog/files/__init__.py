"""A catalog read from its files, with everything that is wrong in them, and read again when they change."""
