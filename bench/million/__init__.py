"""Growth with the number of cases: every query and job with ten thousand, a hundred thousand and a million cases.

`filling` fills the databases: a few cases are created with the program's own commands (`prototypes`) and copied in bulk
(`copies`), each copy with its own ids, times, assignees, words and sealed log. `stores` caches them for later runs.
`questions` lists what is measured, `growth` measures it.
"""
