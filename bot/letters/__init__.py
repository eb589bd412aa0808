"""E-mail texts: facts in, subject and text out. They say that there is something, never what it is."""

from bot.letters.letter import Facts, Kind, Letter, letter

__all__ = ["Facts", "Kind", "Letter", "letter"]
