"""What a person can do, each only where Slack would let them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.composer import composed, escaped
from sandbox.dispatch import Outcome, input_elements
from sandbox.forms import message_json, view_json
from sandbox.inputs import Unfit, action_of, complaint, entered, find_element
from sandbox.methods import files
from sandbox.methods.chat import remember
from sandbox.reach import Reach
from sandbox.shapes import Json
from sandbox.stage import rich_text
from sandbox.uploads import in_field, share, with_message
from sandbox.values import STATEFUL
from sandbox.workspace import Message, User, View

MOST_MESSAGE, MOST_COMMAND = 40_000, 12_000
TEAM_ONLY = "people of other organisations cannot use this app here"


class Acts(Reach):
    """One person's doings, by the names the control API gives them."""

    # --- acts ---

    async def press(self, told: Json) -> Json:
        """Presses a button, or chooses or enters `value` in another element."""
        user = self.user(told)
        place = self.place(user, told)
        if isinstance(place, View):
            self._enter(user, place, told.get("values") or {})
        blocks = place.body["blocks"] if isinstance(place, View) else place.blocks
        block, element = find_element(blocks, str(told.get("action_id")), told.get("block_id"))
        if block["type"] == "input" and not block.get("dispatch_action"):
            raise Unfit("this input tells the app nothing until submit")
        offered = self.offers(place, block["block_id"], element["action_id"])
        action = action_of(block, element, told.get("value"), offered, self.stage.workspace)
        action["action_ts"] = self.stage.workspace.next_ts()
        self._remember_choice(user, place, block, element, action)
        if isinstance(place, View):
            return self.shown(user, await self.stage.dispatch.press_in_view(user, place, action))
        return self.shown(user, await self.stage.dispatch.press_in_message(user, place, action))

    def _remember_choice(
        self, user: User, place: Message | View, block: Json, element: Json, action: Json
    ) -> None:
        if element["type"] not in STATEFUL:
            return
        key = STATEFUL[element["type"]][0]
        typed = place.typed if isinstance(place, View) else place.typed.setdefault(user.id, {})
        typed.setdefault(block["block_id"], {})[element["action_id"]] = {
            "type": element["type"],
            key: action[key],
        }

    def _enter(self, user: User, view: View, values: Json) -> None:
        """Values by block_id, or by the part of it before a "#"; one level of action_id is also understood."""
        elements = input_elements(view)
        for name, value in values.items():
            found = [item for item in elements if name in (item[0], item[1]["action_id"])]
            found = found or [item for item in elements if item[0].partition("#")[0] == name]
            if not found:
                raise Unfit(f"there is no input {name}")
            block_id, element, _ = found[0]
            action_id = element["action_id"]
            told = value[action_id] if isinstance(value, dict) and set(value) == {action_id} else value
            typed = view.typed.setdefault(block_id, {})
            if element["type"] == "file_input":
                typed[action_id] = in_field(self.stage, user, element, told)
                continue
            offered = self.offers(view, block_id, action_id)
            typed[action_id] = entered(element, told, offered, self.stage.workspace)

    async def submit(self, told: Json) -> Json:
        user = self.user(told)
        view = self.view(user, told)
        if view.body["type"] != "modal" or not view.body.get("submit"):
            raise Unfit("this view has nothing to submit")
        self._enter(user, view, told.get("values") or {})
        faults = {
            block_id: complaint(block, view.typed[block_id][element["action_id"]])
            for block_id, element, block in input_elements(view)
        }
        view.errors = {block_id: text for block_id, text in faults.items() if text}
        if view.errors:
            self.stage.changed()
            return self.shown(user, Outcome(0.0, errors=view.errors))
        return self.shown(user, await self.stage.dispatch.submit(user, view))

    async def fill(self, told: Json) -> Json:
        """Enters values without a word to the app."""
        user = self.user(told)
        self._enter(user, self.view(user, told), told.get("values") or {})
        return self.shown(user)

    async def close(self, told: Json) -> Json:
        """Closes the view on top; with `all`, every one of them at once (the x)."""
        user = self.user(told)
        view = self.view(user, told)
        if view.body["type"] != "modal":
            raise Unfit("Home cannot be closed")
        stack = list(self.stage.workspace.stacks.get(user.id, []))
        cleared = bool(told.get("all") or view.body.get("clear_on_close"))
        if cleared:
            self.stage.workspace.close_all(user.id)
        else:
            self.stage.workspace.close_view(view)
        told_of = stack[0] if cleared else view
        outcome = Outcome(0.0)
        if told_of.body.get("notify_on_close"):
            outcome = await self.stage.dispatch.view_closed(user, told_of, cleared)
        return self.shown(user, outcome)

    async def slash(self, told: Json) -> Json:
        user = self.user(told)
        channel = self.channel(user, told)
        if told.get("thread_ts"):
            raise Unfit("slash commands do not work in threads")
        typed = f"{told.get('command', '')} {told.get('text', '')}".strip()
        command, _, text = typed.partition(" ")
        known = {item["command"]: item for item in self.stage.workspace.app.commands}
        if command not in known:
            raise Unfit(f"{command} is not a command")
        if user.team_id != self.stage.workspace.team["id"]:
            raise Unfit(TEAM_ONLY)
        if channel.is_archived:
            raise Unfit("the channel is archived")
        text = text.strip()[:MOST_COMMAND]
        text = escaped(text, self.stage.workspace) if known[command].get("should_escape", True) else text
        return self.shown(user, await self.stage.dispatch.command(user, channel, command, text))

    async def shortcut(self, told: Json) -> Json:
        user = self.user(told)
        message = self.message(user, told) if told.get("ts") else None
        kind = "message" if message else "global"
        known = {item["callback_id"] for item in self.stage.workspace.app.shortcuts if item["type"] == kind}
        if told.get("callback_id") not in known:
            raise Unfit(f"there is no {kind} shortcut {told.get('callback_id')}")
        if user.team_id != self.stage.workspace.team["id"] or (message is None and user.is_ultra_restricted):
            raise Unfit(TEAM_ONLY)
        return self.shown(user, await self.stage.dispatch.shortcut(user, told["callback_id"], message))

    async def suggest(self, told: Json) -> Json:
        """Types `query` in an external select and is offered options."""
        user = self.user(told)
        place = self.place(user, told)
        blocks = place.body["blocks"] if isinstance(place, View) else place.blocks
        block, element = find_element(blocks, str(told.get("action_id")), told.get("block_id"))
        if "external" not in element["type"]:
            raise Unfit("this element asks nobody for its options")
        query = str(told.get("query", ""))
        if len(query) < element.get("min_query_length", 3):
            return self.shown(user)
        ids = (block["block_id"], element["action_id"])
        outcome = await self.stage.dispatch.suggest(user, place, ids, query)
        self.offers(place, *ids).update({option["value"]: option for option in outcome.options})
        return self.shown(user, outcome)

    async def home(self, told: Json) -> Json:
        user = self.user(told)
        workspace = self.stage.workspace
        if not workspace.app.home_tab:
            raise Unfit("the app has no Home")
        channel, _ = workspace.open_im(workspace.app.bot_user, user.id)
        home = workspace.homes.get(user.id)
        self.stage.events.home_opened(user.id, channel.id, view_json(home, workspace) if home else None)
        return self.shown(user)

    async def say(self, told: Json) -> Json:
        """Writes a message, or a reply with `thread_ts`; with `files`, or of files alone."""
        user = self.user(told)
        channel = self.channel(user, told)
        text = str(told.get("text", "")).strip()[:MOST_MESSAGE]
        if channel.is_archived or not (text or told.get("files")):
            raise Unfit("nothing can be written" if channel.is_archived else "nothing is written")
        parent = channel.messages.get(str(told.get("thread_ts"))) if told.get("thread_ts") else None
        if told.get("thread_ts") and parent is None:
            raise Unfit("no such thread")
        message = self.stage.person_message(channel.id, user.id, composed(text, self.stage.workspace))
        message.thread_ts = (parent.thread_ts or parent.ts) if parent else None
        share(with_message(self.stage, user, told.get("files")), message)
        self.stage.workspace.keep(message)
        self.stage.events.message_posted(message)
        self.stage.events.files_shared(message)
        return self.shown(user) | {"ts": message.ts}

    async def delete_file(self, told: Json) -> Json:
        """Deletes a file of one's own, wherever it stands."""
        user = self.user(told)
        file = self.stage.workspace.files.get(str(told.get("file")))
        if file is None or file.user != user.id or file.deleted:
            raise Unfit("only one's own files")
        files.take_away(self.stage, file)
        return self.shown(user)

    def _own(self, user: User, told: Json) -> Message:
        message = self.message(user, told)
        if message.user != user.id:
            raise Unfit("only one's own messages")
        return message

    async def edit(self, told: Json) -> Json:
        user = self.user(told)
        message, text = self._own(user, told), str(told.get("text", "")).strip()
        before = message_json(message, self.stage.workspace)
        remember(message, self.stage.clock.now())
        message.text = composed(text, self.stage.workspace)
        message.blocks = [rich_text(message.text)] if message.text else []
        message.edited = {"user": user.id, "ts": self.stage.workspace.next_ts()}
        self.stage.events.message_changed(message, before)
        return self.shown(user)

    async def delete(self, told: Json) -> Json:
        user = self.user(told)
        message = self._own(user, told)
        self._take_away(message)
        return self.shown(user)

    def _take_away(self, message: Message) -> None:
        before = message_json(message, self.stage.workspace)
        channel = self.stage.workspace.channels[message.channel]
        if channel.replies(message.ts):
            message.tombstone, message.blocks, message.text = True, [], ""
        else:
            channel.messages.pop(message.ts)
        self.stage.events.message_deleted(message, before)

    async def remove_card(self, told: Json) -> Json:
        """An administrator takes away a message of the app."""
        user = self.user(told)
        message = self.message(user, told)
        if not user.is_admin:
            raise Unfit("only administrators")
        self._take_away(message)
        return self.shown(user)

    async def react(self, told: Json) -> Json:
        user = self.user(told)
        message, name = self.message(user, told), str(told.get("name", "")).strip(":")
        users = message.reactions.setdefault(name, [])
        if user.id in users:
            users.remove(user.id)
        else:
            users.append(user.id)
        if not users:
            message.reactions.pop(name)
        self.stage.events.reacted("reaction_added" if users else "reaction_removed", message, name, user.id)
        return self.shown(user)

    async def dm(self, told: Json) -> Json:
        """Opens the direct conversation with the bot."""
        user = self.user(told)
        channel, _ = self.stage.workspace.open_im(user.id, self.stage.workspace.app.bot_user)
        return self.shown(user) | {"channel": channel.id}

    async def invite(self, told: Json) -> Json:
        """Brings `who` into a channel one is in."""
        user = self.user(told)
        channel, who = self.channel(user, told), str(told.get("who"))
        if who not in self.stage.workspace.users or channel.is_im:
            raise Unfit("nobody to invite")
        if who not in channel.members:
            channel.members.append(who)
            self.stage.events.joined(channel.id, who, user.id)
        return self.shown(user)

    async def leave(self, told: Json) -> Json:
        """Takes `who` out of a channel one is in."""
        user = self.user(told)
        channel = self.channel(user, told)
        who = str(told.get("who", user.id))
        if who in channel.members:
            channel.members.remove(who)
        return self.shown(user)

    # --- what the person then sees ---

    def shown(self, user: User, outcome: Outcome | None = None) -> Json:
        outcome = outcome or Outcome(0.0)
        stack = self.stage.workspace.stacks.get(user.id) or []
        self.stage.changed()
        return {
            "ok": outcome.error is None,
            "ack_ms": outcome.ms,
            "error": outcome.error,
            "errors": outcome.errors,
            "options": outcome.options,
            "warnings": outcome.warnings,
            "view": view_json(stack[-1], self.stage.workspace) if stack else None,
        }


EVERYWHERE = ("press", "slash", "shortcut", "suggest", "home")
IN_VIEWS = ("fill", "submit", "close")
IN_CHANNELS = ("say", "edit", "delete", "delete_file", "remove_card", "react", "dm", "invite", "leave")
NAMES = frozenset((*EVERYWHERE, *IN_VIEWS, *IN_CHANNELS))


async def act(acts: Acts, name: str, told: Any) -> Json:
    """Does what the control API was asked to."""
    if name not in NAMES or not isinstance(told, dict):
        raise Unfit(f"no such act: {name}")
    doing: Callable[[Json], Awaitable[Json]] = getattr(acts, name)
    return await doing(told)
