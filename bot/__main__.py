"""python -m bot"""

import gc

gc.disable()  # what the imports make lives as long as the program: to look through it takes a fifth of the start

from bot.cli import main  # noqa: E402

gc.enable()

main()
