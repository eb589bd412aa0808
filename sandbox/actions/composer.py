"""What Slack's composer makes of a typed line."""

from __future__ import annotations

import re

from sandbox.town.workspace import Workspace

MENTION = re.compile(r"@([\w.\-]+)")
HASH = re.compile(r"#([\w.\-åäö]+)")
ADDRESS = re.compile(r"https?://[^\s<>]+[^\s<>.,;:!?)]")


BROADCASTS = ("here", "channel", "everyone")


def escaped(text: str, workspace: Workspace) -> str:
    """People, groups, channels and the three dangerous signs, as they are sent; groups in commands are inferred."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    named = {user.name: f"<@{user.id}>" for user in workspace.users.values()}
    named |= {group.handle: f"<!subteam^{group.id}|@{group.handle}>" for group in workspace.groups.values()}
    named |= {word: f"<!{word}>" for word in BROADCASTS}
    channels = {channel.name: channel for channel in workspace.channels.values() if channel.name}

    def person(match: re.Match[str]) -> str:
        return named.get(match[1], match[0])

    def place(match: re.Match[str]) -> str:
        found = channels.get(match[1])
        return match[0] if found is None else f"<#{found.id}|{'' if found.is_private else found.name}>"

    return HASH.sub(place, MENTION.sub(person, text))


def composed(text: str, workspace: Workspace) -> str:
    """A message is escaped as a command is, and its addresses become links."""
    return ADDRESS.sub(r"<\g<0>>", escaped(text, workspace))
