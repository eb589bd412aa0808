"""Words, dates and numbers in Swedish and English."""

from bot.text.cleaning import clean
from bot.text.folding import fold, sort_key
from bot.text.words import LANGUAGES, Words, words
from bot.text.working_days import add_working_days, is_working_day

__all__ = [
    "LANGUAGES",
    "Words",
    "add_working_days",
    "clean",
    "fold",
    "is_working_day",
    "sort_key",
    "words",
]
