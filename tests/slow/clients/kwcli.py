"""kwcli, the vendor's own client, command by command. Environment variables give each process the server's address."""

import asyncio
import os
import pathlib
import subprocess
import sys

COMMAND = pathlib.Path(sys.executable).with_name("kiwoomcli")


def run(environ, *arguments):
    ran = subprocess.run(
        [COMMAND, "domestic", *arguments, "--format", "json"], env=environ, capture_output=True, encoding="utf-8"
    )
    assert ran.returncode == 0, f"{ran.stdout} {ran.stderr}"
    return ran.stdout


def start(server):
    keys = {"APP_KEY": server.appkey, "APP_SECRET": server.secretkey, "KIWOOM_MODE": "real"}
    return {**os.environ, **keys, "PRD": server.url, "W_PRD": server.websocket_url}


def quote(environ):
    return run(environ, "stocks", "info", "--code", "005930")


def chart(environ):
    return run(environ, "candles", "daily", "--code", "005930", "--date", "20260107", "--pages", "0")


def order(environ):
    return run(environ, "orders", "buy", "--code", "005930", "--qty", "1", "--order-type", "market", "--confirm")


def holdings(environ):
    return run(environ, "accounts", "holdings", "--basis", "total", "--exchange", "KRX")


async def stream(environ, on_message):
    command = [COMMAND, "domestic", "streams", "trades", "--code", "005930", "--format", "jsonl"]
    process = await asyncio.create_subprocess_exec(
        *command, env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async for line in process.stdout:
            on_message(line.decode())
        await asyncio.sleep(30)
    finally:
        process.kill()
        await process.wait()
