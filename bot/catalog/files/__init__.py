"""Loading of the catalog from its files, with all problems in them, and reloading when they change."""
