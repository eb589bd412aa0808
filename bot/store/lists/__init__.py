"""Lists of cases: worklists, search, and the cases before and after one."""
