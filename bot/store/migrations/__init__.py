"""Migrations, in the order of their numbers.

No version of the program has had one numbered 0005 or 0008. They stay free, and those that follow keep their numbers:
databases remember them.
"""
