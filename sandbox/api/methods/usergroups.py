"""usergroups.*: people who are chosen together."""

from __future__ import annotations

from sandbox.api.methods.table import Call, Method
from sandbox.payload_schema import Json
from sandbox.shared_state import ApiError
from sandbox.town.entities import UserGroup
from sandbox.town.forms import group_json

READ = ("usergroups:read",)


def _groups(call: Call) -> list[UserGroup]:
    if not call.workspace.has_groups:
        raise ApiError("plan_upgrade_required")
    everyone = call.args.get("include_disabled", False)
    return [group for group in call.workspace.groups.values() if everyone or not group.date_delete]


def list_groups(call: Call) -> Json:
    payload = []
    for group in _groups(call):
        more: Json = {"users": group.users} if call.args.get("include_users") else {}
        more |= {"user_count": len(group.users)} if call.args.get("include_count") else {}
        payload.append(group_json(group, call.workspace) | more)
    return {"usergroups": payload}


def users_of(call: Call) -> Json:
    found = next((group for group in _groups(call) if group.id == call.args["usergroup"]), None)
    if found is None:
        raise ApiError("no_such_subteam")
    return {"users": found.users}


METHODS = {
    "usergroups.list": Method(
        list_groups, "2", READ, "include_users:flag include_count:flag include_disabled:flag"
    ),
    "usergroups.users.list": Method(users_of, "2", READ, "usergroup! include_disabled:flag"),
}
