"""The help of the slash command."""

from __future__ import annotations

from bot.blocks.block_kit.elements import context, header, section
from bot.blocks.block_kit.message import Message
from bot.text import Words

HELP_WORDS = (
    "mine",
    "show",
    "take",
    "release",
    "assign",
    "status",
    "colour",
    "flag",
    "unflag",
    "note",
    "message",
    "history",
    "summary",
    "edit",
    "delete",
    "restore",
    "link",
    "list",
    "mailing",
    "export",
    "search",
    "statistics",
    "new",
    "settings",
    "away",
    "internal",
)


def command_help(command: str, words: Words) -> Message:
    """All subcommands, each with an example."""
    title = words("help.title", command=command)
    lines = "\n".join(words(f"help.{line}", command=command) for line in HELP_WORDS)
    footer = context(words("help.numbers"), words("help.threads"))
    return Message(title, [header(title), section(lines), footer])
