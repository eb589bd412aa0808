"""The demo: the sandbox, and the real bot beside it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import uvicorn

from sandbox.app import HOST, create
from sandbox.from_catalog import workspace_of
from sandbox.scenery import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from sandbox.stage import Config, Stage

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 60.0


@dataclass(frozen=True)
class Plan:
    """Where everything is; moved by PORT, SLACK_PORT and DATA."""

    port: int
    slack_port: int
    data: Path
    catalog: Path = ROOT / "bot" / "catalog" / "sample"

    @property
    def web(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def slack(self) -> str:
        return f"http://{HOST}:{self.slack_port}"


def planned() -> Plan:
    env = os.environ
    plan = Plan(
        int(env.get("PORT", "8000")),
        int(env.get("SLACK_PORT", "8001")),
        Path(env.get("DATA", ".data")) / "demo",
    )
    if env.get("FRESH"):
        shutil.rmtree(plan.data, ignore_errors=True)
    plan.data.mkdir(parents=True, exist_ok=True)
    return plan


def secret_key(plan: Plan) -> str:
    """Made once and kept: it seals what is stored."""
    path = plan.data / "secret_key"
    if not path.exists():
        path.write_text(secrets.token_urlsafe(48))
        path.chmod(0o600)
    return path.read_text().strip()


def bot_environment(plan: Plan, smtp_port: int) -> dict[str, str]:
    return {
        **os.environ,
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": f"{plan.slack}/api/",
        "DATABASE_URL": f"sqlite:///{plan.data / 'case.db'}",
        "FILES_DIR": str(plan.data / "files"),
        "SMTP_URL": f"smtp://{HOST}:{smtp_port}",
        "MAIL_FROM": "arenden@lindsjo.example",
        "PUBLIC_URL": plan.web,
        "CATALOG": str(plan.catalog),
        "SECRET_KEY": secret_key(plan),
        "HOST": HOST,
        "PORT": str(plan.port),
    }


@contextlib.asynccontextmanager
async def sandbox(plan: Plan) -> AsyncIterator[Stage]:
    app = create(Config(workspace=workspace_of(plan.catalog), mode="socket"))
    stage: Stage = app.state.stage
    stage.base_url = plan.slack
    config = uvicorn.Config(
        app, host=HOST, port=plan.slack_port, log_level="warning", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            if task.done():
                raise SystemExit(f"Port {plan.slack_port} is taken: try SLACK_PORT=… make demo")
            await asyncio.sleep(0.02)
        yield stage
    finally:
        server.should_exit = True
        await task


async def until_ready(plan: Plan, stage: Stage, bot: asyncio.subprocess.Process) -> None:
    """Waits until the bot answers and its sockets stand, or it has ended."""
    async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as http:
        while bot.returncode is None:
            with contextlib.suppress(aiohttp.ClientError):
                async with http.get(f"{plan.web}/readyz") as answer:
                    if answer.status == 200 and stage.dispatch.socket.connections:
                        return
            await asyncio.sleep(0.2)


def told(plan: Plan) -> str:
    return f"""
Lindsjö kommun is open. Nothing here is real, and nothing leaves this machine.

  1. Apply for something, as an applicant    {plan.web}/
  2. Take the case, as an officer            {plan.slack}/
     Choose who you are at the upper left, open the channel, press Ta ärendet.
     Then Skriv till sökanden, or write /arende below.
  3. Read the mail the applicant was sent    {plan.slack}/mail

Ctrl-C ends it. FRESH=1 make demo starts over.
"""


async def run() -> int:
    plan = planned()
    async with sandbox(plan) as stage:
        env = bot_environment(plan, stage.mailbox.port or 0)
        bot = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot", "serve", cwd=ROOT, env=env)
        try:
            await until_ready(plan, stage, bot)
            if bot.returncode is None:
                print(told(plan), flush=True)
            return await bot.wait()
        except TimeoutError:
            print("The bot did not become ready.", file=sys.stderr)
            return 1
        finally:
            if bot.returncode is None:
                bot.send_signal(signal.SIGTERM)
                await bot.wait()


def main() -> None:
    with contextlib.suppress(KeyboardInterrupt):
        raise SystemExit(asyncio.run(run()))
