"""Pages for those who handle cases."""
