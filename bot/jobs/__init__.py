"""The clock in: each job finds what is due and performs it."""
