"""The workspace, seeded from a plain description."""

from __future__ import annotations

import secrets

from sandbox.clock import Clock
from sandbox.payload_schema import Json
from sandbox.town.entities import Channel, Message, User, UserGroup, View, app_from, new_id
from sandbox.town.files import File
from sandbox.town.values import initial_values

MOST_MESSAGES = 5_000
MOST_VIEWS = 500
MOST_FILE_BYTES = 512 * 1024 * 1024


class Workspace:
    """The state of the workspace; bounded, the oldest entries are dropped."""

    def __init__(self, description: Json, clock: Clock) -> None:
        self.clock = clock
        self.team: Json = dict(description["team"])
        self.app = app_from(description["app"])
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.views: dict[str, View] = {}
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.files: dict[str, File] = {}
        self.groups: dict[str, UserGroup] = {}
        self.has_groups: bool = description["team"].get("plan") != "free"
        self.message_limit_reached = False
        self.address = "http://127.0.0.1"
        self._last_ts = 0.0
        for user in description["users"]:
            self.users[user["id"]] = User(**{"team_id": self.team["id"], **user})
        app = self.app
        self.users.setdefault(
            app.bot_user, User(app.bot_user, app.name.lower(), app.name, self.team["id"], is_bot=True)
        )
        for group in description.get("usergroups", []):
            self.groups[group["id"]] = UserGroup(**{"date_create": int(clock.now()), **group})
        for channel in description["channels"]:
            self.channels[channel["id"]] = Channel(**{"created": int(clock.now()), **channel})

    # --- time and names ---

    def next_ts(self) -> str:
        """Slack's message names are times, never two the same."""
        self._last_ts = max(round(self.clock.now(), 6), self._last_ts + 0.000001)
        return f"{self._last_ts:.6f}"

    def new_hash(self) -> str:
        return f"{self.clock.now():.0f}.{secrets.token_hex(4)}"

    def bot(self) -> User:
        return self.users[self.app.bot_user]

    def local(self) -> list[User]:
        return [user for user in self.users.values() if user.team_id == self.team["id"]]

    # --- conversations ---

    def im_between(self, one: str, other: str) -> Channel | None:
        members = {one, other}
        return next((c for c in self.channels.values() if c.is_im and set(c.members) == members), None)

    def open_im(self, one: str, other: str) -> tuple[Channel, bool]:
        """The direct conversation of two, and whether it had to be made."""
        found = self.im_between(one, other)
        if found:
            return found, False
        made = Channel(
            new_id("D"), "", [one, other], is_private=True, is_im=True, created=int(self.clock.now())
        )
        self.channels[made.id] = made
        return made, True

    def open_group(self, members: list[str]) -> tuple[Channel, bool]:
        for channel in self.channels.values():
            if channel.is_mpim and set(channel.members) == set(members):
                return channel, False
        names = "--".join(self.users[member].name for member in members)
        made = Channel(new_id("C"), f"mpdm-{names}-1", members, is_private=True, is_mpim=True)
        self.channels[made.id] = made
        return made, True

    def readdress(self, channel: Channel, new_id: str) -> str:
        """The conversation goes on under another id; its old one."""
        old, channel.id = channel.id, new_id
        self.channels[new_id] = self.channels.pop(old)
        for message in (*channel.messages.values(), *channel.ephemerals):
            message.channel = new_id
        return old

    def visible_to(self, user: str) -> list[Channel]:
        return [channel for channel in self.channels.values() if user in channel.members]

    def keep(self, message: Message) -> None:
        """Stores a message; the oldest go when there are too many."""
        channel = self.channels[message.channel]
        if message.ephemeral_to:
            channel.ephemerals.append(message)
            return
        channel.messages[message.ts] = message
        if message.is_reply and message.thread_ts in channel.messages:
            channel.messages[message.thread_ts].answered_by.append(message.ts)
        while len(channel.messages) > MOST_MESSAGES:
            channel.messages.pop(next(iter(channel.messages)))

    def lose_ephemeral(self, channel: str) -> None:
        """Drop the newest ephemeral message, whose delivery Slack does not guarantee."""
        place = self.channels.get(channel)
        if place is not None and place.ephemerals:
            place.ephemerals.pop()

    def find(self, channel: str, ts: str) -> Message | None:
        place = self.channels.get(channel)
        if place is None:
            return None
        return place.messages.get(ts) or next((m for m in place.ephemerals if m.ts == ts), None)

    # --- files ---

    def keep_file(self, file: File) -> File:
        """Stores a file; the bytes of the oldest go when there are too many."""
        self.files[file.id] = file
        total = sum(one.size for one in self.files.values())
        for oldest in list(self.files.values()):
            if total <= MOST_FILE_BYTES or oldest is file:
                break
            total -= oldest.size
            oldest.deleted, oldest.data = True, b""
        return file

    def share(self, files: list[File], message: Message) -> None:
        """The files stand in the message."""
        for file in files:
            message.files.append(file.id)
            file.shares.setdefault(message.channel, []).append(message.ts)

    # --- views ---

    def new_view(self, user: str, body: Json, below: View | None = None) -> View:
        view_id = new_id("V")
        root = below.root_id if below else view_id
        view = View(view_id, user, body, self.new_hash(), root, below.id if below else None)
        view.typed = initial_values(body["blocks"])
        self.views[view.id] = view
        while len(self.views) > MOST_VIEWS:
            oldest = next((v for v in self.views.values() if v.closed), None) or next(
                iter(self.views.values())
            )
            self.views.pop(oldest.id)
        return view

    def replace_view(self, view: View, body: Json) -> None:
        """New content in an open view; typed input stays where block_id and action_id stay."""
        before, after = view.typed, initial_values(body["blocks"])
        for block_id, block in after.items():
            for action_id in block:
                stored = before.get(block_id, {}).get(action_id)
                if stored is not None and stored.get("type") == block[action_id]["type"]:
                    block[action_id] = stored
        view.body, view.typed, view.hash, view.errors = body, after, self.new_hash(), {}

    def close_view(self, view: View) -> None:
        view.closed = True
        stack = self.stacks.get(view.user, [])
        if view in stack:
            stack.remove(view)

    def close_all(self, user: str) -> list[View]:
        closed = self.stacks.pop(user, [])
        for view in closed:
            view.closed = True
        return closed

    def view_by_external(self, external_id: str) -> View | None:
        alive = (view for view in self.views.values() if not view.closed)
        return next((view for view in alive if view.body.get("external_id") == external_id), None)
