"""Texts of e-mails. They say that there is something to read, never what it is."""

from bot.letters.facts import LetterFacts, LetterKind
from bot.letters.letter import Letter, compose_letter

__all__ = ["Letter", "LetterFacts", "LetterKind", "compose_letter"]
