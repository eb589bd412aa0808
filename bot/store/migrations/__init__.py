"""Migrations, in the order of their numbers.

No version of the program has had migrations 0005 and 0008. The numbers stay unused, since databases store the
numbers of those that follow.
"""
