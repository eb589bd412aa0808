"""Visibility of files, and their JSON."""

from __future__ import annotations

from urllib.parse import quote

from sandbox.payload_schema import Json
from sandbox.town.files import File
from sandbox.town.workspace import Workspace


def is_seen_by(file: File, user: str, workspace: Workspace) -> bool:
    """Its owner sees it, those who are where it was shared, and the app what was put in its own forms."""
    if file.user == user or (file.to_app and user == workspace.app.bot_user):
        return True
    return any(
        user in workspace.channels[place].members for place in file.shares if place in workspace.channels
    )


def file_json(file: File, workspace: Workspace) -> Json:
    """The file object; of a deleted one only the tombstone."""
    if file.deleted:
        return {"id": file.id, "mode": "tombstone"}
    where = f"{workspace.address}/files-pri/{workspace.team['id']}-{file.id}"
    name = quote(file.name)
    channels = [place for place in file.shares if place in workspace.channels]
    private = {place for place in channels if workspace.channels[place].is_private}
    payload: Json = {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": file.mimetype,
        "filetype": file.ending or "binary",
        "pretty_type": file.ending.upper() or "Binary",
        "user": file.user,
        "user_team": file.team_id,
        "editable": False,
        "size": file.size,
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": any(place not in private for place in channels),
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": f"{where}/{name}",
        "url_private_download": f"{where}/download/{name}",
        "permalink": f"{workspace.address}/files/{file.user}/{file.id}/{name}",
        "comments_count": 0,
        "shares": _shares(file, channels, private),
        "channels": [place for place in channels if place not in private],
        "groups": sorted(private),
        "ims": [],
        "has_rich_preview": False,
        "file_access": "visible",
    }
    return payload | ({"alt_txt": file.alt_text} if file.alt_text else {})


def _shares(file: File, channels: list[str], private: set[str]) -> Json:
    payload: Json = {}
    for place in channels:
        kind = payload.setdefault("private" if place in private else "public", {})
        kind[place] = [{"ts": ts} for ts in file.shares[place]]
    return payload


def named_in_message(file: File, workspace: Workspace) -> Json:
    """The file as a message names it: of another organisation's only that one may ask for it."""
    if file.deleted or file.team_id == workspace.team["id"]:
        return file_json(file, workspace)
    about: Json = {"id": file.id, "mode": "file_access", "file_access": "check_file_info"}
    return about | {"created": 0, "timestamp": 0, "user": ""}
