"""The sandbox's command line."""

from __future__ import annotations

import argparse
import importlib
import json
import os
from pathlib import Path

import uvicorn
import yaml

from sandbox.app import HOST, create
from sandbox.default_workspace import app_from_manifest, default_workspace
from sandbox.demo import run as demo
from sandbox.from_catalog import workspace_of
from sandbox.payload_schema import Json
from sandbox.shared_state import Config


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m sandbox", description="A stand-in for Slack and for a mail server."
    )
    commands = parser.add_subparsers(required=True, dest="command")
    commands.add_parser("demo", help="run the sandbox and the real bot beside it")
    commands.add_parser("pictures", help="take the README's and the handbook's pictures; needs Chromium")
    serve = commands.add_parser("serve", help="run the sandbox on this machine")
    serve.add_argument("--port", type=int, default=8100)
    serve.add_argument("--smtp-port", type=int, default=8025)
    serve.add_argument("--workspace", type=Path, help="a description of the workspace, JSON")
    serve.add_argument("--catalog", type=Path, help="a catalog's folder, to make the workspace by")
    serve.add_argument("--manifest", type=Path, help="the app's manifest, YAML or JSON")
    serve.add_argument("--mode", choices=("http", "socket"), default="socket")
    serve.add_argument("--request-url", help="where the app listens, in http mode")
    serve.add_argument("--refuse-mail", action="append", default=[], metavar="MAILBOX")
    return parser.parse_args()


def described(arguments: argparse.Namespace) -> Json:
    workspace: Json = default_workspace()
    if arguments.catalog:
        workspace = workspace_of(arguments.catalog)
    if arguments.workspace:
        workspace = json.loads(arguments.workspace.read_text("utf-8"))
    if arguments.manifest:
        workspace["app"] = app_from_manifest(
            yaml.safe_load(arguments.manifest.read_text("utf-8")), workspace.get("own_app")
        )
    return workspace


def main() -> None:
    os.umask(0o077)  # the demo's folder holds a secret key, and what one typed
    arguments = parse_arguments()
    if arguments.command == "demo":
        demo.main()
        return
    if arguments.command == "pictures":
        # Only here, for the browser's driver is no part of what the demo needs.
        importlib.import_module("sandbox.demo.pictures").main()
        return
    config = Config(
        workspace=described(arguments),
        mode=arguments.mode,
        request_url=arguments.request_url,
        smtp_port=arguments.smtp_port,
        refused_mailboxes=tuple(arguments.refuse_mail),
    )
    app = create(config)
    shared = app.state.shared
    shared.base_url = f"http://{HOST}:{arguments.port}"
    print(
        f"Slack: {shared.base_url}/   mejl: {shared.base_url}/mail   SMTP: {HOST}:{arguments.smtp_port}",
        flush=True,
    )
    uvicorn.run(app, host=HOST, port=arguments.port, log_level="warning", timeout_graceful_shutdown=1)


if __name__ == "__main__":
    main()
