"""Migrations, in the order of their numbers.

0005 and 0008 were numbers of work that was given up before it was merged. A number is not used again, and those that
follow keep theirs: databases remember them.
"""
