"""The help of the slash command."""

from __future__ import annotations

from bot.blocks.block_kit.elements import context, header, section
from bot.blocks.block_kit.message import Message
from bot.blocks.block_kit.mrkdwn import escape_within
from bot.blocks.private import MAX_WORD_SHOWN
from bot.text import Words

HELP_WORDS = (
    "mine",
    "show",
    "take",
    "release",
    "assign",
    "handover",
    "status",
    "colour",
    "flag",
    "unflag",
    "note",
    "message",
    "completion",
    "decision",
    "delay",
    "refusal",
    "history",
    "summary",
    "edit",
    "delete",
    "restore",
    "link",
    "tools",
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


def command_help(command: str, words: Words, unknown_word: str = "") -> Message:
    """All subcommands, each with an example; first which word was not understood, where help was not asked for."""
    title = words("help.title", command=command)
    lines = "\n".join(words(f"help.{line}", command=command) for line in HELP_WORDS)
    footer = context(words("help.numbers"), words("help.threads"))
    blocks = [header(title), section(lines), footer]
    if not unknown_word:
        return Message(title, blocks)
    not_understood = words("no.command.at_all", word=unknown_word[:MAX_WORD_SHOWN])
    return Message(escape_within(not_understood, 300), [section(not_understood), *blocks])
