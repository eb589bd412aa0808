"""Actions of administrators on people, groups and the app."""

from __future__ import annotations

from sandbox.actions.action_context import ActionContext
from sandbox.inputs import Unfit
from sandbox.payload_schema import Json
from sandbox.town.entities import User, UserGroup
from sandbox.town.forms import group_json

CHANGEABLE = (
    "name",
    "real_name",
    "title",
    "email",
    "deleted",
    "is_restricted",
    "is_ultra_restricted",
    "is_admin",
    "is_invited_user",
    "is_email_confirmed",
)


async def change_person(context: ActionContext, payload: Json) -> Json:
    """Set attributes of `who`, such as `deleted` or `is_restricted`."""
    user = context.administrator(payload)
    person = _person(context, payload)
    changes = {name: payload[name] for name in CHANGEABLE if name in payload}
    if not changes:
        raise Unfit(f"nothing to change: {', '.join(CHANGEABLE)}")
    for name, value in changes.items():
        setattr(person, name, value)
    context.shared.events.person_changed("user_change", person)
    return context.shown(user)


def _person(context: ActionContext, payload: Json) -> User:
    person = context.workspace.users.get(str(payload.get("who")))
    if person is None:
        raise Unfit("no such person")
    return person


async def hire(context: ActionContext, payload: Json) -> Json:
    """A new person; `person` is described as in the workspace's description."""
    user = context.administrator(payload)
    try:
        person = User(**{"team_id": context.workspace.team["id"], **payload.get("person", {})})
    except TypeError as error:
        raise Unfit(str(error)) from None
    if person.id in context.workspace.users:
        raise Unfit(f"{person.id} is there already")
    context.workspace.users[person.id] = person
    context.shared.events.person_changed("team_join", person)
    return context.shown(user)


async def set_group(context: ActionContext, payload: Json) -> Json:
    """Create or change a user group: `group`, `users`, `handle`, `name`; `disabled` archives it."""
    user = context.administrator(payload)
    workspace, key = context.workspace, str(payload.get("group") or "")
    if not key or not workspace.has_groups:
        raise Unfit("no group is named" if workspace.has_groups else "the plan has no user groups")
    now, group = int(context.shared.clock.now()), workspace.groups.get(key)
    is_new = group is None
    if group is None:
        group = workspace.groups[key] = UserGroup(key, key.lower(), key, date_create=now)
    before, users = set(group.users), list(payload.get("users", group.users))
    earlier = group.date_update or group.date_create
    group.handle, group.name = payload.get("handle", group.handle), payload.get("name", group.name)
    group.users, group.date_update, group.updated_by = users, now, user.id
    group.date_delete = now if payload.get("disabled") else 0
    group_payload = group_json(group, workspace) | {"users": users}
    context.shared.events.tell("subteam_created" if is_new else "subteam_updated", subteam=group_payload)
    _tell_of_members(context, group, before, earlier)
    return context.shown(user)


def _tell_of_members(context: ActionContext, group: UserGroup, before: set[str], earlier: int) -> None:
    added, removed = sorted(set(group.users) - before), sorted(before - set(group.users))
    if not added and not removed:
        return
    context.shared.events.tell(
        "subteam_members_changed",
        subteam_id=group.id,
        team_id=context.workspace.team["id"],
        date_previous_update=earlier,
        date_update=group.date_update,
        added_users=added,
        added_users_count=len(added),
        removed_users=removed,
        removed_users_count=len(removed),
    )


async def uninstall(context: ActionContext, payload: Json) -> Json:
    """Uninstall the app, which revokes its bot token."""
    user = context.administrator(payload)
    app, events = context.workspace.app, context.shared.events
    events.tell("tokens_revoked", tokens={"oauth": [], "bot": [app.bot_user]})
    events.tell("app_uninstalled")
    app.token_error, context.workspace.bot().deleted = "account_inactive", True
    return context.shown(user)


async def install(context: ActionContext, payload: Json) -> Json:
    """Install the app again, in the sandbox with the same token."""
    user = context.administrator(payload)
    context.workspace.app.token_error, context.workspace.bot().deleted = "", False
    return context.shown(user)


ACTIONS = {
    "change_person": change_person,
    "hire": hire,
    "set_group": set_group,
    "uninstall": uninstall,
    "install": install,
}
