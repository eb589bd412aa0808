"""Submitting of an e-service's form: reading it, its review, the confirmed address, and the receipt."""
