"""kiwoom-cli, command by command."""

import asyncio
import threading

from click.testing import CliRunner
from kiwoom_cli.main import cli

from .keychain import use_keychain


def run(*arguments):
    result = CliRunner().invoke(cli, ["-f", "json", *arguments])
    assert result.exit_code == 0, f"status {result.exit_code}: {result.output[-300:]} {result.exception}"
    return result.output


def start(server):
    use_keychain()
    keys = "--appkey", server.appkey, "--secretkey", server.secretkey
    run("config", "setup", "--domain", "prod", "--account", "12345678", "--token-storage", "keychain", *keys)
    run("auth", "login")


def quote(_):
    return run("stock", "info", "005930")


def chart(_):
    return run("--all-pages", "stock", "chart", "day", "005930", "--base-date", "20260107")


def order(_):
    return run("order", "buy", "005930", "1", "--type", "market", "--confirm")


def holdings(_):
    return run("account", "balance", "--market", "kr")


async def stream(_, on_message):
    def work():
        on_message(run("stream", "quote", "005930", "--max-events", "1", "--duration", "20s"))

    threading.Thread(target=work, daemon=True).start()
    await asyncio.sleep(60)
