"""What grows with the number of cases: every query and job, asked of ten thousand, a hundred thousand and a million.

`filling` makes the stores: a few cases are lived through with the program's own commands (`stories`), and copied in
bulk (`copies`), each copy with ids, times, holders, words and a sealed log of its own. `stores` keeps them for the next
run. `questions` names what is asked, `growth` asks it.
"""
