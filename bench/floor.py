"""The floor: a bare Bolt app with the program's own settings that commits one row for each press."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from slack_bolt.adapter.fastapi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient


class Row:
    """One table, and a thread that commits to it as durably as the program does."""

    def __init__(self, path: str) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("CREATE TABLE IF NOT EXISTS press (value TEXT)")

    async def commit(self, value: str) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._commit, value)

    def _commit(self, value: str) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO press VALUES (?)", (value,))
        self._connection.execute("COMMIT")


def build() -> FastAPI:
    """The app, from the same environment as the program's."""
    row = Row(os.environ["FLOOR_FILE"])
    bolt = AsyncApp(
        process_before_response=True,
        client=AsyncWebClient(
            os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"], retry_handlers=[]
        ),
        signing_secret=os.environ["SLACK_SIGNING_SECRET"],
    )

    @bolt.action(re.compile("case:(take|release)"))
    async def on_press(ack, action) -> None:  # type: ignore[no-untyped-def]
        await row.commit(action["value"])
        await ack()

    @bolt.view(re.compile("case:(note|status):submit"))
    async def on_form(ack, view) -> None:  # type: ignore[no-untyped-def]
        await row.commit(view["private_metadata"])
        await ack()

    @bolt.options("holders")
    async def on_typed(ack) -> None:  # type: ignore[no-untyped-def]
        await ack(options=[_option(number) for number in range(100)])

    @bolt.action("case:show")
    async def on_show(ack, body, client) -> None:  # type: ignore[no-untyped-def]
        await ack()
        opened = await client.views_open(trigger_id=body["trigger_id"], view=_view("Hämtar ärendet …"))
        await client.views_update(view_id=opened["view"]["id"], view=_view("Ärendet"))

    return served(bolt)


def served(bolt: AsyncApp) -> FastAPI:
    """The web server's side of a bare app."""
    web = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    slack = AsyncSlackRequestHandler(bolt)

    @web.post("/slack/events")
    async def events(request: Request) -> Response:
        return await slack.handle(request)

    @web.get("/readyz")
    async def ready() -> Response:
        return Response("ready")

    return web


def _option(number: int) -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": f"Handläggare {number}"}, "value": f"officer:o{number}"}


def _view(wording: str) -> dict[str, Any]:
    block = {"type": "section", "text": {"type": "plain_text", "text": wording}}
    return {"type": "modal", "title": {"type": "plain_text", "text": "Ärende"}, "blocks": [block]}


if __name__ == "__main__":
    faulthandler.enable()
    uvicorn.run(build(), host="127.0.0.1", port=int(os.environ["PORT"]), log_config=None, access_log=False)
