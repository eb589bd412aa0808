"""Actions on a case, in a module for each topic."""
