"""The examples of deploy/: the program behind a real nginx, and a service that systemd calls well confined."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import yaml
from fastapi import FastAPI, Request

from bot.portal import mount
from bot.settings import Settings
from bot.store import Database
from tests.conftest import PATIENCE, Clock, skip_or_fail
from tests.operations.test_slow_clients import Served, served
from tests.portal.conftest import create_portal
from tests.portal.portal_catalog import portal_catalog
from tools.image_check import read_instructions

DEPLOY = Path(__file__).parents[2] / "deploy"
HOST = "arenden.kommunen.se"
MAX_EXPOSURE = 2.0
"""What `systemd-analyze security` calls OK."""


@dataclass
class Proxied:
    """The pages behind nginx, which speaks TLS at `port`."""

    port: int
    served: Served

    def client(self) -> httpx.AsyncClient:
        address = f"https://127.0.0.1:{self.port}"
        return httpx.AsyncClient(base_url=address, verify=False, headers={"Host": HOST}, timeout=PATIENCE)


def find_program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin")
    if found is None:
        skip_or_fail(f"{name} is not installed")
    return str(found)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def write_configuration(folder: Path, program_port: int, port: int) -> Path:
    """deploy/nginx.conf with ports of this machine's and a certificate of its own, as a whole configuration."""
    files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    subprocess.run([*made, *files], check=True, capture_output=True)
    site = (DEPLOY / "nginx.conf").read_text("utf-8").replace("/etc/ssl/arenden", str(folder))
    site = site.replace("127.0.0.1:8000", f"127.0.0.1:{program_port}")
    site = re.sub(r"listen (\[::\]:)?80;", "", site).replace(
        "return 301 https", f"listen 127.0.0.1:{free_port()};\n    return 301 https"
    )
    site = site.replace("    listen [::]:443 ssl http2;\n", "").replace(
        "listen 443 ssl", f"listen 127.0.0.1:{port} ssl"
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "" if Path("/proc/self").stat().st_uid else "user root;\n"
    file = folder / "whole.conf"
    file.write_text(
        f"{user}pid {folder}/pid;\nerror_log {folder}/error.log;\nworker_processes 1;\ndaemon off;\n"
        f"events {{}}\nhttp {{\n{temporary}\n{site}\n}}\n"
    )
    return file


@pytest.fixture
async def proxied(sqlite_database: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Proxied]:
    nginx = find_program("nginx")
    portal = create_portal(sqlite_database, portal_catalog(), clock, tmp_path)
    web = FastAPI()

    @web.get("/who")
    async def on_asked(request: Request) -> dict[str, str]:
        return {"address": request.client.host if request.client else "", "scheme": request.url.scheme}

    mount(web, portal.deps)
    async with served(web, portal.deps.files) as here:
        port = free_port()
        configuration = write_configuration(tmp_path, here.port, port)
        process = await asyncio.create_subprocess_exec(nginx, "-c", configuration, "-p", tmp_path)
        try:
            await until_open(port)
            yield Proxied(port, here)
        finally:
            process.terminate()
            await process.wait()


async def until_open(port: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return


async def test_what_a_visitor_claims_of_an_address_is_not_believed(proxied: Proxied) -> None:
    async with proxied.client() as client:
        seen = (await client.get("/who", headers={"X-Forwarded-For": "192.0.2.99"})).json()
    assert seen == {"address": "127.0.0.1", "scheme": "https"}


async def test_a_form_too_large_is_answered_by_our_own_page(proxied: Proxied) -> None:
    async with proxied.client() as client:
        answer = await client.post("/mina-sidor/kod", data={"code": "a" * 3_000_000})
    assert answer.status_code == 413
    assert 'class="brand"' in answer.text, "nginx's own page says nothing"


async def test_what_no_form_may_have_is_stopped_before_the_program(proxied: Proxied) -> None:
    reader, writer = await connect(proxied, 250 * 1024**2)
    async with asyncio.timeout(PATIENCE):
        answer = await reader.readline()
    writer.close()
    assert b" 413 " in answer
    assert proxied.served.connections == []


async def test_a_long_upload_goes_on_as_it_comes(proxied: Proxied) -> None:
    """What has been sent of it is with the program before the rest is sent, and fills no disk of the proxy's."""
    _, writer = await connect(proxied, 9_000_000)
    begun = b'Content-Disposition: form-data; name="svar-ritning"; filename="a.pdf"\r\n\r\n' + b"a" * 100_000
    writer.write(b"--x\r\n" + begun)
    await writer.drain()
    await proxied.served.until(lambda: any(one.received > 50_000 for one in proxied.served.connections))
    writer.close()


async def connect(proxied: Proxied, size: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which the head of a form of so many bytes has been sent."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection("127.0.0.1", proxied.port, ssl=context)
    head = (
        f"POST /e-tjanster/altan HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {size}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    writer.write(head.encode())
    await writer.drain()
    return reader, writer


def test_the_service_is_confined() -> None:
    analyze = find_program("systemd-analyze")
    told = subprocess.run(
        [analyze, "security", "--offline=true", DEPLOY / "arendebot.service"],
        check=True,
        capture_output=True,
        text=True,
    )
    exposure = re.search(r"Overall exposure level.*?: ([\d.]+)", told.stdout)
    assert exposure is not None and float(exposure[1]) <= MAX_EXPOSURE, told.stdout


def test_image_and_compose_set_only_what_the_program_knows_and_confine_it() -> None:
    instructions = read_instructions(DEPLOY.parent / "Dockerfile")
    in_image = {rest.partition("=")[0] for word, rest in instructions if word == "ENV"}
    services = yaml.safe_load((DEPLOY.parent / "compose.yaml").read_text("utf-8"))["services"]
    bot = services["bot"]
    assert in_image | set(bot["environment"]) <= {name.upper() for name in Settings.model_fields}
    assert (bot["read_only"], bot["cap_drop"], bot["security_opt"]) == (
        True,
        ["ALL"],
        ["no-new-privileges:true"],
    )
    assert (
        "ports" not in bot and "ports" not in services["database"]
    )  # only the proxy is reached from outside
    volumes = next(json.loads(rest) for word, rest in instructions if word == "VOLUME")
    mounted = {one.split(":")[1] for one in bot["volumes"]}
    assert mounted == {*volumes, "/srv/catalog"}
    assert ("USER", "arendebot") in instructions


def test_the_proxys_places_in_compose_are_those_of_its_example() -> None:
    caddyfile = (DEPLOY / "Caddyfile").read_text("utf-8")
    proxy = yaml.safe_load((DEPLOY.parent / "compose.yaml").read_text("utf-8"))["services"]["proxy"]
    assert set(re.findall(r"\{\$(\w+):", caddyfile)) == set(proxy["environment"])
