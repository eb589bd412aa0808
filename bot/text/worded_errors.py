"""Errors that a person reads, in their own language."""

from __future__ import annotations

from bot.text.words import Words, words


class WordedError(Exception):
    """An error with the key of its text and the text's facts; in the log and in a traceback it is in English."""

    def __init__(self, key: str, /, **facts: object) -> None:
        super().__init__(key, facts)
        self.key, self.facts = key, facts

    def in_words(self, say: Words) -> str:
        """What is wrong, and what to do about it."""
        return say(self.key, **self.facts)

    def __str__(self) -> str:
        return self.in_words(words("en"))
