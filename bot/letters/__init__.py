"""E-mail texts: facts in, subject and text out. They say that there is something, never what it is."""

from bot.letters.letter import Letter, LetterFacts, LetterKind, compose_letter

__all__ = ["Letter", "LetterFacts", "LetterKind", "compose_letter"]
