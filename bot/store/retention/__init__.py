"""Retention: the rules and their approvals, which cases are listed, and the protocols of what was disposed of."""
